#pragma once
// The entries of one burst <-> the bytes of one journal row. The layout is in docs/journal.md;
// version 1 is frozen.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "asl/execution/entry.h"
#include "base/result.h"
#include "engine/blobs.h"

namespace perdure::engine::journal {

inline constexpr uint8_t format_version = 1;
// Larger payloads go to a blob of their own, so that rows stay small.
inline constexpr size_t inline_payload_bytes = 64 << 10;

// A payload that must be in Blobs before the row is committed.
struct LargePayload {
  BlobHash hash;
  std::shared_ptr<const std::string> content;
};

struct EncodedBurst {
  std::string data;
  std::vector<LargePayload> large;
};

// A payload whose origin is another field of the execution is written as a reference to it; one
// without an origin, or whose origin is the field itself, is written out.
EncodedBurst encode(const std::vector<asl::Entry>& entries);

// The first event of a row by its header alone; 0 if it has none (or is damaged).
asl::EventId first_event(std::string_view data);

// Decodes the rows of one execution, in their order: references lead to earlier rows.
class Decoder {
 public:
  // Asked for what a row refers to that has not been decoded; without it, that is an error.
  using Elsewhere = std::function<Result<asl::Payload>(asl::EventId event, asl::Field field)>;
  explicit Decoder(Blobs& blobs, Elsewhere elsewhere = {})
      : blobs_(blobs), elsewhere_(std::move(elsewhere)) {}

  // Payloads of public events come with the origin (id, field). An error names what is broken.
  Result<std::vector<asl::Entry>> decode(std::string_view data);
  int64_t blob_bytes() const { return blob_bytes_; }  // of the blobs that were read

 private:
  struct Row;
  Result<asl::Entry> entry(Row& row);
  Result<> field(Row& row, asl::Entry& entry);
  Result<asl::Payload> payload(Row& row, uint64_t kind);

  Blobs& blobs_;
  const Elsewhere elsewhere_;
  struct Written {
    asl::EventId event;
    uint8_t field;
    asl::Payload payload;
  };
  const asl::Payload* find(asl::EventId event, uint8_t field) const;
  std::vector<Written> written_;  // in the order of their events
  int64_t blob_bytes_ = 0;
};

}  // namespace perdure::engine::journal
