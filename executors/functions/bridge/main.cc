// Starts a runtime that speaks the Lambda Runtime API over TCP, as AWS's do, and the extensions
// beside it:
//
//   bridge SOCKET [--alone] [--extensions FOLDER] [--ours] -- PROGRAM [ARGUMENT]...
//
// `--alone`: no other worker has this one's user.
// A relay between a port of its own and the engine's socket becomes an orphan, which the shepherd
// of the worker adopts and ends with it; this process becomes the program, so that its exit, its
// memory and its signals are the worker's own. What the worker proves itself with never gets that
// far, unless the program is `--ours`.
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <string>
#include <string_view>

#include "executors/functions/bridge/courier.h"
#include "executors/functions/bridge/relay.h"

extern char** environ;

namespace {

using perdure::executors::bridge::Charge;
using perdure::executors::bridge::Neighbours;
using perdure::executors::bridge::Program;
using perdure::executors::bridge::RelayOptions;
using perdure::executors::bridge::run_courier;
using perdure::executors::bridge::run_relay;
using perdure::executors::bridge::tell_engine;

// The runtime's own; AWS does not show them to extensions.
constexpr const char* hidden_from_extensions[] = {
    "AWS_EXECUTION_ENV",          "AWS_LAMBDA_LOG_GROUP_NAME",
    "AWS_LAMBDA_LOG_STREAM_NAME", "AWS_XRAY_CONTEXT_MISSING",
    "LAMBDA_RUNTIME_DIR",         "LAMBDA_TASK_ROOT",
    "AWS_LAMBDA_EXEC_WRAPPER",    "PERDURE_WORKER_ID",
    "PERDURE_WORKER_SECRET",      "_HANDLER"};

struct Orders {
  std::string socket, extensions;
  bool ours = false;
  bool alone = false;
  char** program = nullptr;
};

[[noreturn]] void fail(const char* step) {
  dprintf(2, "bridge: cannot %s: %s\n", step, strerror(errno));
  _exit(127);
}

Orders read_orders(int argc, char** argv) {
  Orders orders;
  if (argc > 1) orders.socket = argv[1];
  for (int i = 2; i < argc; ++i) {
    const std::string_view word = argv[i];
    if (word == "--ours") {
      orders.ours = true;
    } else if (word == "--alone") {
      orders.alone = true;
    } else if (word == "--extensions" && i + 1 < argc) {
      orders.extensions = argv[++i];
    } else if (word == "--" && i + 1 < argc) {
      orders.program = argv + i + 1;
      return orders;
    }
  }
  dprintf(
      2,
      "usage: bridge SOCKET [--alone] [--extensions FOLDER] [--ours] -- PROGRAM [ARGUMENT]...\n");
  _exit(2);
}

// The address is written down as the runtime will read it.
int listen_on_loopback(std::string& shown) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (fd < 0 || bind(fd, generic, size) != 0 || listen(fd, 64) != 0 ||
      getsockname(fd, generic, &size) != 0) {
    fail("listen");
  }
  shown = "127.0.0.1:" + std::to_string(ntohs(address.sin_port));
  return fd;
}

std::string variable(const char* name) {
  const char* value = getenv(name);
  return value ? value : "";
}

// Of the programs in the folder, in their order.
std::vector<std::string> names_in(const std::string& folder) {
  std::vector<std::string> names;
  DIR* entries = folder.empty() ? nullptr : opendir(folder.c_str());
  if (!entries) return names;
  while (const dirent* entry = readdir(entries)) {
    if (entry->d_name[0] != '.') names.push_back(entry->d_name);
  }
  closedir(entries);
  std::sort(names.begin(), names.end());
  return names;
}

std::string request(const char* path, const std::string& body) {
  return std::string("POST ") + path +
         " HTTP/1.1\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

// Names of files need no escapes but these.
std::string json_list(const std::vector<std::string>& names) {
  std::string json;
  for (const std::string& name : names) {
    json += json.empty() ? "[\"" : ",\"";
    for (char c : name) {
      if (c == '"' || c == '\\') json += '\\';
      json += c;
    }
    json += '"';
  }
  return json + "]";
}

int start_extension(const std::string& path, const std::string& api, int output) {
  const int child = fork();
  if (child != 0) return child;
  dup2(output, 1);
  dup2(output, 2);
  sigset_t all;
  sigfillset(&all);
  sigprocmask(SIG_UNBLOCK, &all, nullptr);
  for (const char* name : hidden_from_extensions) unsetenv(name);
  setenv("AWS_LAMBDA_RUNTIME_API", api.c_str(), 1);
  char* argv[] = {const_cast<char*>(path.c_str()), nullptr};
  execv(path.c_str(), argv);
  _exit(127);
}

// What they print comes back by a pipe.
void start_extensions(Charge& charge, const std::string& folder,
                      const std::vector<std::string>& names, const std::string& api) {
  if (names.empty()) return;
  int output[2];
  if (pipe2(output, O_CLOEXEC) != 0) fail("make a pipe");
  fcntl(output[0], F_SETFL, O_NONBLOCK);
  // From now on, so that no end is missed.
  sigset_t children;
  sigemptyset(&children);
  sigaddset(&children, SIGCHLD);
  sigprocmask(SIG_BLOCK, &children, nullptr);
  for (const std::string& name : names) {
    charge.programs.push_back({name, start_extension(folder + "/" + name, api, output[1])});
  }
  close(output[1]);
  charge.printed = output[0];
}

void start_relay(const RelayOptions& options, Charge charge, const std::string& folder,
                 const std::vector<std::string>& names, const std::string& api) {
  const int child = fork();
  if (child < 0) fail("fork");
  if (child > 0) {
    waitpid(child, nullptr, 0);
    return;
  }
  if (fork() != 0) _exit(0);
  start_extensions(charge, folder, names, api);
  // Its own start-up environment has the secret: no other process of the worker may look there.
  prctl(PR_SET_DUMPABLE, 0);
  prctl(PR_SET_NAME, "bridge");
  charge.output = fcntl(1, F_DUPFD_CLOEXEC, 3);
  const int null = open("/dev/null", O_RDWR);
  for (int fd = 0; fd < 3; ++fd) dup2(null, fd);
  if (!names.empty() && fork() == 0) {
    run_courier(options);
    _exit(0);
  }
  run_relay(options, std::move(charge));
  _exit(0);
}

// Official runtimes log in frames where they find this descriptor. Returns the runtime's end.
int open_log(Charge& charge) {
  int ends[2];
  if (pipe(ends) != 0) fail("make a pipe");
  for (int end : ends) fcntl(end, F_SETFD, FD_CLOEXEC);
  fcntl(ends[0], F_SETFL, O_NONBLOCK);
  charge.log = ends[0];
  return ends[1];
}

// Code is at /var/task on AWS, and so in every text, wherever it is here.
std::string shown(const std::string& path) {
  const std::string root = variable("LAMBDA_TASK_ROOT");
  const bool inside = !root.empty() && path.starts_with(root);
  return inside ? "/var/task" + path.substr(root.size()) : path;
}

std::string reason_of(int error) {
  std::string text = strerror(error);
  if (text[0] >= 'A' && text[0] <= 'Z') text[0] = static_cast<char>(text[0] - 'A' + 'a');
  return text;
}

// The engine learns why there is no runtime; what is in the text needs no escapes.
[[noreturn]] void refuse(const RelayOptions& options, const std::string& reason) {
  tell_engine(options, request("/2018-06-01/runtime/init/error",
                               R"({"errorType":"Runtime.InvalidEntrypoint","errorMessage":")" +
                                   reason + R"("})"));
  _exit(127);
}

RelayOptions relay_options(const Orders& orders) {
  RelayOptions options;
  options.socket = orders.socket;
  if (orders.alone) options.neighbours = Neighbours::of_other_users;
  options.greeting =
      "POST /perdure/relay HTTP/1.1\r\nPerdure-Worker: " + variable("PERDURE_WORKER_ID") +
      "\r\nPerdure-Secret: " + variable("PERDURE_WORKER_SECRET") + "\r\n\r\n";
  return options;
}

}  // namespace

int main(int argc, char** argv) {
  const Orders orders = read_orders(argc, argv);
  const RelayOptions options = relay_options(orders);
  std::string api;
  const int listener = listen_on_loopback(api);
  const std::vector<std::string> names = names_in(orders.extensions);
  Charge charge{.listener = listener};
  const int log = orders.ours ? -1 : open_log(charge);
  if (!names.empty()) tell_engine(options, request("/perdure/extensions", json_list(names)));
  start_relay(options, charge, orders.extensions, names, api);
  close(listener);
  if (!names.empty()) tell_engine(options, request("/perdure/extensions/ready", ""));
  if (!orders.ours) {
    setenv("AWS_LAMBDA_RUNTIME_API", api.c_str(), 1);
    unsetenv("PERDURE_WORKER_ID");
    unsetenv("PERDURE_WORKER_SECRET");
    setenv("_LAMBDA_TELEMETRY_LOG_FD", std::to_string(log).c_str(), 1);
    fcntl(log, F_SETFD, 0);
  }
  execv(orders.program[0], orders.program);
  const int error = errno;
  refuse(options, "fork/exec " + shown(orders.program[0]) + ": " + reason_of(error));
}
