#include "api/cli/progress_tree.h"

#include <algorithm>
#include <utility>

#include "api/cli/terminal.h"
#include "base/time.h"

namespace perdure::api::cli {

namespace {

// Seconds, as AWS writes them, or ISO 8601, as our routes do.
int64_t moment_of(const Json& event) {
  const auto at = event.find("timestamp");
  if (at == event.end()) return 0;
  if (at->is_number()) return static_cast<int64_t>(at->get<double>() * 1000 + 0.5);
  return at->is_string() ? parse_iso8601(at->get_ref<const std::string&>()).value_or(0) : 0;
}

const Json& details_of(const Json& event, const Json& none) {
  for (const auto& [name, value] : event.items()) {
    if (name.ends_with("EventDetails")) return value;
  }
  return none;
}

std::string text_of(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

bool ends_with_any(const std::string& type, std::initializer_list<const char*> ends) {
  return std::any_of(ends.begin(), ends.end(),
                     [&](const char* end) { return type.ends_with(end); });
}

}  // namespace

ProgressTree::Node* ProgressTree::add_node(Node* parent, std::string label, std::string type,
                                           int64_t moment_ms) {
  Node& node = nodes_.emplace_back();
  node.parent = parent;
  node.label = std::move(label);
  node.type = std::move(type);
  node.began_ms = moment_ms;
  parent->children.push_back(&node);
  return &node;
}

ProgressTree::Node* ProgressTree::up_to(Node* node, const std::string& type) {
  while (node != nullptr && node->type != type) node = node->parent;
  return node;
}

void ProgressTree::add(const Json& event) {
  const std::string type = text_of(event, "type");
  last_event_ = event.value("id", int64_t{0});
  const auto before = places_.find(event.value("previousEventId", int64_t{0}));
  Place place = before != places_.end() ? before->second : Place{&root_, nullptr};
  places_[last_event_] = place;

  if (type.ends_with("StateEntered")) {
    enter(event, type.substr(0, type.size() - std::string("StateEntered").size()), place);
  } else if (type.ends_with("StateExited")) {
    leave(event, text_of(details_of(event, {}), "name"), place);
  } else if (type.starts_with("MapIteration")) {
    iteration(event, type.substr(std::string("MapIteration").size()), place);
  } else if (type == "ParallelStateStarted" || type == "MapStateStarted") {
    // A retry starts the container again, and its previous event is in a branch that failed.
    Node* owner = up_to(place.node, type.substr(0, type.find("State")));
    if (owner != nullptr) places_[last_event_] = {owner, owner};
  } else if (type == "ExecutionRedriven") {
    redrive();
  } else if (type.starts_with("Execution") && type != "ExecutionStarted") {
    finish(type.substr(std::string("Execution").size()));
  } else {
    attempt(event, type, place);
  }
}

void ProgressTree::enter(const Json& event, const std::string& type, Place place) {
  Node* node =
      add_node(place.container, text_of(details_of(event, {}), "name"), type, moment_of(event));
  places_[last_event_] = {place.container, node};
}

void ProgressTree::leave(const Json& event, const std::string& name, Place place) {
  // The event before the end of a Parallel or Map is deep inside: the state that ends is above it.
  Node* node = place.node;
  while (node != nullptr &&
         (node->label != name || node->ended_ms != 0 || node->type == "iteration")) {
    node = node->parent;
  }
  if (node == nullptr) return;
  node->ended_ms = moment_of(event);
  node->state = node->state == "failed" ? "caught" : "succeeded";
  places_[last_event_] = {node->parent, node};
}

void ProgressTree::iteration(const Json& event, const std::string& what, Place place) {
  const Json none;
  const int64_t index = details_of(event, none).value("index", int64_t{0});
  Node* map = up_to(place.node, "Map");
  if (what == "Started") {
    // Behind an iteration's last event stands the next one's start: its map is the iteration's own.
    Node* last = up_to(place.node, "iteration");
    if (last != nullptr && map != nullptr && up_to(last, "Map") != map) map = up_to(last, "Map");
    if (map == nullptr) return;
    Node* node = add_node(map, "#" + std::to_string(index), "iteration", moment_of(event));
    node->index = index;
    places_[last_event_] = {node, node};
    return;
  }
  Node* node = up_to(place.node, "iteration");
  if (node == nullptr || node->parent == nullptr) return;
  for (Node* sibling : node->parent->children) {
    if (sibling->index == index && sibling->ended_ms == 0) node = sibling;
  }
  node->ended_ms = moment_of(event);
  node->state = what == "Succeeded" ? "succeeded" : what == "Failed" ? "failed" : "aborted";
}

void ProgressTree::attempt(const Json& event, const std::string& type, Place place) {
  Node* node = place.node;
  if (node == nullptr) return;
  if (type == "MapRunStarted" || type == "MapRunRedriven") {
    const Json none;
    node->map_run_arn = text_of(details_of(event, none), "mapRunArn");
    node->counted = false;
  } else if (type.ends_with("Scheduled")) {
    ++node->attempts;
    node->state = "running";
  } else if (ends_with_any(type, {"Failed", "TimedOut"})) {
    const Json none;
    node->state = "failed";
    node->note = text_of(details_of(event, none), "error");
  } else if (type.ends_with("Aborted")) {
    node->state = "aborted";
  }
}

std::vector<std::string> ProgressTree::map_runs() const {
  std::vector<std::string> arns;
  for (const Node& node : nodes_) {
    if (!node.map_run_arn.empty() && !node.counted) arns.push_back(node.map_run_arn);
  }
  return arns;
}

void ProgressTree::set_counts(const std::string& map_run_arn, const Json& item_counts) {
  const auto count = [&](const char* name) { return item_counts.value(name, int64_t{0}); };
  std::string text =
      std::to_string(count("succeeded")) + " of " + std::to_string(count("total")) + " items";
  for (const char* name : {"running", "failed", "timedOut", "aborted"}) {
    if (count(name) > 0) text += ", " + std::to_string(count(name)) + " " + name;
  }
  const int64_t waiting = count("pendingRedrive");
  if (waiting > 0) text += ", " + std::to_string(waiting) + " to be redriven";
  for (Node& node : nodes_) {
    if (node.map_run_arn != map_run_arn) continue;
    node.counts = text;
    node.counted = node.state != "running" && count("running") == 0;
  }
}

void ProgressTree::finish(const std::string& type) {
  status_ = type == "TimedOut"  ? "TIMED_OUT"
            : type == "Aborted" ? "ABORTED"
            : type == "Failed"  ? "FAILED"
                                : "SUCCEEDED";
  for (Node& node : nodes_) {
    if (node.ended_ms == 0 && node.state == "running") {
      node.state = status_ == "FAILED" ? "failed" : "aborted";
    }
  }
}

// What did not end well goes on; states that a redrive leaves behind show as aborted in the end.
void ProgressTree::redrive() {
  status_ = "RUNNING";
  for (Node& node : nodes_) {
    if (node.state != "failed" && node.state != "aborted") continue;
    node.state = "running";
    node.ended_ms = 0;
  }
}

void ProgressTree::draw(const Node& node, const std::string& indent, int64_t now_ms, bool colour,
                        std::vector<std::string>& out) const {
  const bool running = node.state == "running";
  const bool bad = node.state == "failed";
  const char* mark = running                     ? "●"
                     : node.state == "succeeded" ? "✓"
                     : node.state == "caught"    ? "↷"
                     : bad                       ? "✗"
                                                 : "■";
  const Colour tint = running                     ? Colour::blue
                      : bad                       ? Colour::red
                      : node.state == "succeeded" ? Colour::green
                                                  : Colour::yellow;
  std::string line = indent + paint(mark, tint, colour) + " " + printable(node.label);
  if (node.type != "iteration") line += "  " + paint(node.type, Colour::grey, colour);
  if (node.ended_ms != 0 || running) {
    const int64_t spent = (node.ended_ms != 0 ? node.ended_ms : now_ms) - node.began_ms;
    line += "  " + paint(duration_text(std::max<int64_t>(0, spent)), Colour::grey, colour);
  }
  if (!node.counts.empty()) line += "  " + node.counts;
  if (node.attempts > 1) line += "  " + std::to_string(node.attempts) + " attempts";
  if (!node.note.empty())
    line += "  " + paint(node.note, bad ? Colour::red : Colour::yellow, colour);
  out.push_back(std::move(line));
  for (const Node* child : node.children) draw(*child, indent + "  ", now_ms, colour, out);
}

std::vector<std::string> ProgressTree::lines(int64_t now_ms, bool colour) const {
  std::vector<std::string> out;
  for (const Node* node : root_.children) draw(*node, "", now_ms, colour, out);
  return out;
}

}  // namespace perdure::api::cli
