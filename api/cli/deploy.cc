// deploy: makes the server have what a folder's perdure.json lists (docs/deploy.md).

#include "api/cli/deploy.h"

#include <unistd.h>

#include <algorithm>
#include <set>
#include <utility>

#include "api/cli/client.h"
#include "api/cli/definition_file.h"
#include "api/cli/options.h"
#include "api/cli/package.h"
#include "api/cli/terminal.h"
#include "asl/parse/parse.h"
#include "base/hash.h"

namespace perdure::api::cli {

namespace {

struct Package {
  std::string zip;
  std::string sha256;  // base64, as CodeSha256
};

class Deployment {
 public:
  // Without options it says nothing.
  Deployment(Client client, Manifest manifest, const DeployOptions* options)
      : client_(std::move(client)),
        manifest_(std::move(manifest)),
        quiet_(options == nullptr),
        json_(options != nullptr && options->common.json),
        publish_(options != nullptr && options->publish) {}

  Result<> check();
  Result<> apply();

 private:
  std::string function_arn(const std::string& name) const;
  std::string machine_arn(const std::string& name) const;
  Result<std::string> named_arn(const std::string& kind, const std::string& name);
  Result<std::string> fill_in(const std::string& text, const std::string& machine);
  Result<> apply_function(const ManifestFunction& function, const Package& package);
  Result<> create_function(const ManifestFunction& function, const Package& package);
  Result<> apply_machine(const ManifestMachine& machine);
  Result<> publish(const ManifestMachine& machine);
  Result<> apply_schedule(const ManifestSchedule& schedule);
  Result<std::optional<Json>> find(const std::string& service, const std::string& target);
  Result<> send(const std::string& service, const std::string& method, const std::string& target,
                const Json& body);
  void say(const std::string& kind, const std::string& name, const std::string& what);

  Client client_;
  Manifest manifest_;
  std::vector<Package> packages_;  // of the functions, in their order
  bool quiet_;
  bool json_;
  bool publish_;
};

constexpr const char* functions_path = "/2015-03-31/functions";
constexpr const char* role = "arn:aws:iam::000000000000:role/perdure";

std::string Deployment::function_arn(const std::string& name) const {
  const engine::Tenant& tenant = client_.tenant();
  return "arn:aws:lambda:" + tenant.region + ":" + tenant.account + ":function:" + name;
}

std::string Deployment::machine_arn(const std::string& name) const {
  return engine::state_machine_arn(client_.tenant(), name);
}

void Deployment::say(const std::string& kind, const std::string& name, const std::string& what) {
  if (quiet_) return;
  if (json_) {
    write_out(dump_json({{"kind", kind}, {"name", name}, {"done", what}}) + "\n");
  } else {
    const bool colour = has_colour(STDOUT_FILENO);
    const Colour tint = what == "unchanged" ? Colour::grey : Colour::green;
    write_out(paint(what, tint, colour) + "  " + kind + " " + printable(name) + "\n");
  }
}

Result<std::optional<Json>> Deployment::find(const std::string& service,
                                             const std::string& target) {
  auto response = client_.rest(service, "GET", target);
  if (!response && response.error().kind == ErrorKind::not_found) return std::optional<Json>();
  if (!response) return response.error();
  PD_TRY(json, parse_json(response->body));
  return std::optional<Json>(std::move(json));
}

Result<> Deployment::send(const std::string& service, const std::string& method,
                          const std::string& target, const Json& body) {
  PD_CHECK(client_.rest(service, method, target, dump_json(body),
                        {{"Content-Type", "application/json"}}));
  return {};
}

// A name of the manifest, else of the server.
Result<std::string> Deployment::named_arn(const std::string& kind, const std::string& name) {
  const auto same = [&](const auto& item) { return item.name == name; };
  if (kind == "FunctionArn") {
    const auto& list = manifest_.functions;
    if (std::any_of(list.begin(), list.end(), same)) return function_arn(name);
    PD_TRY(found, find("lambda", std::string(functions_path) + "/" + percent_encode(name)));
    if (found) return function_arn(name);
  } else {
    const auto& list = manifest_.machines;
    if (std::any_of(list.begin(), list.end(), same)) return machine_arn(name);
    if (client_.states("DescribeStateMachine", {{"stateMachineArn", machine_arn(name)},
                                                {"includedData", "METADATA_ONLY"}})) {
      return machine_arn(name);
    }
  }
  return Error{
      ErrorKind::not_found, "",
      "neither the manifest nor the server has `" + name + "` of ${" + kind + ":" + name + "}"};
}

Result<std::string> Deployment::fill_in(const std::string& text, const std::string& machine) {
  return fill_in_names(text, [&](const std::string& kind, const std::string& name) {
    auto arn = named_arn(kind, name);
    if (arn) return arn;
    return Result<std::string>(Error{arn.error().kind, arn.error().name,
                                     "state machine " + machine + ": " + arn.error().cause});
  });
}

// Everything that can be known before anything is changed.
Result<> Deployment::check() {
  for (const ManifestFunction& function : manifest_.functions) {
    PD_TRY(zip, package_folder(function.folder));
    const Sha256 digest = sha256(zip);
    const std::string_view bytes(reinterpret_cast<const char*>(digest.data()), digest.size());
    packages_.push_back({std::move(zip), base64_encode(bytes)});
  }
  for (ManifestMachine& machine : manifest_.machines) {
    PD_TRY(definition, fill_in(machine.definition, machine.name));
    machine.definition = std::move(definition);
    const auto type =
        machine.type == "EXPRESS" ? asl::MachineType::express : asl::MachineType::standard;
    const asl::ParseOutcome outcome = asl::parse_definition(machine.definition, type);
    if (!outcome.ok()) {
      return invalid("InvalidDefinition", "state machine " + machine.name + ": " +
                                              asl::invalid_definition_message(outcome.diagnostics));
    }
  }
  for (const ManifestSchedule& schedule : manifest_.schedules) {
    PD_CHECK(named_arn("StateMachineArn", schedule.state_machine));
  }
  return {};
}

Result<> Deployment::apply() {
  for (size_t i = 0; i < manifest_.functions.size(); ++i) {
    PD_CHECK(apply_function(manifest_.functions[i], packages_[i]));
  }
  for (const ManifestMachine& machine : manifest_.machines) {
    PD_CHECK(apply_machine(machine));
    if (publish_) PD_CHECK(publish(machine));
  }
  for (const ManifestSchedule& schedule : manifest_.schedules) PD_CHECK(apply_schedule(schedule));
  return {};
}

Json configuration(const ManifestFunction& function) {
  return {{"Runtime", function.runtime},
          {"Handler", function.handler},
          {"Role", role},
          {"Description", function.description},
          {"Timeout", function.timeout_s},
          {"MemorySize", function.memory_mib},
          {"Environment", {{"Variables", function.environment}}}};
}

Result<> Deployment::create_function(const ManifestFunction& function, const Package& package) {
  Json request = configuration(function);
  request["FunctionName"] = function.name;
  request["Code"] = Json::object({{"ZipFile", base64_encode(package.zip)}});
  PD_CHECK(send("lambda", "POST", functions_path, request));
  say("function", function.name, "created");
  return {};
}

Result<> Deployment::apply_function(const ManifestFunction& function, const Package& package) {
  const std::string path = std::string(functions_path) + "/" + percent_encode(function.name);
  PD_TRY(found, find("lambda", path + "/configuration"));
  if (!found) return create_function(function, package);
  const Json wanted = configuration(function);
  bool changed = false;
  for (const auto& [name, value] : wanted.items()) {
    const bool absent_is_empty = name == "Environment" && function.environment.empty();
    changed = changed || (found->contains(name) ? found->at(name) != value : !absent_is_empty);
  }
  if (changed) PD_CHECK(send("lambda", "PUT", path + "/configuration", wanted));
  if (found->value("CodeSha256", std::string()) != package.sha256) {
    PD_CHECK(send("lambda", "PUT", path + "/code",
                  Json::object({{"ZipFile", base64_encode(package.zip)}})));
    changed = true;
  }
  say("function", function.name, changed ? "updated" : "unchanged");
  return {};
}

Result<> Deployment::apply_machine(const ManifestMachine& machine) {
  const std::string arn = machine_arn(machine.name);
  const auto found =
      client_.states("DescribeStateMachine", Json::object({{"stateMachineArn", arn}}));
  if (!found && found.error().kind != ErrorKind::not_found) return found.error();
  if (!found) {
    PD_CHECK(client_.states("CreateStateMachine", {{"name", machine.name},
                                                   {"definition", machine.definition},
                                                   {"roleArn", role},
                                                   {"type", machine.type}}));
    say("state machine", machine.name, "created");
    return {};
  }
  if (found->at("type") != machine.type) {
    return invalid("", "state machine " + machine.name + " is " +
                           found->value("type", std::string()) +
                           " on the server, and AWS lets no type change: delete it first");
  }
  const bool same = found->at("definition") == machine.definition;
  if (!same) {
    PD_CHECK(client_.states("UpdateStateMachine",
                            {{"stateMachineArn", arn}, {"definition", machine.definition}}));
  }
  say("state machine", machine.name, same ? "unchanged" : "updated");
  return {};
}

// The same revision has one version, however often it is deployed.
Result<> Deployment::publish(const ManifestMachine& machine) {
  PD_TRY(published, client_.states("PublishStateMachineVersion",
                                   Json::object({{"stateMachineArn", machine_arn(machine.name)}})));
  const auto arn = published.at("stateMachineVersionArn").get<std::string>();
  say("state machine", machine.name, "version " + arn.substr(arn.rfind(':') + 1));
  return {};
}

Result<> Deployment::apply_schedule(const ManifestSchedule& schedule) {
  PD_TRY(arn, named_arn("StateMachineArn", schedule.state_machine));
  Json wanted = {{"ScheduleExpression", schedule.expression},
                 {"ScheduleExpressionTimezone", schedule.timezone},
                 {"State", schedule.enabled ? "ENABLED" : "DISABLED"},
                 {"FlexibleTimeWindow", {{"Mode", "OFF"}}},
                 {"Target", {{"Arn", arn}, {"RoleArn", role}, {"Input", schedule.input}}}};
  if (schedule.start_ms) wanted["StartDate"] = double(*schedule.start_ms) / 1000;
  if (schedule.end_ms) wanted["EndDate"] = double(*schedule.end_ms) / 1000;
  const std::string path = "/schedules/" + percent_encode(schedule.name);
  PD_TRY(found, find("scheduler", path));
  if (!found) {
    PD_CHECK(send("scheduler", "POST", path, wanted));
    say("schedule", schedule.name, "created");
    return {};
  }
  bool same = found->contains("StartDate") == schedule.start_ms.has_value() &&
              found->contains("EndDate") == schedule.end_ms.has_value();
  for (const auto& [name, value] : wanted.items()) {
    if (name == "Target") {
      const Json& target = found->at("Target");
      same = same && target.value("Arn", std::string()) == arn &&
             target.value("Input", std::string()) == schedule.input;
    } else {
      same = same && found->contains(name) && found->at(name) == value;
    }
  }
  if (!same) PD_CHECK(send("scheduler", "PUT", path, wanted));
  say("schedule", schedule.name, same ? "unchanged" : "updated");
  return {};
}

Result<> do_deploy(const DeployOptions& options) {
  PD_TRY(manifest, read_manifest(options.folder));
  PD_TRY(client, Client::open(endpoint_url(options.common.endpoint)));
  Deployment deployment(std::move(client), std::move(manifest), &options);
  PD_CHECK(deployment.check());
  return deployment.apply();
}

}  // namespace

Result<> deploy_functions(const std::string& endpoint, Manifest manifest) {
  manifest.machines.clear();
  manifest.schedules.clear();
  PD_TRY(client, Client::open(endpoint));
  Deployment deployment(std::move(client), std::move(manifest), nullptr);
  PD_CHECK(deployment.check());
  return deployment.apply();
}

int deploy(const DeployOptions& options) {
  const auto result = do_deploy(options);
  return result ? ok : complain(result.error());
}

}  // namespace perdure::api::cli
