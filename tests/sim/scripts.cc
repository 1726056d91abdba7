#include "tests/sim/scripts.h"

#include "base/clock.h"
#include "tests/engine/store/support.h"

namespace perdure::sim {
namespace {

using engine::ActorKey;
using engine::Append;
using engine::Batch;
using engine::key_of;

constexpr int actors = 12;
constexpr char machine[] = "m";

class Writer {
 public:
  explicit Writer(uint64_t seed) : random_(seed) {}

  std::string data(uint64_t at_most) {
    return std::string(1 + random_.next() % at_most, static_cast<char>('a' + random_.next() % 26));
  }

  Append start(int number, uint64_t bytes) {
    Append append;
    append.actor = key_of(uint8_t(number));
    append.create = true;
    append.row = engine::JournalRow{++rows_[number], data(bytes)};
    append.record = engine::record_of(append.actor, machine, std::to_string(number), number);
    append.open = true;
    return append;
  }
  Append burst(int number, uint64_t bytes) {
    Append append;
    append.actor = key_of(uint8_t(number));
    append.row = engine::JournalRow{++rows_[number], data(bytes)};
    append.due_ms = std::optional<int64_t>(random_.next() % 1000);
    return append;
  }
  Append end(int number) {
    Append append = burst(number, 100);
    append.due_ms = std::optional<int64_t>();
    append.open = false;
    append.record = engine::record_of(append.actor, machine, std::to_string(number), number);
    append.record->status = "SUCCEEDED";
    append.record->stop_ms = 100 + number;
    return append;
  }
  // The oracle and the store count messages from 1.
  void send(Append& append, int to) {
    append.sends.push_back({0, key_of(uint8_t(to)), data(300)});
    unread_.push_back(++messages_);
  }
  void consume(Append& append) {
    if (unread_.empty()) return;
    append.consumed.push_back(unread_.front());
    unread_.erase(unread_.begin());
  }
  engine::DocumentWrite document(const std::string& name, bool remove = false) {
    return {{"function", {}, name, "{\"" + data(2'000) + "\"}", 0}, remove, {}};
  }

 private:
  SeededRandom random_;
  int64_t rows_[actors + 1] = {};
  int64_t messages_ = 0;
  std::vector<int64_t> unread_;
};

// Several executions in one transaction begin, go on and end.
Script starts_and_bursts(uint64_t seed) {
  Writer writer(seed);
  Script script{"starts and bursts", 4096, false, {}};
  for (int first = 1; first <= actors; first += 4) {
    for (int turn = 0; turn < 4; ++turn) {
      Batch batch;
      for (int i = first; i < first + 4; ++i) {
        batch.appends.push_back(turn == 0   ? writer.start(i, 600)
                                : turn == 3 ? writer.end(i)
                                            : writer.burst(i, 400));
      }
      script.steps.push_back(std::move(batch));
    }
  }
  return script;
}

// What one sends with its entries, the next consumes with its own; the log is copied often.
Script messages(uint64_t seed) {
  Writer writer(seed);
  Script script{"messages", 8, false, {}};
  for (int turn = 0; turn < 14; ++turn) {
    Batch batch;
    const int from = 1 + turn % 5, to = 1 + (turn + 1) % 5;
    batch.appends.push_back(turn < 5 ? writer.start(from, 200) : writer.burst(from, 200));
    writer.consume(batch.appends.back());
    writer.send(batch.appends.back(), to);
    writer.send(batch.appends.back(), to);
    script.steps.push_back(std::move(batch));
  }
  return script;
}

Script documents(uint64_t seed) {
  Writer writer(seed);
  Script script{"documents on a new disk", 4096, true, {}};
  for (int turn = 0; turn < 8; ++turn) {
    Batch batch;
    batch.documents.push_back(writer.document("a"));
    batch.documents.push_back(writer.document("b" + std::to_string(turn % 3), turn % 4 == 3));
    script.steps.push_back(std::move(batch));
    if (turn % 3 == 2) script.steps.push_back(Reopen{});
  }
  return script;
}

Script expiry(uint64_t seed) {
  Writer writer(seed);
  Script script{"expiry", 16, false, {}};
  Batch all;
  for (int i = 1; i <= actors; ++i) all.appends.push_back(writer.start(i, 3'000));
  script.steps.push_back(std::move(all));
  for (int first = 1; first <= actors; first += 3) {
    Batch batch;
    for (int i = first; i < first + 3; ++i) batch.appends.push_back(writer.end(i));
    script.steps.push_back(std::move(batch));
    script.steps.push_back(Expire{100 + first + 2, 2});
  }
  Batch forgotten;
  forgotten.appends.emplace_back();
  forgotten.appends.back().actor = key_of(actors);
  forgotten.appends.back().remove = true;
  script.steps.push_back(std::move(forgotten));
  script.steps.push_back(Reopen{});
  script.steps.push_back(Expire{1'000, 2});
  return script;
}

// Rows larger than pages: the log is copied and begun anew in the middle.
Script large_batches(uint64_t seed) {
  Writer writer(seed);
  Script script{"large batches", 24, false, {}};
  for (int turn = 0; turn < 6; ++turn) {
    Batch batch;
    batch.appends.push_back(turn == 0 ? writer.start(1, 40'000) : writer.burst(1, 40'000));
    batch.appends.push_back(turn == 0 ? writer.start(2, 9'000) : writer.burst(2, 9'000));
    batch.documents.push_back(writer.document("large"));
    script.steps.push_back(std::move(batch));
  }
  return script;
}

}  // namespace

std::vector<Script> scripts(uint64_t seed) {
  return {starts_and_bursts(seed), messages(seed), documents(seed), expiry(seed),
          large_batches(seed)};
}

std::string content_of(engine::Store& store) {
  std::string text;
  for (int number = 1; number <= actors; ++number) {
    const ActorKey key = key_of(uint8_t(number));
    const auto record = store.find_execution(key);
    text += "\n" + std::to_string(number) + " " + text_of(store.load_journal(key, 1, 1000)) +
            " | " +
            (!record   ? record.error().cause
             : *record ? text_of(**record)
                       : "none");
  }
  text += "\nlist " + text_of(store.list_executions(
                          {{}, engine::state_machine_arn({}, machine), ""}, {}, 1000));
  text += "\ndue " + text_of(store.due_before(INT64_MAX, {}, 1000));
  text += "\nopen " + text_of(store.open_actors(0, 1000));
  text += "\ninbox " + text_of(store.inbox());
  text += "\ndocuments " + text_of(store.documents("function"));
  return text;
}

}  // namespace perdure::sim
