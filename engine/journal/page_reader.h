#pragma once
// Reads parts of an execution's journal without decoding all of it: the rows that hold what is
// asked for, found by their places, and of other rows only the payloads that those refer to.

#include <map>
#include <vector>

#include "asl/execution/entry.h"
#include "base/result.h"
#include "engine/blobs.h"
#include "engine/store/store.h"

namespace perdure::engine::journal {

// For one question: it does not see what is written after it has looked.
class PageReader {
 public:
  PageReader(Store& store, Blobs& blobs, const ActorKey& actor)
      : store_(store), blobs_(blobs), actor_(actor) {}

  // 0: the journal is empty.
  Result<asl::EventId> last_event();
  // The public entries with these ids, ascending; both ends belong to it.
  Result<std::vector<asl::Entry>> events(asl::EventId first, asl::EventId last);

 private:
  static constexpr int64_t rows_a_read = 50;

  Result<int64_t> last_sequence();
  Result<std::string> data_of(int64_t sequence);
  Result<int64_t> sequence_of(asl::EventId event);
  Result<std::vector<asl::Entry>> decode(std::string_view data);
  Result<asl::Payload> payload_at(asl::EventId event, asl::Field field);

  Store& store_;
  Blobs& blobs_;
  const ActorKey actor_;
  int64_t last_sequence_ = -1;                          // not asked yet
  std::map<int64_t, std::vector<asl::Entry>> sources_;  // rows that payloads came from
};

}  // namespace perdure::engine::journal
