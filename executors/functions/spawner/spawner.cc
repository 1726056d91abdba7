#include "executors/functions/spawner/spawner.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>

#include "base/clock.h"
#include "base/file_limit.h"
#include "base/files.h"
#include "base/hash.h"
#include "base/ids.h"
#include "base/log.h"
#include "executors/functions/reactor.h"
#include "executors/functions/sandbox/layout.h"
#include "executors/functions/sandbox/probe.h"
#include "executors/functions/sockets.h"
#include "executors/functions/spawner/board.h"
#include "executors/functions/spawner/engine_side.h"
#include "executors/functions/spawner/limits.h"
#include "executors/functions/spawner/outputs.h"
#include "executors/functions/spawner/protocol.h"
#include "executors/functions/spawner/shepherd.h"
#include "executors/functions/spawner/snapshots.h"
#include "executors/functions/spawner/stock.h"
#include "executors/functions/spawner/worker.h"

namespace perdure::executors {
namespace {

using namespace spawn;

constexpr size_t max_kept_exits = 1000;

// What a spawner is given when it begins.
struct Beginning {
  Descriptor listener;
  std::string key;  // by which an engine shows that it is one
  Board board;
  sandbox::Cgroups cgroups;
  sandbox::Strength strength;
  int64_t linger_ms = 0;
};

class Spawner {
 public:
  explicit Spawner(Beginning beginning)
      : engine_(reactor_, std::move(beginning.listener), std::move(beginning.key),
                engine_handlers()),
        board_(std::move(beginning.board)),
        cgroups_(std::move(beginning.cgroups)),
        strength_(std::move(beginning.strength)),
        linger_ms_(beginning.linger_ms),
        limits_(reactor_, cgroups_, board_, limit_handlers()),
        stock_(reactor_, stock_handlers()),
        snapshots_(reactor_, snapshot_handlers()),
        outputs_(reactor_, engine_, [this](const std::string& id) { return find(id); }) {}

  int run() {
    engine_.listen();
    reactor_.on_signal(SIGTERM, [this] { end_all(); });
    lost_engine();
    reactor_.run();
    cgroups_.close();
    return 0;
  }

 private:
  // ---- the engine
  EngineSide::Handlers engine_handlers() {
    return {.message =
                [this](Message& message) { std::visit([this](auto& each) { on(each); }, message); },
            .lost = [this] { lost_engine(); }};
  }

  void lost_engine() {
    for (auto& [id, worker] : workers_) {
      limits_.take_over(worker);
      outputs_.watch(worker);
    }
    reactor_.cancel(linger_timer_);
    linger_timer_ = reactor_.after(linger_ms_, [this] { end_all(); });
  }

  void send(const Message& message) { engine_.send(message); }

  void greet() {
    std::vector<Descriptor> files;
    if (Descriptor board = copy_of(board_.memory())) files.push_back(std::move(board));
    engine_.send(Welcome{protocol_version, static_cast<uint32_t>(getpid()),
                         static_cast<uint8_t>(strength_.level), strength_.reasons},
                 std::move(files));
  }

  void on(const Hello& hello) {
    reactor_.cancel(linger_timer_);
    greet();
    if (hello.version != protocol_version) return;
    Workers list;
    int64_t now = monotonic_ms();
    for (auto& [id, worker] : workers_) {
      limits_.take_over(worker);  // its engine may have been replaced without being seen to go
      if (worker.status && snapshots_.has(id)) continue;  // only what it has forked lives
      uint64_t left =
          worker.timer ? static_cast<uint64_t>(std::max<int64_t>(worker.deadline_ms - now, 1)) : 0;
      list.workers.push_back({id, worker.tag, worker.pid, worker.request, left});
    }
    send(std::move(list));
    for (auto& [id, worker] : workers_) hand_over(worker);
    for (Message& each : std::exchange(kept_exits_, {})) send(each);
  }

  // Follows what tells the engine of it.
  void hand_over(Worker& worker) {
    if (engine_.greeted() && !outputs_.hand_over(worker)) end(worker);
  }

  // ---- starting workers
  // An order with the sandbox that it asks for, ready to be made.
  struct Confined {
    Spawn order;
    sandbox::Box box;
    sandbox::Plan plan;
    sandbox::Cgroups::Group group;
  };

  // How much of its sandbox a process gets.
  enum class Part { all, group_only, walls_only, forking };

  // The control group gets the worker's name.
  Result<Confined> confine(const Spawn& order, Part part = Part::all) {
    Confined confined{order, {}, {}, {}};
    PD_TRY(box, sandbox::box_for(order, strength_));
    if (part == Part::forking) PD_CHECK(let_fork(box));
    if (part == Part::group_only) box.level = sandbox::Level::none;
    if (part != Part::walls_only && cgroups_.usable()) {
      PD_TRY(made, make_group(order.worker, order.sandbox));
      confined.group = std::move(made);
      box.cgroups = confined.group.files;
      // The group bounds what is used, not what is mapped.
      std::erase_if(confined.order.limits,
                    [](const Limit& l) { return l.resource == RLIMIT_DATA; });
    }
    confined.plan = sandbox::make_plan(box, strength_.machine);
    confined.box = std::move(box);
    return confined;
  }

  Result<sandbox::Cgroups::Group> make_group(const std::string& name, const SandboxOrder& order) {
    return cgroups_.make(name, static_cast<int64_t>(order.memory_mib),
                         static_cast<int64_t>(order.tmp_mib));
  }

  // From what is ready, else by a process of its own.
  void on(Spawn& order) {
    std::erase_if(order.sandbox.folders, [](const SeenFolder& folder) {
      return folder.to == sandbox::cache_folder && !file_exists(folder.from);
    });
    if (become_cell(order) || become_forked(order)) return;
    if (Result<> started = start(order); !started) refuse(order, started.error());
  }

  void refuse(const Spawn& order, const Error& why) {
    if (cgroups_.usable()) cgroups_.remove(order.worker);
    send(SpawnFailed{order.worker, why.cause});
    send(Exited{.worker = order.worker, .code = 127});
  }

  bool become_cell(const Spawn& order) {
    auto cell = stock_.take_cell(order, [&]() -> Result<sandbox::Plan> {
      PD_TRY(confined, confine(order, Part::walls_only));
      return std::move(confined.plan);
    });
    if (!cell) return false;
    Worker& worker = begin(order, std::move(cell->shepherd), Tier::cell, cell->group);
    if (auto pressure = pressures_.extract(cell->group)) {
      limits_.watch_pressure(worker, std::move(pressure.mapped()));
    }
    return true;
  }

  Result<> start(const Spawn& order) {
    PD_TRY(confined, confine(order));
    auto forked = stock_.fork(confined.order, confined.plan);
    const Tier tier = forked ? Tier::zygote : Tier::plain;
    if (!forked) {
      PD_TRY(shepherd, start_shepherd(confined.order, confined.plan));
      forked = std::move(shepherd);
    }
    Worker& worker = begin(order, std::move(*forked), tier, order.worker);
    limits_.watch_pressure(worker, std::move(confined.group));
    return {};
  }

  Worker& begin(const Spawn& order, Shepherd shepherd, Tier tier, std::string group) {
    Worker& worker = workers_[order.worker];
    worker.id = order.worker;
    worker.tag = order.tag;
    worker.seat = seats_.take();
    worker.memory_mib = order.sandbox.memory_mib;
    worker.from = order.from;
    worker.tier = tier;
    worker.group = std::move(group);
    if (cgroups_.usable()) worker.peak_files.group = cgroups_.peak_file(worker.group);
    worker.linger_ms = order.linger_ms;
    worker.shepherd = std::move(shepherd);
    limits_.set_deadline(worker, order.timeout_ms);
    if (worker.shepherd.report) {
      reactor_.watch(worker.shepherd.report.get(), Reactor::readable,
                     [this, id = worker.id](uint32_t) { on_report(id); });
    }
    if (worker.shepherd.exit) watch_exit(worker);
    if (!engine_.greeted()) outputs_.watch(worker);
    return worker;
  }

  void watch_exit(Worker& worker) {
    reactor_.watch(worker.shepherd.exit.get(), Reactor::readable,
                   [this, id = worker.id](uint32_t) { on_exit(id); });
  }

  Limits::Handlers limit_handlers() {
    return {.find = [this](const std::string& id) { return find(id); },
            .end = [this](Worker& worker) { end(worker); },
            .end_program = [this](Worker& worker) { end_program(worker); }};
  }

  void end(Worker& worker) {
    worker.unwanted = true;
    if (worker.tier == Tier::snapshot) return end_forked(worker);
    if (worker.shepherd.pid > 0) kill(worker.shepherd.pid, SIGTERM);
  }

  // The rest of a worker that lingers goes on.
  void end_program(Worker& worker) {
    if (!worker.program) return end(worker);
    syscall(SYS_pidfd_send_signal, worker.program.get(), SIGKILL, nullptr, 0);
  }

  // ---- what is kept ready
  Stock::Handlers stock_handlers() {
    return {.start_cell = [this](const Keep& kind) { return start_cell(kind); },
            .ended_cell =
                [this](const Cell& cell) {
                  pressures_.erase(cell.group);
                  if (cgroups_.usable()) cgroups_.remove(cell.group);
                },
            .forked = [this](const Spawn& order,
                             Result<int> shepherd) { on_forked(order, std::move(shepherd)); }};
  }

  Result<Cell> start_cell(const Keep& kind) {
    Spawn order;
    order.worker = "cell-" + std::to_string(getpid()) + "-" + std::to_string(++cells_);
    order.argv = kind.argv;
    order.env = kind.env;
    order.folder = kind.folder;
    order.limits = kind.limits;
    order.sandbox = kind.sandbox;
    order.from = kind.from;
    PD_TRY(confined, confine(order, walls_follow(kind) ? Part::group_only : Part::all));
    auto shepherd = kind.from.empty() ? start_shepherd(confined.order, confined.plan, Waits::yes)
                                      : stock_.fork_cell(confined.order, confined.plan);
    if (!shepherd) {
      if (cgroups_.usable()) cgroups_.remove(order.worker);
      return shepherd.error();
    }
    pressures_[order.worker] = std::move(confined.group);
    return Cell{std::move(*shepherd), order.worker};
  }

  // A zygote has made the worker's shepherd, or has not: then it gets a process of its own.
  void on_forked(const Spawn& order, Result<int> shepherd) {
    Worker* worker = find(order.worker);
    if (!worker) return;
    if (shepherd && watch_shepherd(worker->shepherd, *shepherd)) {
      watch_exit(*worker);
      announce(*worker);
      if (worker->unwanted) end(*worker);
    } else {
      start_without(*worker, order, shepherd ? "no pidfd" : shepherd.error().cause);
    }
    if (std::exchange(strays_wait_, false)) end_strays();
  }

  void start_without(Worker& worker, const Spawn& order, std::string_view why) {
    log_warning("{}: {}", order.worker, why);
    if (cgroups_.usable()) cgroups_.remove(worker.group);
    forget(worker);
    workers_.erase(order.worker);
    end_strays();
    Spawn again = order;
    again.from.clear();
    on(again);
  }

  void on(const Keep& order) { stock_.keep(order); }

  // ---- snapshots
  Snapshots::Handlers snapshot_handlers() {
    return {.make_group = [this](const std::string& name,
                                 const SandboxOrder& order) { return make_group(name, order); },
            .drop_group =
                [this](const std::string& name) {
                  cgroups_.end(name);
                  cgroups_.remove(name);
                },
            .taken = [this](const std::string& id) { on_taken(id); },
            .forked = [this](const Spawn& order,
                             Result<int> pid) { on_snapshot_forked(order, std::move(pid)); },
            .ended = [this](const std::string& id, int status) { on_forked_end(id, status); },
            .idle = [this](const std::string& id) { on_snapshot_idle(id); },
            .spoiled =
                [this](const std::string& id) {
                  log_warning("{} keeps what its workers have written: it ends", id);
                  if (Worker* snapshot = find(id); snapshot && !snapshot->status) {
                    end_program(*snapshot);
                  }
                }};
  }

  void on(const StartSnapshot& wanted) {
    const Result<> started = start_snapshot(wanted.order);
    if (!started) refuse(wanted.order, started.error());
  }

  // What keeps its workers apart is of no use without all of these.
  Result<> let_fork(sandbox::Box& box) const {
    if (box.level != sandbox::Level::a) return internal_error("it needs a sandbox of level A");
    if (strength_.machine.landlock_abi == 0) return internal_error("this kernel has no Landlock");
    box.forks = true;
    return {};
  }

  Result<> start_snapshot(const Spawn& order) {
    PD_TRY(confined, confine(order, Part::forking));
    PD_TRY(shepherd, start_shepherd(confined.order, confined.plan, Waits::for_orders));
    Descriptor control = std::move(shepherd.wake);
    Worker& worker = begin(order, std::move(shepherd), Tier::plain, order.worker);
    snapshots_.add(order.worker, {.shepherd = worker.shepherd.pid,
                                  .control = std::move(control),
                                  .uid = confined.box.worker_uid,
                                  .sandbox = order.sandbox,
                                  .walls = sandbox::forked_calls(confined.box, strength_.machine)});
    limits_.watch_pressure(worker, std::move(confined.group));
    return {};
  }

  void on_taken(const std::string& id) {
    Worker* snapshot = find(id);
    if (!snapshot) return;
    limits_.set_deadline(*snapshot, 0);
    send(SnapshotTaken{id});
  }

  bool become_forked(const Spawn& order) {
    if (!snapshots_.can_fork(order)) return false;
    auto begun = snapshots_.fork(order);
    if (!begun) {
      log_warning("{}: {}", order.worker, begun.error().cause);
      return false;
    }
    Worker& worker = begin(order, std::move(begun->shepherd), Tier::snapshot, begun->group_name);
    limits_.watch_pressure(worker, std::move(begun->group));
    if (begun->pid > 0) on_snapshot_forked(order, begun->pid);
    return true;
  }

  void on_snapshot_forked(const Spawn& order, Result<int> pid) {
    Worker* worker = find(order.worker);
    if (!worker) return;
    if (pid) {
      started(*worker, *pid);
      if (worker->unwanted) end(*worker);
      return;
    }
    cgroups_.end(worker->group);
    if (worker->unwanted) return finish(*worker, SIGKILL);
    start_without(*worker, order, pid.error().cause);
  }

  // It has no shepherd of its own: all that it has started is in its control group.
  void end_forked(Worker& worker) {
    cgroups_.end(worker.group);
    reactor_.post([this, from = worker.from, id = worker.id] { snapshots_.give_up(from, id); });
  }

  void on_forked_end(const std::string& id, int status) {
    Worker* worker = find(id);
    if (!worker) return;
    Limits::note_peak(*worker);
    cgroups_.end(worker->group);
    finish(*worker, status);
  }

  void on_snapshot_idle(const std::string& id) {
    Worker* snapshot = find(id);
    if (snapshot && snapshot->status) limits_.set_deadline(*snapshot, snapshot->linger_ms);
  }

  // ---- requests
  void on(const Assign& assign) {
    if (Worker* worker = find(assign.worker)) {
      limits_.assigned(*worker, assign.request, assign.timeout_ms);
    }
  }

  void on(const Finish& finish) {
    if (Worker* worker = find(finish.worker)) limits_.finished(*worker);
  }

  void on(const Kill& order) {
    if (Worker* worker = find(order.worker)) end(*worker);
  }

  // Of a snapshot nothing is left to end but the workers that it has forked, which go on.
  void on(const EndProgram& order) {
    Worker* worker = find(order.worker);
    if (!worker || (worker->status && snapshots_.has_workers(order.worker))) return;
    end_program(*worker);
  }

  void on(const Shutdown&) { end_all(); }

  template <class Other>
  void on(const Other&) {}  // a message of our own direction says nothing to us

  // ---- workers
  Worker* find(const std::string& id) {
    auto found = workers_.find(id);
    return found == workers_.end() ? nullptr : &found->second;
  }

  void on_report(const std::string& id) {
    Worker& worker = *find(id);
    while (worker.shepherd.report) {
      Report report;
      ssize_t got = read(worker.shepherd.report.get(), &report, sizeof report);
      if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
      if (got == static_cast<ssize_t>(sizeof report)) {
        take(worker, report);
      } else {
        reactor_.forget(worker.shepherd.report.get());
        worker.shepherd.report.reset();
      }
    }
  }

  void take(Worker& worker, const Report& report) {
    switch (report.what) {
      case Report::What::running:
        worker.runs = true;
        return announce(worker);
      case Report::What::failed:
        return send(
            SpawnFailed{worker.id, std::string(report.step) + ": " + strerror(report.status)});
      case Report::What::ended:
        worker.status = report.status;
        if (worker.linger_ms > 0 && !worker.unwanted) linger(worker);
        return;
      case Report::What::reaped:
        return snapshots_.reaped(worker.id, report.process, report.status);
    }
  }

  void linger(Worker& worker) {
    worker.program.reset();
    limits_.set_deadline(worker, snapshots_.has_workers(worker.id) ? 0 : worker.linger_ms);
    outputs_.drain(worker);
    outputs_.send_kept(worker);
    send(Ended{exit_of(worker, *worker.status)});
  }

  Exited exit_of(Worker& worker, int status) {
    if (const auto assigned = board_.look(worker.seat)) worker.request = assigned->request;
    Exited exited{.worker = worker.id, .request = worker.request, .timed_out = worker.timed_out};
    if (WIFSIGNALED(status)) exited.signal = static_cast<uint32_t>(WTERMSIG(status));
    if (WIFEXITED(status)) exited.code = static_cast<uint32_t>(WEXITSTATUS(status));
    if (cgroups_.usable()) {
      Limits::note_peak(worker);
      exited.out_of_memory =
          worker.out_of_memory || cgroups_.ran_out_of_memory(worker.group) ? 1 : 0;
    }
    exited.peak_kib = worker.peak_kib;
    return exited;
  }

  // Once it is known that it runs, and as whose child.
  void announce(Worker& worker) {
    if (!worker.runs || worker.shepherd.pid <= 0) return;
    // The number it has here, not in its namespace.
    int child = 0;
    children_of(worker.shepherd.pid, &child, 1);
    started(worker, child);
    if (worker.linger_ms > 0 && worker.pid > 0) {
      worker.program = Descriptor(static_cast<int>(syscall(SYS_pidfd_open, worker.pid, 0)));
    }
  }

  void started(Worker& worker, int pid) {
    worker.pid = static_cast<uint32_t>(pid);
    // What it shares with its snapshot counts in that one's group.
    if (!worker.peak_files.group || worker.tier == Tier::snapshot) {
      const std::string path = "/proc/" + std::to_string(pid) + "/status";
      worker.peak_files.status = Descriptor(open(path.c_str(), O_RDONLY | O_CLOEXEC));
    }
    send(Started{worker.id, worker.pid, worker.tier});
    hand_over(worker);
  }

  void on_exit(const std::string& id) {
    Worker& worker = *find(id);
    int status = 0;
    waitpid(worker.shepherd.pid, &status, 0);
    if (worker.shepherd.report) on_report(id);
    snapshots_.remove(id);
    if (worker.status) status = *worker.status;  // else its shepherd's end is all we know
    finish(worker, status);
  }

  // The worker and all it has started are gone.
  void finish(Worker& worker, int status) {
    outputs_.drain(worker);
    outputs_.send_kept(worker);
    Exited exited = exit_of(worker, status);
    if (cgroups_.usable()) cgroups_.remove(worker.group);
    remember_exit(worker, std::move(exited));
    forget(worker);
    workers_.erase(std::string(worker.id));
    end_strays();
    if (ending_ && workers_.empty()) reactor_.stop();
  }

  void remember_exit(Worker& worker, Exited exited) {
    if (engine_.greeted()) return send(exited);
    for (uint8_t i = 0; i < 2; ++i) {
      if (worker.kept[i].empty()) continue;
      kept_exits_.push_back(Output{worker.id, worker.request, static_cast<uint8_t>(i + 1),
                                   worker.dropped[i], std::move(worker.kept[i])});
    }
    kept_exits_.push_back(std::move(exited));
    while (kept_exits_.size() > max_kept_exits) kept_exits_.erase(kept_exits_.begin());
  }

  void forget(Worker& worker) {
    limits_.forget(worker);
    if (worker.shepherd.exit) reactor_.forget(worker.shepherd.exit.get());
    if (worker.shepherd.report) reactor_.forget(worker.shepherd.report.get());
    outputs_.forget(worker);
    seats_.give_back(worker.seat);
  }

  // Only a shepherd that was killed leaves any; they come to us as the next subreaper.
  void end_strays() {
    if (stock_.forking()) {  // one of them may be a shepherd that we are about to hear of
      strays_wait_ = true;
      return;
    }
    std::vector<int> shepherds = stock_.processes();
    for (auto& [id, worker] : workers_) shepherds.push_back(worker.shepherd.pid);
    end_children(shepherds.data(), shepherds.size());
  }

  void end_all() {
    ending_ = true;
    engine_.stop_listening();
    stock_.end();
    for (auto& [id, worker] : workers_) end(worker);
    if (workers_.empty()) return reactor_.stop();
    reactor_.after(5000, [this] { reactor_.stop(); });  // the rest ends with us
  }

  Reactor reactor_;
  EngineSide engine_;
  Board board_;
  Seats seats_;
  sandbox::Cgroups cgroups_;
  const sandbox::Strength strength_;
  const int64_t linger_ms_;
  uint64_t linger_timer_ = 0;
  bool ending_ = false;

  Limits limits_;
  Stock stock_;
  Snapshots snapshots_;
  uint64_t cells_ = 0;                                        // so far
  std::map<std::string, sandbox::Cgroups::Group> pressures_;  // of cells, by name
  bool strays_wait_ = false;                                  // end_strays() is due
  std::map<std::string, Worker> workers_;
  Outputs outputs_;
  std::vector<Message> kept_exits_;
};

// The key is there before anybody can connect.
Result<Beginning> begin(const std::string& data_folder, const std::string& folder) {
  Beginning beginning;
  beginning.cgroups = sandbox::Cgroups::open(sandbox::own_hierarchies(),
                                             "perdure-" + hex(sha256(data_folder)).substr(0, 16));
  beginning.strength = sandbox::probe(beginning.cgroups);
  PD_TRY(board, Board::make());
  beginning.board = std::move(board);
  SystemRandom random;
  beginning.key = make_uuid(random);
  PD_CHECK(write_file_atomically(folder + "/spawner.key", beginning.key, 0600));
  PD_TRY(listener, listen_unix(folder + "/spawner.sock"));
  beginning.listener = std::move(listener);
  return beginning;
}

}  // namespace

int run_spawner(const std::string& data_folder, int64_t linger_ms) {
  auto folder = socket_folder(data_folder);
  if (!folder) {
    log_error("spawner: {}", folder.error().cause);
    return 1;
  }
  Descriptor lock(open((*folder + "/spawner.lock").c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600));
  if (!lock || flock(lock.get(), LOCK_EX | LOCK_NB) != 0) return 0;
  signal(SIGPIPE, SIG_IGN);
  umask(022);               // of the workers, whatever the server's is
  signal(SIGINT, SIG_IGN);  // a Ctrl-C is for the engine, which takes leave of us
  prctl(PR_SET_NAME, "perdure-spawner");
  prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
  allow_most_open_files();  // each worker takes some
  auto beginning = begin(data_folder, *folder);
  if (!beginning) {
    log_error("spawner: {}", beginning.error().cause);
    return 1;
  }
  beginning->linger_ms = linger_ms;
  return Spawner(std::move(*beginning)).run();
}

}  // namespace perdure::executors
