// Any bytes as a row of a journal, a message between actors, or notes of a map run: an error, or
// entries that are written as a row that reads back equal.

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "engine/blobs.h"
#include "engine/journal/codec.h"
#include "engine/map_runs/notes.h"
#include "engine/messages.h"

using namespace perdure;
using namespace perdure::engine;

namespace {

// What can be written: ids count up from the first, and notes have none.
bool is_regular(const std::vector<asl::Entry>& entries) {
  int64_t next = 0;
  for (const asl::Entry& entry : entries) {
    if (!asl::is_event(entry.type)) continue;
    if (entry.id <= 0 || (next != 0 && entry.id != next)) return false;
    next = entry.id + 1;
  }
  return !entries.empty();
}

void check_row(std::string_view data) {
  const auto blobs = memory_blobs();
  const auto entries = journal::Decoder(*blobs).decode(data);
  (void)journal::first_event(data);
  if (!entries || !is_regular(*entries)) return;
  const journal::EncodedBurst written = journal::encode(*entries);
  if (!written.large.empty()) return;
  const auto again = journal::Decoder(*blobs).decode(written.data);
  PD_ASSERT(again && *again == *entries);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  check_row(bytes);
  if (const auto message = decode_message(bytes)) {
    const std::string written = encode_message(*message);
    const auto again = decode_message(written);
    PD_ASSERT(again && encode_message(*again) == written);
  }
  if (const auto notes = decode_notes(bytes)) {
    const std::string written = encode_notes(*notes);
    const auto again = decode_notes(written);
    PD_ASSERT(again && encode_notes(*again) == written);
  }
  (void)decode_order(bytes);
  return 0;
}
