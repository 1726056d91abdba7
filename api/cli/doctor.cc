// doctor: what works here and what does not, each line with what to do about it.

#include <netdb.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <memory>

#include "api/cli/client.h"
#include "api/cli/options.h"
#include "api/cli/terminal.h"
#include "base/files.h"
#include "engine/store/database_copy.h"
#include "executors/functions/pool/launch.h"
#include "executors/functions/pool/layer_paths.h"
#include "executors/functions/sandbox/probe.h"
#include "executors/integrations/forward/service_model.h"

namespace perdure::api::cli {

namespace {

struct Finding {
  std::string what;
  bool good = false;
  bool needed = false;  // a bad one makes the exit code 3
  std::string said;     // a version, a cause
  std::string advice;
};

// The first line a command prints, or nothing if it cannot be run. Commands are ours, not users'.
std::string first_line(const char* command) {
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command, "r"), &pclose);
  if (!pipe) return {};
  std::array<char, 256> line{};
  if (std::fgets(line.data(), line.size(), pipe.get()) == nullptr) return {};
  std::string text(line.data());
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  return text;
}

Finding program(const char* name, const char* command, std::string advice) {
  Finding finding{name, false, false, first_line(command), std::move(advice)};
  finding.good = !finding.said.empty();
  return finding;
}

// What runs functions of a runtime, which need not be what a shell finds.
Finding interpreter(const char* name, const char* runtime, std::string advice) {
  Finding finding{name, false, false, "", std::move(advice)};
  const auto found = executors::interpreter_for(runtime);
  if (!found) return finding;
  finding.said = executors::version_of(*found);
  finding.good = !finding.said.empty();
  finding.said += ", " + found->program;
  return finding;
}

// AWS's runtimes bring an SDK along; here it is what is installed.
Finding boto3() {
  const auto python = executors::interpreter_for("python3.11");
  const std::string command = "cd / && '" + (python ? python->program : "python3") +
                              "' -E -s -c 'import boto3; print(boto3.__version__)' 2>/dev/null";
  return program("boto3 for functions", command.c_str(),
                 "functions that import it and bring none of their own need python3-boto3");
}

Finding aws_sdk() {
  Finding finding{"@aws-sdk for functions", false, false, "",
                  "functions that import clients of it and bring none of their own need them: "
                  "npm install -g @aws-sdk/client-..."};
  for (const char* folder : executors::usual_node_folders) {
    const std::string clients = std::string(folder) + "/@aws-sdk";
    if (finding.good || !file_exists(clients)) continue;
    finding.good = true;
    finding.said = clients;
  }
  return finding;
}

bool resolves(const char* host) {
  addrinfo* found = nullptr;
  const bool good = getaddrinfo(host, nullptr, nullptr, &found) == 0;
  if (found != nullptr) freeaddrinfo(found);
  return good;
}

Finding server(const std::string& endpoint) {
  Finding finding{"server at " + endpoint, false, true, "", "start one: perdure serve"};
  auto client = Client::open(endpoint);
  auto health = client ? client->get("/health/ready") : Result<Json>(client.error());
  finding.good = health.has_value();
  finding.said = health ? "ready" : health.error().cause;
  return finding;
}

constexpr uint64_t little_space_bytes = 256 << 20;

// Writable, with space left, and with a database that opens and whose pages make sense. What is
// large is left to `perdure check`.
Finding data_folder(const std::string& folder) {
  Finding finding{"data folder " + folder, true, true, "not there yet", ""};
  if (!file_exists(folder)) return finding;
  struct statvfs disk {};
  statvfs(folder.c_str(), &disk);
  const uint64_t free_bytes = uint64_t{disk.f_bavail} * disk.f_frsize;
  finding.said = std::to_string(free_bytes >> 20) + " MiB free";
  if (access(folder.c_str(), W_OK) != 0) {
    finding.good = false;
    finding.advice = "it cannot be written: mend its owner and mode";
  } else if (free_bytes < little_space_bytes) {
    finding.good = false;
    finding.advice = "make space: with a full disk, starts are refused with 503";
  }
  const std::string database = folder + "/perdure.db";
  const auto size = file_size(database);
  if (!size || *size > (64 << 20)) return finding;
  const auto problems = engine::check_database(database, engine::Check::quick);
  if (problems && problems->empty()) return finding;
  finding.good = false;
  finding.said = problems ? problems->front() : problems.error().cause;
  finding.advice = "see `perdure check --data " + folder + "`, then `perdure restore`";
  return finding;
}

Finding sync_host() {
  Finding finding{"name sync-localhost", resolves("sync-localhost"), false, "", ""};
  finding.advice =
      "the AWS CLI sends StartSyncExecution there: add the line `127.0.0.1 sync-localhost` to "
      "/etc/hosts, or export AWS_DISABLE_HOST_PREFIX_INJECTION=true with newer clients";
  return finding;
}

// What a server started here would give its functions.
Finding sandbox() {
  namespace sandbox = executors::sandbox;
  auto groups = sandbox::Cgroups::open(sandbox::own_hierarchies(),
                                       "perdure-doctor-" + std::to_string(getpid()));
  const sandbox::Strength strength = sandbox::probe(groups);
  groups.close();
  Finding finding{"functions", strength.level > sandbox::Level::none, false, "", ""};
  finding.said = sandbox::sentence_of(strength.level, strength.reasons);
  finding.advice = "functions would run without walls: see docs/sandbox.md for what is needed";
  return finding;
}

// Tasks of services that are elsewhere are called by botocore's models.
Finding service_models() {
  Finding finding{"service models", false, false, "",
                  "tasks of services that are not built in need them where a route leads to an "
                  "endpoint (docs/integrations.md): install python3-botocore"};
  for (const char* folder : executors::usual_model_folders) {
    if (finding.good || !file_exists(folder)) continue;
    finding.good = true;
    finding.said = folder;
  }
  return finding;
}

}  // namespace

int doctor(const DoctorOptions& options) {
  const Finding findings[] = {
      server(endpoint_url(options.common.endpoint)),
      data_folder(options.data),
      interpreter("python3", "python3.11", "install python3 for python3.* functions"),
      boto3(),
      interpreter("node", "nodejs20.x", "install nodejs for nodejs*.x functions"),
      aws_sdk(),
      program("aws", "aws --version 2>/dev/null", "install awscli to drive the server with it"),
      sandbox(),
      service_models(),
      sync_host()};
  const bool colour = has_colour(STDOUT_FILENO);
  int code = ok;
  for (const Finding& finding : findings) {
    if (options.common.json) {
      write_out(dump_json({{"check", finding.what},
                           {"ok", finding.good},
                           {"said", finding.said},
                           {"advice", finding.good ? "" : finding.advice}}) +
                "\n");
    } else {
      std::string line =
          finding.good ? paint("ok   ", Colour::green, colour)
                       : paint("no   ", finding.needed ? Colour::red : Colour::yellow, colour);
      line +=
          printable(finding.what) + (finding.said.empty() ? "" : "  " + printable(finding.said));
      write_out(line + (finding.good ? "" : "\n     " + finding.advice) + "\n");
    }
    if (!finding.good && finding.needed) code = unreachable;
  }
  return code;
}

}  // namespace perdure::api::cli
