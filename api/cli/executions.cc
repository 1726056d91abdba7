// start, ls, show, history, stop: executions on a server.

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

#include "api/cli/client.h"
#include "api/cli/input_text.h"
#include "api/cli/live_view.h"
#include "api/cli/options.h"
#include "api/cli/terminal.h"
#include "asl/value/value.h"
#include "base/clock.h"
#include "base/time.h"

namespace perdure::api::cli {

namespace {

std::string text_of(const Json& json, const char* name) {
  const auto found = json.find(name);
  return found != json.end() && found->is_string() ? found->get<std::string>() : "";
}

std::string execution_path(const std::string& id) { return "/executions/" + percent_encode(id); }

// What the server says of an execution. Json sorts the keys of objects, so what is data is shown
// from the text: with its keys in their own order, its numbers in their own form.
struct Described {
  std::string text;
  Json json;

  bool has(const char* name) const { return json.contains(name); }
  std::string data(const char* name) const {
    asl::Arena arena;
    const auto value = asl::parse_json(text, arena);
    return value ? asl::to_json(value->get(name)) : dump_json(json.at(name));
  }
};

Result<Described> describe(Client& client, const std::string& id) {
  PD_TRY(text, client.get_text(execution_path(id)));
  PD_TRY(json, parse_json(text));
  return Described{std::move(text), std::move(json)};
}

int64_t now_ms() { return SystemClock().now_ms(); }

// Between two looks at a server that has nothing to push yet.
void pause_between_polls() { std::this_thread::sleep_for(std::chrono::milliseconds(200)); }

struct Progress {
  ProgressTree tree;
  std::string status = "RUNNING";
};

// Reads the events that are new; each is passed to `each` too.
template <class Each>
Result<> read_events(Client& client, const std::string& id, Progress& progress, Each each) {
  for (bool more = true; more;) {
    PD_TRY(page, client.get(execution_path(id) + "/history?limit=1000&after=" +
                            std::to_string(progress.tree.last_event())));
    for (const Json& event : page.at("events")) {
      progress.tree.add(event);
      each(event);
    }
    more = page.at("more").get<bool>();
    progress.status = text_of(page, "status");
  }
  for (const std::string& arn : progress.tree.map_runs()) {
    const auto run = client.states("DescribeMapRun", {{"mapRunArn", arn}});
    if (run) progress.tree.set_counts(arn, run->at("itemCounts"));
  }
  return {};
}

// Follows an execution to its end.
template <class Each>
Result<> follow(Client& client, const std::string& id, Progress& progress, Each each) {
  LiveView view;
  while (true) {
    PD_CHECK(read_events(client, id, progress, each));
    if (progress.tree.status() != "RUNNING") return {};
    view.draw(progress.tree, now_ms());
    pause_between_polls();
  }
}

int code_of_status(const std::string& status) {
  return status == "SUCCEEDED" || status == "RUNNING" ? ok : failed;
}

// "functions  3 calls (2 warm, 1 zygote), 7 ms billed, 0.000854 GB-s, at most 24 MiB used"; empty
// without any.
std::string cost_text(const Json& execution) {
  const auto found = execution.find("functions");
  if (found == execution.end()) return {};
  std::string tiers;
  for (const auto& [tier, count] : found->at("byTier").items()) {
    tiers += (tiers.empty() ? "" : ", ") + dump_json(count) + " " + printable(tier);
  }
  char gigabyte_seconds[32];
  std::snprintf(gigabyte_seconds, sizeof gigabyte_seconds, "%.6f",
                found->at("gigabyteSeconds").get<double>());
  return "functions  " + dump_json(found->at("invocations")) + " calls (" + tiers + "), " +
         dump_json(found->at("billedMs")) + " ms billed, " + gigabyte_seconds + " GB-s, at most " +
         std::to_string((found->at("peakBytes").get<int64_t>() + (1 << 20) - 1) >> 20) +
         " MiB used\n";
}

void print_summary(const Described& described, const ProgressTree& tree) {
  const Json& execution = described.json;
  const bool colour = has_colour(STDOUT_FILENO);
  const std::string status = text_of(execution, "status");
  std::string out = paint(text_of(execution, "name"), Colour::bold, colour) + "  " +
                    paint(status, status_colour(status), colour) + "  " +
                    printable(text_of(execution, "executionArn")) + "\n";
  const auto start = parse_iso8601(text_of(execution, "startDate"));
  const auto stop = parse_iso8601(text_of(execution, "stopDate"));
  out += "started " + text_of(execution, "startDate");
  if (start) out += ", took " + duration_text(stop.value_or(now_ms()) - *start);
  out += "\n";
  for (const auto& [member, label] : {std::pair("stateMachineAliasArn", "alias"),
                                      std::pair("stateMachineVersionArn", "version")}) {
    if (const std::string arn = text_of(execution, member); !arn.empty()) {
      out += std::string(label) + "  " + printable(arn) + "\n";
    }
  }
  if (const auto count = execution.value("redriveCount", int64_t{0}); count > 0) {
    out += "redriven  " + std::to_string(count) + " times, last " +
           text_of(execution, "redriveDate") + "\n";
  }
  out += cost_text(execution);
  for (const char* name : {"input", "output"}) {
    if (described.has(name)) {
      out += std::string(name) + "  " + printable(described.data(name)) + "\n";
    }
  }
  for (const char* name : {"error", "cause"}) {
    if (execution.contains(name))
      out += std::string(name) + "  " + printable(text_of(execution, name)) + "\n";
  }
  out += "\n";
  for (const std::string& line : tree.lines(now_ms(), colour)) out += line + "\n";
  write_out(out);
}

// One line, cut where a person stops reading.
std::string shortened(std::string text) {
  constexpr size_t room = 100;
  std::replace(text.begin(), text.end(), '\n', ' ');
  if (text.size() <= room) return printable(text);
  size_t end = room;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return printable(text.substr(0, end)) + "...";
}

std::string event_line(const Json& event, bool colour) {
  std::string line = text_of(event, "timestamp") + "  " +
                     paint(std::to_string(event.value("id", int64_t{0})), Colour::grey, colour) +
                     "  " + text_of(event, "type");
  for (const auto& [name, details] : event.items()) {
    if (!name.ends_with("EventDetails")) continue;
    for (const char* member : {"name", "resource", "error", "cause", "output", "input"}) {
      if (const std::string text = text_of(details, member); !text.empty()) {
        line += std::string("  ") + paint(member, Colour::grey, colour) + " " + shortened(text);
      }
    }
  }
  return line + "\n";
}

Result<int> start_and_wait(Client& client, const StartOptions& options, const std::string& arn) {
  Progress progress;
  PD_CHECK(follow(client, arn, progress, [](const Json&) {}));
  if (!options.common.json) LiveView().finish(progress.tree, now_ms());
  PD_TRY(described, describe(client, arn));
  const Json& execution = described.json;
  if (options.common.json) {
    write_out(described.text + "\n");
  } else if (described.has("output")) {
    write_out(described.data("output") + "\n");
  } else {
    write_err(text_of(execution, "status") + "  " + printable(text_of(execution, "error")) + "  " +
              printable(text_of(execution, "cause")) + "\n");
  }
  return code_of_status(text_of(execution, "status"));
}

Result<int> do_start(const StartOptions& options) {
  PD_TRY(input, input_text(options.input));
  PD_TRY(client, Client::open(endpoint_url(options.common.endpoint)));
  const std::string arn = options.machine.starts_with("arn:")
                              ? options.machine
                              : engine::state_machine_arn(client.tenant(), options.machine);
  Json request = {{"stateMachineArn", arn}, {"input", input}};
  if (!options.name.empty()) request["name"] = options.name;
  PD_TRY(started, client.states("StartExecution", request));
  const std::string execution = text_of(started, "executionArn");
  if (options.wait) return start_and_wait(client, options, execution);
  write_out((options.common.json ? dump_json(started) : execution) + "\n");
  return int(ok);
}

// "NAME", or "NAME:VERSION" or "NAME:ALIAS" if it was started through one.
std::string machine_of(const Json& execution) {
  const std::string machine = text_of(execution, "stateMachineArn");
  for (const char* member : {"stateMachineAliasArn", "stateMachineVersionArn"}) {
    const std::string arn = text_of(execution, member);
    if (!arn.empty()) return arn.substr(machine.rfind(':') + 1);
  }
  return machine.substr(machine.rfind(':') + 1);
}

// "RUNNING", or "RUNNING (redrive 2)".
std::string status_of(const Json& execution) {
  const auto count = execution.value("redriveCount", int64_t{0});
  const std::string status = text_of(execution, "status");
  return count == 0 ? status : status + " (redrive " + std::to_string(count) + ")";
}

Result<int> list_executions(Client& client, const ListOptions& options) {
  PD_TRY(page, client.get("/executions?limit=" + std::to_string(options.limit) +
                          "&machine=" + percent_encode(options.machine) +
                          "&status=" + percent_encode(options.status)));
  if (options.common.json) {
    write_out(dump_json(page) + "\n");
    return int(ok);
  }
  std::vector<std::vector<std::string>> rows = {
      {"NAME", "STATE MACHINE", "STATUS", "STARTED", "TOOK"}};
  for (const Json& execution : page.at("executions")) {
    const auto start = parse_iso8601(text_of(execution, "startDate"));
    const auto stop = parse_iso8601(text_of(execution, "stopDate"));
    rows.push_back({text_of(execution, "name"), machine_of(execution), status_of(execution),
                    text_of(execution, "startDate"),
                    duration_text(stop.value_or(now_ms()) - start.value_or(0))});
  }
  write_out(table(rows, has_colour(STDOUT_FILENO)));
  return int(ok);
}

struct Listing {
  const char* member;                // of the answer: the list
  std::vector<const char*> columns;  // members of its items
};

Result<int> print_listing(const Json& answer, const Listing& listing, bool json) {
  if (json) {
    write_out(dump_json(answer) + "\n");
    return int(ok);
  }
  std::vector<std::vector<std::string>> rows(1);
  for (std::string column : listing.columns) {
    for (char& c : column) c = char(std::toupper(static_cast<unsigned char>(c)));
    rows[0].push_back(std::move(column));
  }
  for (const Json& item : answer.at(listing.member)) {
    std::vector<std::string>& row = rows.emplace_back();
    for (const char* column : listing.columns) {
      const auto cell = item.find(column);
      row.push_back(cell == item.end()  ? ""
                    : cell->is_string() ? cell->get<std::string>()
                                        : dump_json(*cell));
    }
  }
  write_out(table(rows, has_colour(STDOUT_FILENO)));
  return int(ok);
}

Result<int> list_published(Client& client, const ListOptions& options) {
  if (options.machine.empty()) return invalid("", "name the state machine with --machine");
  const std::string arn = options.machine.starts_with("arn:")
                              ? options.machine
                              : engine::state_machine_arn(client.tenant(), options.machine);
  const Json request = {{"stateMachineArn", arn}, {"maxResults", 1000}};
  if (options.what == "versions") {
    PD_TRY(answer, client.states("ListStateMachineVersions", request));
    return print_listing(answer, {"stateMachineVersions", {"stateMachineVersionArn"}},
                         options.common.json);
  }
  PD_TRY(answer, client.states("ListStateMachineAliases", request));
  for (Json& alias : answer.at("stateMachineAliases")) {
    const Json named = Json::object({{"stateMachineAliasArn", alias.at("stateMachineAliasArn")}});
    PD_TRY(described, client.states("DescribeStateMachineAlias", named));
    std::string routes;
    for (const Json& route : described.at("routingConfiguration")) {
      const std::string version = text_of(route, "stateMachineVersionArn");
      if (!routes.empty()) routes += ", ";
      routes += version.substr(version.rfind(':') + 1) + " (" +
                std::to_string(route.value("weight", 0)) + " %)";
    }
    alias["versions"] = std::move(routes);
  }
  return print_listing(answer, {"stateMachineAliases", {"stateMachineAliasArn", "versions"}},
                       options.common.json);
}

Result<int> do_list(const ListOptions& options) {
  PD_TRY(client, Client::open(endpoint_url(options.common.endpoint)));
  const bool json = options.common.json;
  if (options.what == "executions") return list_executions(client, options);
  if (options.what == "machines") {
    PD_TRY(answer, client.states("ListStateMachines", {{"maxResults", 1000}}));
    return print_listing(answer, {"stateMachines", {"name", "type", "stateMachineArn"}}, json);
  }
  if (options.what == "versions" || options.what == "aliases") {
    return list_published(client, options);
  }
  if (options.what == "functions") {
    PD_TRY(response, client.rest("lambda", "GET", "/2015-03-31/functions?MaxItems=10000"));
    PD_TRY(answer, parse_json(response.body));
    return print_listing(
        answer, {"Functions", {"FunctionName", "Runtime", "Handler", "FunctionArn"}}, json);
  }
  PD_TRY(response, client.rest("scheduler", "GET", "/schedules?MaxResults=100"));
  PD_TRY(answer, parse_json(response.body));
  return print_listing(answer, {"Schedules", {"Name", "State", "GroupName", "Arn"}}, json);
}

Result<int> do_show(const ExecutionOptions& options) {
  PD_TRY(client, Client::open(endpoint_url(options.common.endpoint)));
  PD_TRY(described, describe(client, options.id));
  const Json& execution = described.json;
  if (options.common.json) {
    write_out(described.text + "\n");
    return code_of_status(text_of(execution, "status"));
  }
  Progress progress;
  PD_CHECK(read_events(client, text_of(execution, "executionArn"), progress, [](const Json&) {}));
  print_summary(described, progress.tree);
  return code_of_status(text_of(execution, "status"));
}

Result<int> do_history(const ExecutionOptions& options) {
  PD_TRY(client, Client::open(endpoint_url(options.common.endpoint)));
  PD_TRY(execution, client.get(execution_path(options.id)));
  const std::string arn = text_of(execution, "executionArn");
  const bool colour = has_colour(STDOUT_FILENO);
  const auto print = [&](const Json& event) {
    write_out(options.common.json ? dump_json(event) + "\n" : event_line(event, colour));
  };
  Progress progress;
  while (true) {
    PD_CHECK(read_events(client, arn, progress, print));
    if (!options.follow || progress.tree.status() != "RUNNING") return int(ok);
    pause_between_polls();
  }
}

Result<int> do_stop(const ExecutionOptions& options) {
  PD_TRY(client, Client::open(endpoint_url(options.common.endpoint)));
  PD_TRY(execution, client.get(execution_path(options.id)));
  Json request = Json::object({{"executionArn", text_of(execution, "executionArn")}});
  if (!options.error.empty()) request["error"] = options.error;
  if (!options.cause.empty()) request["cause"] = options.cause;
  PD_TRY(stopped, client.states("StopExecution", request));
  if (options.common.json) write_out(dump_json(stopped) + "\n");
  return int(ok);
}

int finish(const Result<int>& result) { return result ? *result : complain(result.error()); }

}  // namespace

int start(const StartOptions& options) { return finish(do_start(options)); }
int list(const ListOptions& options) { return finish(do_list(options)); }
int show(const ExecutionOptions& options) { return finish(do_show(options)); }
int history(const ExecutionOptions& options) { return finish(do_history(options)); }
int stop(const ExecutionOptions& options) { return finish(do_stop(options)); }

}  // namespace perdure::api::cli
