#pragma once
// An execution's history as a tree of states: branches below their Parallel, iterations below their
// Map. Made from history events as GetExecutionHistory gives them, so that a local run and one on a
// server look the same.

#include <deque>
#include <map>
#include <string>
#include <vector>

#include "base/json.h"

namespace perdure::api::cli {

class ProgressTree {
 public:
  // Events in ascending order, each once. Unknown types change nothing.
  void add(const Json& event);

  // One line a state; `now_ms` is for the durations of what still runs.
  std::vector<std::string> lines(int64_t now_ms, bool colour) const;

  // Map runs whose counts may have changed since they were last told: what DescribeMapRun's
  // itemCounts say stands in the line of their state, instead of a line for each item.
  std::vector<std::string> map_runs() const;
  void set_counts(const std::string& map_run_arn, const Json& item_counts);

  // "RUNNING" until the execution has ended.
  const std::string& status() const { return status_; }
  int64_t last_event() const { return last_event_; }

 private:
  struct Node {
    Node* parent = nullptr;
    std::string label;  // the state's name, or "#3" of an iteration
    std::string type;   // "Task", "Map", ..., "iteration"
    int64_t index = -1;
    std::string state = "running";  // succeeded, failed, aborted
    std::string note;               // attempts, error
    std::string map_run_arn;
    std::string counts;    // of its map run
    bool counted = false;  // and they are the last ones
    int attempts = 0;
    int64_t began_ms = 0;
    int64_t ended_ms = 0;
    std::vector<Node*> children;
  };
  // Where the event that has just happened stands.
  struct Place {
    Node* container = nullptr;  // the next state of this thread belongs below it
    Node* node = nullptr;       // the state that is in hand
  };

  Node* add_node(Node* parent, std::string label, std::string type, int64_t moment_ms);
  void enter(const Json& event, const std::string& type, Place place);
  void leave(const Json& event, const std::string& name, Place place);
  void iteration(const Json& event, const std::string& what, Place place);
  void attempt(const Json& event, const std::string& type, Place place);
  void finish(const std::string& type);
  void redrive();
  void draw(const Node& node, const std::string& indent, int64_t now_ms, bool colour,
            std::vector<std::string>& out) const;
  static Node* up_to(Node* node, const std::string& type);

  std::deque<Node> nodes_;  // addresses stay
  Node root_;
  std::map<int64_t, Place> places_;  // by event id
  std::string status_ = "RUNNING";
  int64_t last_event_ = 0;
};

}  // namespace perdure::api::cli
