#include "engine/map_runs/notes.h"

#include "engine/journal/members.h"

namespace perdure::engine {
namespace {

constexpr uint8_t row_version = 1;

template <class Visitor, class Note>
void visit_note(Visitor&& visit, Note& note) {
  using Type = std::remove_const_t<Note>;
  if constexpr (std::is_same_v<Type, map_note::Began>) {
    visit_map_run_order(visit, note.order);
    visit(note.now_ms), visit(note.items);
  } else if constexpr (std::is_same_v<Type, map_note::Pinned>) {
    visit(note.pin);
  } else if constexpr (std::is_same_v<Type, map_note::Marked>) {
    visit(note.item), visit(note.position);
  } else if constexpr (std::is_same_v<Type, map_note::ChildEnded>) {
    visit(note.index), visit(note.status), visit(note.result);
    visit.added(note.final);
  } else if constexpr (std::is_same_v<Type, map_note::Updated>) {
    visit(note.max_concurrency), visit(note.tolerated_failure_count);
    visit(note.tolerated_failure_percentage);
  } else if constexpr (std::is_same_v<Type, map_note::Stopping>) {
    visit(note.aborted), visit(note.error), visit(note.cause);
  } else if constexpr (std::is_same_v<Type, map_note::Closed>) {
    visit(note.now_ms), visit(note.error), visit(note.cause);
    visit(note.children_written), visit(note.items_written);
  } else if constexpr (std::is_same_v<Type, map_note::Redriven>) {
    visit(note.now_ms), visit(note.started);
  } else if constexpr (std::is_same_v<Type, map_note::ChildRedriven>) {
    visit(note.index);
  } else {
    visit(note.items);
  }
}

template <size_t Index = 0>
bool decode_note(size_t type, std::string_view body, std::vector<MapNote>& notes) {
  if constexpr (Index < std::variant_size_v<MapNote>) {
    if (type != Index) return decode_note<Index + 1>(type, body, notes);
    journal::ByteReader in(body);
    MapNote& note = notes.emplace_back(std::in_place_index<Index>);
    visit_note(journal::MemberReader(in), std::get<Index>(note));
    return in.ok();
  } else {
    return true;  // of a later version
  }
}

}  // namespace

std::string encode_notes(const std::vector<MapNote>& notes) {
  std::string row(1, static_cast<char>(row_version));
  std::string body;
  for (const MapNote& note : notes) {
    body.clear();
    std::visit([&](const auto& one) { visit_note(journal::MemberWriter(body), one); }, note);
    row.push_back(static_cast<char>(note.index()));
    journal::put_text(row, body);
  }
  return row;
}

Result<std::vector<MapNote>> decode_notes(std::string_view row) {
  journal::ByteReader in(row);
  if (in.byte() != row_version) return internal_error("A map run's row has an unknown version.");
  std::vector<MapNote> notes;
  while (in.ok() && !in.at_end()) {
    const size_t type = in.byte();
    const std::string_view body = in.text();
    if (!in.ok() || !decode_note(type, body, notes)) {
      return internal_error("A map run's row is broken.");
    }
  }
  return notes;
}

}  // namespace perdure::engine
