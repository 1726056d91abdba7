#include "engine/journal/codec.h"

#include <algorithm>
#include <unordered_map>

#include "base/hash.h"
#include "engine/journal/varint.h"

namespace perdure::engine::journal {

using asl::Entry;
using asl::Field;
using asl::Payload;
using asl::PayloadOrigin;

namespace {

// How a field's value is written. Kinds from 5 on are length-delimited, so that this binary skips
// what a later one adds.
enum Kind : uint8_t { number = 0, inline_text = 1, reference = 2, same_row = 3, blob = 4 };

// What is present in an entry beside its type and fields.
enum Flag : uint8_t { has_frame = 1, has_timestamp = 2, has_previous = 4 };

// Short texts (state names above all) repeat within a row; longer ones are shared by reference.
constexpr size_t shared_text_bytes = 256;

// No execution has as many events: a larger id is damage, and would overflow further on.
constexpr uint64_t largest_event_id = uint64_t{1} << 48;

class Encoder {
 public:
  explicit Encoder(const std::vector<Entry>& entries) {
    put_header(entries);
    for (const Entry& entry : entries) put_entry(entry);
  }
  EncodedBurst take() { return std::move(burst_); }

 private:
  std::string& out() { return burst_.data; }

  void put_header(const std::vector<Entry>& entries) {
    for (const Entry& entry : entries) {
      if (!asl::is_event(entry.type)) continue;
      next_id_ = entry.id;
      break;
    }
    timestamp_ms_ = entries.empty() ? 0 : entries.front().timestamp_ms;
    out().push_back(static_cast<char>(format_version));
    put_varint(out(), static_cast<uint64_t>(next_id_));
    put_signed(out(), timestamp_ms_);
  }

  void put_entry(const Entry& entry) {
    const bool event = asl::is_event(entry.type);
    PD_ASSERT(!event || entry.id == next_id_);
    const int64_t usual_previous = event ? entry.id - 1 : 0;
    uint8_t flags = 0;
    if (entry.frame != frame_) flags |= has_frame;
    if (entry.timestamp_ms != timestamp_ms_) flags |= has_timestamp;
    if (entry.previous != usual_previous) flags |= has_previous;
    out().push_back(static_cast<char>(entry.type));
    out().push_back(static_cast<char>(flags));
    if (flags & has_frame) put_varint(out(), entry.frame);
    if (flags & has_timestamp) put_signed(out(), entry.timestamp_ms - timestamp_ms_);
    if (flags & has_previous) put_varint(out(), static_cast<uint64_t>(entry.previous));
    frame_ = entry.frame;
    put_varint(out(), entry.fields.size());
    for (const auto& value : entry.fields) put_field(entry, value);
    if (event) ++next_id_;
  }

  void put_field(const Entry& entry, const Entry::FieldValue& value) {
    out().push_back(static_cast<char>(value.field));
    if (value.is_number) {
      out().push_back(number);
      put_signed(out(), value.number);
      return;
    }
    const PayloadOrigin origin = value.text.origin();
    const PayloadOrigin here{entry.id, static_cast<uint8_t>(value.field)};
    if (origin.event != 0 && origin != here) {
      out().push_back(reference);
      put_varint(out(), static_cast<uint64_t>(origin.event));
      out().push_back(static_cast<char>(origin.field));
      return;
    }
    put_new_text(value.text);
  }

  void put_new_text(const Payload& payload) {
    const std::string_view text = payload.text();
    if (text.size() > inline_payload_bytes) return put_blob(payload);
    if (text.size() <= shared_text_bytes) {
      const auto [known, inserted] = texts_.try_emplace(text, texts_.size());
      if (!inserted) {
        out().push_back(same_row);
        return put_varint(out(), known->second);
      }
    }
    out().push_back(inline_text);
    put_text(out(), text);
  }

  void put_blob(const Payload& payload) {
    const Sha256 digest = sha256(payload.text());
    out().push_back(blob);
    put_varint(out(), payload.size());
    out().append(reinterpret_cast<const char*>(digest.data()), digest.size());
    burst_.large.push_back({hex(digest), payload.shared()});
  }

  EncodedBurst burst_;
  int64_t next_id_ = 0;
  int64_t timestamp_ms_ = 0;
  asl::FrameId frame_ = 0;
  std::unordered_map<std::string_view, uint64_t> texts_;  // views into the payloads
};

Error broken(std::string_view what) {
  return internal_error("The journal is broken: " + std::string(what) + ".");
}

}  // namespace

EncodedBurst encode(const std::vector<Entry>& entries) { return Encoder(entries).take(); }

asl::EventId first_event(std::string_view data) {
  ByteReader reader(data);
  if (reader.byte() != format_version) return 0;
  const uint64_t first_id = reader.varint();
  return reader.ok() && first_id <= largest_event_id ? static_cast<asl::EventId>(first_id) : 0;
}

struct Decoder::Row {
  ByteReader reader;
  int64_t next_id = 0;
  int64_t timestamp_ms = 0;
  asl::FrameId frame = 0;
  std::vector<Payload> texts;  // the short inline ones, as the encoder counted them
};

Result<std::vector<Entry>> Decoder::decode(std::string_view data) {
  Row row{ByteReader(data)};
  if (row.reader.byte() != format_version) return broken("unknown version of a row");
  const uint64_t first_id = row.reader.varint();
  if (first_id > largest_event_id) return broken("an event id is out of range");
  row.next_id = static_cast<int64_t>(first_id);
  row.timestamp_ms = row.reader.signed_varint();
  std::vector<Entry> entries;
  while (row.reader.ok() && !row.reader.at_end()) {
    PD_TRY(next, entry(row));
    entries.push_back(std::move(next));
  }
  if (!row.reader.ok()) return broken("a row ends early");
  return entries;
}

Result<Entry> Decoder::entry(Row& row) {
  Entry entry;
  entry.type = static_cast<asl::EntryType>(row.reader.byte());
  const uint8_t flags = row.reader.byte();
  if (flags & has_frame) row.frame = static_cast<asl::FrameId>(row.reader.varint());
  entry.frame = row.frame;
  entry.timestamp_ms = row.timestamp_ms;
  if (flags & has_timestamp) {
    // Unsigned, because a damaged difference may be of any size.
    entry.timestamp_ms = static_cast<int64_t>(static_cast<uint64_t>(row.timestamp_ms) +
                                              static_cast<uint64_t>(row.reader.signed_varint()));
  }
  if (asl::is_event(entry.type)) entry.id = row.next_id++;
  entry.previous = entry.id > 0 ? entry.id - 1 : 0;
  if (flags & has_previous) entry.previous = static_cast<int64_t>(row.reader.varint());
  for (uint64_t left = row.reader.varint(); left > 0 && row.reader.ok(); --left) {
    PD_CHECK(field(row, entry));
  }
  return entry;
}

Result<> Decoder::field(Row& row, Entry& entry) {
  const auto tag = static_cast<Field>(row.reader.byte());
  const uint8_t kind = row.reader.byte();
  if (kind == number) {
    entry.set(tag, row.reader.signed_varint());
    return {};
  }
  if (kind > blob) {
    row.reader.text();
    return {};
  }
  PD_TRY(value, payload(row, kind));
  if (entry.id != 0) {
    const PayloadOrigin origin{entry.id, static_cast<uint8_t>(tag)};
    value = value.with_origin(value.origin().event ? value.origin() : origin);
    written_.push_back({entry.id, origin.field, value});
  }
  entry.set(tag, std::move(value));
  return {};
}

// Of a damaged journal, whose events may go back, something may not be found that is there.
const Payload* Decoder::find(asl::EventId event, uint8_t field) const {
  auto written =
      std::lower_bound(written_.begin(), written_.end(), event,
                       [](const Written& one, asl::EventId wanted) { return one.event < wanted; });
  for (; written != written_.end() && written->event == event; ++written) {
    if (written->field == field) return &written->payload;
  }
  return nullptr;
}

Result<Payload> Decoder::payload(Row& row, uint64_t kind) {
  if (kind == reference) {
    const auto event = static_cast<int64_t>(row.reader.varint());
    const uint8_t tag = row.reader.byte();
    if (const Payload* known = find(event, tag)) return *known;
    if (!elsewhere_) return broken("a reference leads nowhere");
    PD_TRY(found, elsewhere_(event, static_cast<Field>(tag)));
    return found.with_origin({event, tag});
  }
  if (kind == same_row) {
    const uint64_t index = row.reader.varint();
    if (index >= row.texts.size()) return broken("a repeated text is missing");
    return row.texts[index];
  }
  if (kind == blob) {
    row.reader.varint();
    const std::string_view digest = row.reader.bytes(32);
    PD_TRY(content, blobs_.get(hex(digest)));
    blob_bytes_ += static_cast<int64_t>(content.size());
    return Payload(std::move(content));
  }
  Payload inlined(std::string(row.reader.text()));
  if (inlined.size() <= shared_text_bytes) row.texts.push_back(inlined);
  return inlined;
}

}  // namespace perdure::engine::journal
