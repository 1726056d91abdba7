#include "api/workflow_tests/trace.h"

#include <utility>

#include "base/json.h"

namespace perdure::api::workflow_tests {
namespace {

using asl::Entry;
using asl::EntryType;
using asl::Field;
using asl::FrameId;

bool is_failure(std::string_view type) {
  return type.ends_with("Failed") || type.ends_with("TimedOut");
}

class Tracer {
 public:
  explicit Tracer(Trace& trace) : trace_(trace) {}

  void take(const Entry& entry) {
    if (!asl::is_event(entry.type)) return;
    const std::string_view type = asl::entry_type_name(entry.type);
    if (type.ends_with("StateEntered")) return enter(entry);
    if (type.ends_with("StateExited")) return leave(entry);
    if (entry.type == EntryType::ParallelStateStarted) return start_branches(entry);
    if (entry.type == EntryType::MapStateStarted) {
      if (Visit* visit = current(entry.frame)) visit->threads.clear();
      return;
    }
    if (entry.type == EntryType::MapIterationStarted) {
      const auto parent = static_cast<FrameId>(entry.number(Field::parent));
      threads_[entry.frame] = {current(parent), entry.number(Field::index)};
      return;
    }
    Visit* const visit = current(entry.frame);
    if (visit == nullptr || visit->left || type.starts_with("Execution")) return;
    if (type.ends_with("Scheduled")) ++visit->attempts;
    if (is_failure(type) && entry.has(Field::error)) visit->error = entry.text(Field::error);
  }

 private:
  struct Thread {
    Visit* container = nullptr;  // null: the top level
    int64_t index = 0;
  };

  Visit* current(FrameId frame) {
    const auto found = current_.find(frame);
    return found == current_.end() ? nullptr : found->second;
  }

  // The frames of branches count up from the first; those that never come cost nothing.
  void start_branches(const Entry& entry) {
    Visit* const visit = current(entry.frame);
    if (visit == nullptr) return;
    visit->threads.clear();
    parallels_[static_cast<FrameId>(entry.number(Field::first_frame))] = visit;
  }

  const Thread& thread_of(FrameId frame) {
    const auto known = threads_.find(frame);
    if (known != threads_.end()) return known->second;
    auto parallel = parallels_.upper_bound(frame);
    if (frame == 0 || parallel == parallels_.begin()) return threads_[frame];
    --parallel;
    return threads_[frame] = {parallel->second, int64_t{frame} - parallel->first};
  }

  void enter(const Entry& entry) {
    if (entry.text(Field::name) == prelude_name) return;
    Visit& visit = trace_.visits.emplace_back();
    visit.state = entry.text(Field::name);
    visit.input = entry.payload(Field::input);
    current_[entry.frame] = &visit;
    const Thread& thread = thread_of(entry.frame);
    if (thread.container == nullptr) {
      trace_.path.push_back(&visit);
    } else {
      thread.container->threads[thread.index].push_back(&visit);
    }
  }

  void leave(const Entry& entry) {
    Visit* const visit = current(entry.frame);
    if (visit == nullptr || visit->state != entry.text(Field::name)) return;
    visit->left = true;
    visit->output = entry.payload(Field::output);
    visit->variables = entry.payload(Field::assigned_variables);
    visit->next = entry.text(Field::next);
  }

  Trace& trace_;
  std::map<FrameId, Visit*> current_;
  std::map<FrameId, Visit*> parallels_;  // by the frame of the first branch
  std::map<FrameId, Thread> threads_;
};

}  // namespace

Trace trace_of(const Recording& recording) {
  Trace trace;
  Tracer tracer(trace);
  for (const Entry& entry : recording.entries) tracer.take(entry);
  return trace;
}

std::string path_json(const std::vector<const Visit*>& path) {
  std::string out = "[";
  for (const Visit* visit : path) {
    if (out.size() > 1) out += ',';
    const std::string name = dump_json(Json(visit->state));
    if (visit->threads.empty()) {
      out += name;
      continue;
    }
    out += "{" + name + ":[";
    for (const auto& [index, thread] : visit->threads) {
      if (!out.ends_with('[')) out += ',';
      out += path_json(thread);
    }
    out += "]}";
  }
  return out + "]";
}

}  // namespace perdure::api::workflow_tests
