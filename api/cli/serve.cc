// serve: one server until SIGTERM or SIGINT.

#include <csignal>
#include <optional>
#include <utility>

#include "api/cli/options.h"
#include "api/cli/terminal.h"
#include "api/server.h"
#include "base/file_limit.h"
#include "base/files.h"
#include "base/log.h"
#include "base/memory_limit.h"

namespace perdure::api::cli {

namespace {

// "127.0.0.1:4566", "[::1]:4566", "localhost:0"
std::optional<std::pair<std::string, uint16_t>> read_address(const std::string& text) {
  const size_t colon = text.rfind(':');
  if (colon == std::string::npos || colon == 0) return std::nullopt;
  const std::string port = text.substr(colon + 1);
  if (port.empty() || port.size() > 5 ||
      port.find_first_not_of("0123456789") != std::string::npos) {
    return std::nullopt;
  }
  const int number = std::stoi(port);
  if (number > 65'535) return std::nullopt;
  return std::pair(text.substr(0, colon), static_cast<uint16_t>(number));
}

ServerOptions server_options(const ServeOptions& options, const std::string& host, uint16_t port) {
  ServerOptions server;
  server.data_folder = options.data;
  server.host = host;
  server.port = port;
  server.http_threads = options.http_threads;
  server.shard_threads = options.shard_threads;
  server.busy_poll_us = options.busy_poll_us;
  server.guard = {options.hosts, options.origins};
  server.engine.execution.max_payload_bytes = options.max_payload_bytes;
  server.engine.execution.max_events = options.max_events;
  server.engine.check_replay = options.check_replay;
  server.engine.retention_ms = options.retention_days * 24 * 3600 * 1000;
  server.engine.max_starting = options.max_starting;
  server.engine.start_target_ms = options.start_target_ms;
  server.memory_bytes = memory_limit_bytes();
  server.aws_throttling = options.aws_throttling;
  server.functions.concurrency = options.concurrency;
  server.functions.account_concurrency = options.account_concurrency;
  server.functions.idle_ttl_ms = options.idle_ttl_ms;
  server.functions.memory_mib = options.functions_memory_mib;
  server.functions.rerun_after_crash = options.after_crash == "rerun";
  server.functions.chosen_sandbox = executors::sandbox::level_named(options.sandbox);
  server.functions.required_sandbox = executors::sandbox::level_named(options.required_sandbox)
                                          .value_or(executors::sandbox::Level::none);
  return server;
}

Result<executors::IntegrationSettings> read_integrations(const std::string& path) {
  if (path.empty()) return executors::IntegrationSettings();
  constexpr uint64_t limit_bytes = 1 << 20;
  PD_TRY(text, read_file(path, limit_bytes));
  auto settings = executors::IntegrationSettings::parse(text);
  if (!settings) return invalid("InvalidSettings", path + ": " + settings.error().cause);
  return settings;
}

// Threads inherit the mask, so this comes before there is any: the signals wait for `wait`.
class Signals {
 public:
  Signals() {
    sigemptyset(&set_);
    sigaddset(&set_, SIGTERM);
    sigaddset(&set_, SIGINT);
    pthread_sigmask(SIG_BLOCK, &set_, nullptr);
  }
  int wait() {
    int number = 0;
    sigwait(&set_, &number);
    return number;
  }

 private:
  sigset_t set_{};
};

}  // namespace

int serve(const ServeOptions& options) {
  const auto address = read_address(options.listen);
  if (!address) {
    write_err("perdure: --listen needs ADDRESS:PORT, such as 127.0.0.1:4566\n");
    return usage;
  }
  if (!is_loopback_host(address->first)) {
    write_err(
        "perdure: " + printable(address->first) +
        " is no loopback address. Whoever reaches this server can run code on this machine, "
        "and it does not check keys yet: listen on 127.0.0.1 and put a proxy or an SSH tunnel "
        "in front of it.\n");
    return usage;
  }
  auto integrations = read_integrations(options.integrations);
  if (!integrations) {
    write_err("perdure: " + printable(integrations.error().cause) + "\n");
    return usage;
  }
  start_log(*log_format_named(options.log_format), *log_level_named(options.log_level));
  allow_most_open_files();
  Signals signals;
  ServerOptions chosen = server_options(options, address->first, address->second);
  chosen.integrations = std::move(*integrations);
  auto server = start_server(std::move(chosen));
  if (!server) {
    return complain(server.error()) == damaged ? damaged : unreachable;
  }
  write_out("perdure listens on http://" + address->first + ":" +
            std::to_string((*server)->port()) + ", data in " + options.data + "\n" +
            (*server)->sandbox() + "\n");
  signals.wait();
  log_info("draining for at most {} ms", options.grace_ms);
  (*server)->stop(static_cast<int>(options.grace_ms));
  return ok;
}

}  // namespace perdure::api::cli
