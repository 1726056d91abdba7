#include "executors/functions/sandbox/probe.h"

#include <poll.h>
#include <signal.h>
#include <sys/sysinfo.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>

#include "base/hash.h"
#include "executors/functions/spawner/shepherd.h"

namespace perdure::executors::sandbox {
namespace {

constexpr int patience_ms = 5000;
constexpr const char* probe_group = "probe";

// What the shepherd says that went wrong, or nothing.
Result<> outcome_of(spawn::Shepherd& shepherd) {
  pollfd ended{.fd = shepherd.exit.get(), .events = POLLIN, .revents = 0};
  if (poll(&ended, 1, patience_ms) != 1) kill(shepherd.pid, SIGKILL);
  waitpid(shepherd.pid, nullptr, 0);
  Result<> outcome = internal_error("it did not end");
  spawn::Report report;
  while (read(shepherd.report.get(), &report, sizeof report) ==
         static_cast<ssize_t>(sizeof report)) {
    if (report.what == spawn::Report::What::failed) {
      return internal_error(std::string(report.step) + ": " + strerror(report.status));
    }
    if (report.what != spawn::Report::What::ended) continue;
    if (report.status == 0) {
      outcome = {};
    } else {
      outcome =
          internal_error("a program in it ended with status " + std::to_string(report.status));
    }
  }
  return outcome;
}

Result<> try_box(const Box& box, const Machine& machine) {
  spawn::Spawn order;
  order.argv = {"/bin/true"};
  order.folder = "/";
  PD_TRY(shepherd, spawn::start_shepherd(order, make_plan(box, machine)));
  return outcome_of(shepherd);
}

Result<> try_with_cgroups(Box box, const Machine& machine, Cgroups& cgroups) {
  if (!cgroups.usable()) return internal_error(cgroups.why_not());
  PD_TRY(group, cgroups.make(probe_group, 128, 64));
  box.cgroups = std::move(group.files);
  Result<> outcome = try_box(box, machine);
  cgroups.remove(probe_group);
  return outcome;
}

class Prober {
 public:
  explicit Prober(Cgroups& cgroups) : cgroups_(cgroups) { found_.machine = look_at_machine(); }

  Strength run() {
    if (geteuid() != 0) {
      refuse("A", "it needs root");
    } else if (as_root()) {
      return std::move(found_);
    }
    if (without_root()) return std::move(found_);
    in_place();
    return std::move(found_);
  }

 private:
  void refuse(const char* level, const std::string& why) {
    found_.reasons.push_back(std::string(level) + ": " + why);
  }

  bool as_root() {
    const Box box{.level = Level::a, .worker_uid = first_worker_uid};
    const Result<> apart = try_box(box, found_.machine);
    if (!apart) {
      refuse("A", apart.error().cause);
      return false;
    }
    found_.own_user = true;
    found_.level = Level::a;
    if (const Result<> limited = try_with_cgroups(box, found_.machine, cgroups_); !limited) {
      refuse("A", limited.error().cause);
      found_.level = Level::b;
    }
    return true;
  }

  bool without_root() {
    const Box box{.level = Level::b, .user_namespace = true, .uid = geteuid(), .gid = getegid()};
    const Result<> apart = try_box(box, found_.machine);
    if (!apart) {
      refuse("B", apart.error().cause);
      return false;
    }
    found_.user_namespace = true;
    found_.level = Level::b;
    return true;
  }

  void in_place() {
    if (found_.machine.landlock_abi == 0) return refuse("C", "this kernel has no Landlock");
    const Result<> confined = try_box({.level = Level::c}, found_.machine);
    if (!confined) return refuse("C", confined.error().cause);
    found_.level = Level::c;
  }

  Cgroups& cgroups_;
  Strength found_;
};

// Of the worker's id, so that two spawners of one machine do not give the same.
uint32_t uid_of(const std::string& worker) {
  const Sha256 digest = sha256(worker);
  uint32_t number = 0;
  std::memcpy(&number, digest.data(), sizeof number);
  return first_worker_uid + number % worker_uids;
}

}  // namespace

Strength probe(Cgroups& cgroups) { return Prober(cgroups).run(); }

std::string sentence_of(Level level, const std::vector<std::string>& reasons) {
  std::string text = level == Level::none ? "No sandbox" : "Sandbox " + std::string(name_of(level));
  for (const std::string& reason : reasons) text += "; not " + reason;
  return text;
}

Result<Box> box_for(const spawn::Spawn& order, const Strength& strength) {
  const auto level = static_cast<Level>(order.sandbox.level);
  if (level > strength.level) {
    return Error{ErrorKind::denied, "ServiceException",
                 "a sandbox of level " + std::string(name_of(level)) + " cannot be had here. " +
                     sentence_of(strength.level, strength.reasons)};
  }
  Box box{.level = level,
          .tmp_mib = static_cast<int64_t>(order.sandbox.tmp_mib),
          .network = order.sandbox.network != 0,
          .writable_folders = order.sandbox.writable};
  if (level >= Level::b) {
    box.user_namespace = strength.user_namespace;
    box.uid = geteuid();
    box.gid = getegid();
    if (strength.own_user) box.worker_uid = uid_of(order.worker);
  }
  // The user's other processes and threads count there too.
  if (struct sysinfo now{}; level == Level::c && sysinfo(&now) == 0) box.max_processes += now.procs;
  for (const spawn::SeenFolder& each : order.sandbox.folders) {
    box.binds.push_back({each.from, each.to});
  }
  return box;
}

}  // namespace perdure::executors::sandbox
