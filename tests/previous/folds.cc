// Journals of random executions, and what they fold to after every row. One binary writes them,
// another reads and compares: tests/previous/previous_test.
//
//   folds write SEEDS   to standard output
//   folds check FILE    a FILE that any version of this program has written
//
// Lines of a file: "seed N", "definition JSON", "row HEX", and after each row "state JSON", an
// object whose members are texts. What only one of two versions knows of a state is not compared.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <map>
#include <string>

#include "base/hash.h"
#include "base/json.h"
#include "engine/journal/codec.h"
#include "tests/asl/execution/random_answers.h"
#include "tests/engine/journal/unhex.h"
#include "tests/support/random_machine.h"

namespace perdure::engine::journal {
namespace {

constexpr int most_steps = 60;  // of one execution: later rows have nothing new

using State = std::map<std::string, std::string>;

std::string phase_name(asl::Phase phase) {
  switch (phase) {
    case asl::Phase::ready:
      return "ready";
    case asl::Phase::active:
      return "active";
    case asl::Phase::waiting:
      return "waiting";
    case asl::Phase::task:
      return "task";
    case asl::Phase::backoff:
      return "backoff";
    case asl::Phase::children:
      return "children";
    case asl::Phase::done:
      return "done";
    case asl::Phase::aborted:
      return "aborted";
    default:
      return "another";
  }
}

std::string list_of(const std::vector<asl::Payload>& payloads) {
  std::string text;
  for (const asl::Payload& one : payloads) text.append(one.text()).append(";");
  return text;
}

// Names of members never change their meaning.
class Description {
 public:
  explicit Description(const asl::Execution& execution) {
    add("status", asl::status_name(execution.status()));
    add("last event", execution.last_event());
    add("last moment", execution.last_timestamp_ms());
    add("started", execution.started_ms());
    add("deadline", execution.deadline_ms());
    add("redrives", execution.redrive_count());
    add("input", execution.input().text());
    add("output", execution.output().text());
    add("error", execution.error().value_or("none"));
    add("cause", execution.cause().value_or("none"));
    add("name", execution.identity().name);
    add("machine", execution.identity().machine_arn);
    add("next frame", execution.next_frame_id());
    add("due", execution.next_due_ms().value_or(0));
    std::string ids;
    for (const auto& [id, frame] : execution.frames()) {
      ids += std::to_string(id) + " ";
      prefix_ = std::to_string(id) + " ";
      add(frame);
      add(frame.attempt);
    }
    prefix_.clear();
    add("frames", ids);
  }
  State take() { return std::move(state_); }

 private:
  void add(const asl::Frame& frame) {
    add("parent", frame.parent);
    add("index", frame.index);
    add("phase", phase_name(frame.phase));
    add("state", frame.state == nullptr ? "none" : frame.state->name);
    add("next state", frame.next_state);
    add("input", frame.input.text());
    add("last event", frame.last_event);
    add("entered event", frame.entered_event);
    add("entered after", frame.entered_after);
    add("entered", frame.entered_ms);
    add("due", frame.due_ms);
    add("retries", frame.retry_count);
    for (size_t i = 0; i < frame.retrier_attempts.size(); ++i) {
      add("retrier " + std::to_string(i), frame.retrier_attempts[i]);
    }
    add("item", frame.item.text());
    for (const auto& [name, value] : frame.variables) add("$" + name, value.text());
    add("results", list_of(frame.results));
    add("items", list_of(frame.items));
    add("running", frame.running);
    add("finished", frame.finished);
    add("next index", frame.next_index);
    add("max concurrency", frame.max_concurrency);
    add("started event", frame.started_event);
    add("join event", frame.join_event);
  }
  void add(const asl::Attempt& attempt) {
    add("attempt", attempt.scheduled);
    add("attempt started", int64_t{attempt.started});
    add("attempt submitted", int64_t{attempt.submitted});
    add("attempt timeout", attempt.timeout_due_ms);
    add("attempt heartbeat", attempt.heartbeat_ms);
    add("request", attempt.request_id);
    add("child", attempt.child_arn);
  }
  void add(const std::string& name, std::string_view value) { state_[prefix_ + name] = value; }
  void add(const std::string& name, int64_t value) { add(name, std::to_string(value)); }

  std::string prefix_;
  State state_;
};

// What the rows of one journal, as they come, fold to.
class Folding {
 public:
  Result<> begin(const std::string& definition) {
    const asl::ParseOutcome parsed = asl::parse_definition(definition);
    if (!parsed.ok()) return internal_error("The definition is refused.");
    execution_.emplace(parsed.machine);
    decoder_.emplace(*blobs_);
    return {};
  }
  Result<> add(const std::string& row) {
    if (!execution_) return internal_error("A row stands before its definition.");
    PD_TRY(entries, decoder_->decode(row));
    for (const asl::Entry& entry : entries) execution_->apply(entry);
    return {};
  }
  const asl::Execution& execution() const { return *execution_; }
  State state() const { return Description(*execution_).take(); }

 private:
  const std::unique_ptr<Blobs> blobs_ = memory_blobs();
  std::optional<asl::Execution> execution_;
  std::optional<Decoder> decoder_;
};

[[noreturn]] void fail(const std::string& what) {
  std::fprintf(stderr, "folds: %s\n", what.c_str());
  std::exit(1);
}

void write_journal(uint64_t seed) {
  std::string definition = perdure::testing::RandomMachine(seed).text();
  std::replace(definition.begin(), definition.end(), '\n', ' ');
  std::printf("seed %s\ndefinition %s\n", std::to_string(seed).c_str(), definition.c_str());
  asl::testing::World world(definition, seed);
  Folding folding;
  if (auto begun = folding.begin(definition); !begun) fail(begun.error().cause);
  size_t written = 0;
  asl::testing::live_randomly(world, seed, most_steps, [&] {
    const auto first = world.entries.begin() + static_cast<ptrdiff_t>(written);
    if (first == world.entries.end()) return;
    const EncodedBurst burst = encode({first, world.entries.end()});
    written = world.entries.size();
    if (auto added = folding.add(burst.data); !added) fail(added.error().cause);
    if (folding.execution().describe() != world.execution.describe()) {
      fail("seed " + std::to_string(seed) + ": what was written folds to another state");
    }
    std::printf("row %s\nstate %s\n", hex(burst.data).c_str(),
                dump_json(Json(folding.state())).c_str());
  });
}

// What the two do not agree on; empty: nothing.
std::string difference(const State& written, const State& read) {
  std::string text;
  for (const auto& [name, value] : written) {
    const auto found = read.find(name);
    if (found == read.end() || found->second == value) continue;
    text += "\n  " + name + " was " + value + ", is " + found->second;
  }
  return text;
}

int check(const char* path) {
  std::ifstream file(path);
  if (!file) fail(std::string("cannot read ") + path);
  Folding folding;
  std::string seed;
  int64_t rows = 0, journals = 0, compared = 0;
  for (std::string line; std::getline(file, line);) {
    const size_t space = line.find(' ');
    const std::string kind = line.substr(0, space);
    const std::string value = space == line.npos ? "" : line.substr(space + 1);
    const std::string where = "seed " + seed + ", row " + std::to_string(rows) + ": ";
    Result<> done;
    if (kind == "seed") {
      seed = value;
      rows = 0;
      ++journals;
    } else if (kind == "definition") {
      done = folding.begin(value);
    } else if (kind == "row") {
      ++rows;
      done = folding.add(unhex(value));
    } else if (kind == "state") {
      const auto written = parse_json(value);
      if (!written) fail(where + "the state cannot be read");
      const std::string different = difference(written->get<State>(), folding.state());
      if (!different.empty()) fail(where + "another state:" + different);
      ++compared;
    }
    if (!done) fail(where + done.error().cause);
  }
  if (compared == 0) fail("nothing was compared");
  std::printf("%s journals, %s states\n", std::to_string(journals).c_str(),
              std::to_string(compared).c_str());
  return 0;
}

}  // namespace
}  // namespace perdure::engine::journal

int main(int argc, char** argv) {
  using namespace perdure::engine::journal;
  if (argc == 3 && std::strcmp(argv[1], "check") == 0) return check(argv[2]);
  if (argc == 3 && std::strcmp(argv[1], "write") == 0) {
    const uint64_t seeds = std::strtoull(argv[2], nullptr, 10);
    for (uint64_t seed = 1; seed <= seeds; ++seed) write_journal(seed);
    return std::fflush(stdout) == 0 ? 0 : 1;
  }
  std::fprintf(stderr, "usage: folds write SEEDS | folds check FILE\n");
  return 2;
}
