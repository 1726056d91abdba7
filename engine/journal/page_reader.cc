#include "engine/journal/page_reader.h"

#include <algorithm>

#include "engine/journal/codec.h"

namespace perdure::engine::journal {

using asl::Entry;
using asl::EventId;

Result<int64_t> PageReader::last_sequence() {
  if (last_sequence_ < 0) {
    PD_TRY(last, store_.last_sequence(actor_));
    last_sequence_ = last;
  }
  return last_sequence_;
}

Result<std::string> PageReader::data_of(int64_t sequence) {
  PD_TRY(rows, store_.load_journal(actor_, sequence, 1));
  if (rows.empty() || rows.front().sequence != sequence) {
    return internal_error("A row of the journal is missing.");
  }
  return std::move(rows.front().data);
}

Result<EventId> PageReader::last_event() {
  PD_TRY(last, last_sequence());
  // Rows of notes alone have no event.
  for (int64_t sequence = last; sequence > 0; --sequence) {
    PD_TRY(data, data_of(sequence));
    PD_TRY(entries, decode(data));
    for (auto entry = entries.rbegin(); entry != entries.rend(); ++entry) {
      if (entry->id != 0) return entry->id;
    }
  }
  return EventId{0};
}

// The last row that begins with this event or with one before it. Rows of notes alone say nothing:
// the row before them is asked instead.
Result<int64_t> PageReader::sequence_of(EventId event) {
  PD_TRY(end, last_sequence());
  int64_t found = 1, from = 2, to = end;
  while (from <= to) {
    const int64_t middle = from + (to - from) / 2;
    int64_t asked = middle;
    EventId begins = 0;
    for (; asked >= from; --asked) {
      PD_TRY(data, data_of(asked));
      begins = first_event(data);
      if (begins != 0) break;
    }
    if (begins > event) {
      to = asked - 1;
    } else {
      if (begins != 0) found = asked;
      from = middle + 1;
    }
  }
  return found;
}

Result<std::vector<Entry>> PageReader::events(EventId first, EventId last) {
  std::vector<Entry> events;
  if (first > last) return events;
  PD_TRY(sequence, sequence_of(first));
  for (bool more = true; more;) {
    PD_TRY(rows, store_.load_journal(actor_, sequence, rows_a_read));
    more = static_cast<int64_t>(rows.size()) == rows_a_read;
    for (const JournalRow& row : rows) {
      if (first_event(row.data) > last) return events;
      PD_TRY(entries, decode(row.data));
      for (Entry& entry : entries) {
        if (entry.id >= first && entry.id <= last) events.push_back(std::move(entry));
      }
    }
    sequence += rows_a_read;
  }
  return events;
}

Result<std::vector<Entry>> PageReader::decode(std::string_view data) {
  return Decoder(blobs_,
                 [this](EventId event, asl::Field field) { return payload_at(event, field); })
      .decode(data);
}

// References lead to where a text was written out, so that the row it stands in needs no other.
Result<asl::Payload> PageReader::payload_at(EventId event, asl::Field field) {
  PD_TRY(sequence, sequence_of(event));
  if (!sources_.contains(sequence)) {
    PD_TRY(data, data_of(sequence));
    Decoder decoder(blobs_,
                    [](EventId, asl::Field) { return Result<asl::Payload>(asl::Payload()); });
    PD_TRY(entries, decoder.decode(data));
    sources_.emplace(sequence, std::move(entries));
  }
  for (const Entry& entry : sources_.at(sequence)) {
    if (entry.id == event && entry.has(field)) return entry.payload(field);
  }
  return internal_error("The journal is broken: a reference leads nowhere.");
}

}  // namespace perdure::engine::journal
