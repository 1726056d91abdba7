// doctor: what works here and what does not, each line with what to do about it.

#include <netdb.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <memory>

#include "api/cli/client.h"
#include "api/cli/options.h"
#include "api/cli/terminal.h"

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

Finding sync_host() {
  Finding finding{"name sync-localhost", resolves("sync-localhost"), false, "", ""};
  finding.advice =
      "the AWS CLI sends StartSyncExecution there: add the line `127.0.0.1 sync-localhost` to "
      "/etc/hosts, or export AWS_DISABLE_HOST_PREFIX_INJECTION=true with newer clients";
  return finding;
}

}  // namespace

int doctor(const Common& options) {
  const Finding findings[] = {
      server(endpoint_url(options.endpoint)),
      program("python3", "python3 --version 2>/dev/null",
              "install python3 for python3.* functions"),
      program("node", "node --version 2>/dev/null", "install nodejs for nodejs*.x functions"),
      program("aws", "aws --version 2>/dev/null", "install awscli to drive the server with it"),
      sync_host()};
  const bool colour = has_colour(STDOUT_FILENO);
  int code = ok;
  for (const Finding& finding : findings) {
    if (options.json) {
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
