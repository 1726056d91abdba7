#include "executors/functions/spawner/spawner.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>

#include "base/clock.h"
#include "base/file_limit.h"
#include "base/files.h"
#include "base/hash.h"
#include "base/ids.h"
#include "base/log.h"
#include "executors/functions/reactor.h"
#include "executors/functions/sandbox/probe.h"
#include "executors/functions/sockets.h"
#include "executors/functions/spawner/protocol.h"
#include "executors/functions/spawner/shepherd.h"
#include "executors/functions/spawner/stock.h"

namespace perdure::executors {
namespace {

using namespace spawn;

constexpr size_t read_bytes = 64 << 10;        // of a worker's output in one go
constexpr size_t drain_bytes = 1 << 20;        // at most, when a request has ended
constexpr size_t max_waiting_bytes = 1 << 20;  // for the engine, then workers wait in write()
constexpr size_t max_kept_bytes = 64 << 10;    // of a worker's output while no engine is there
constexpr size_t max_kept_exits = 1000;
constexpr int64_t memory_look_ms = 50;

struct Worker {
  std::string id, tag, request;
  Shepherd shepherd;
  std::string group;          // the name of its control group
  Descriptor pressure;        // of its control group's memory, if it has one
  uint32_t pid = 0;           // 0: not reported yet
  uint64_t timer = 0;         // of the deadline, 0: none
  uint64_t memory_timer = 0;  // of the next look at its memory, 0: none
  int64_t deadline_ms = 0;    // monotonic
  bool timed_out = false;
  Tier tier = Tier::plain;
  bool runs = false;      // its shepherd has said so
  bool unwanted = false;  // it is to end as soon as it has a process
  bool out_of_memory = false;
  uint32_t linger_ms = 0;     // that the rest goes on when its program has ended
  Descriptor program;         // of a worker that lingers: its first process
  std::optional<int> status;  // how it ended, as wait() tells it
  uint64_t peak_kib = 0;
  std::string kept[2];  // output that waits for an engine
  uint64_t dropped[2] = {};
};

// "VmHWM:     9876 kB" of a process that lives.
uint64_t peak_kib_of(uint32_t pid) {
  auto text = read_file("/proc/" + std::to_string(pid) + "/status");
  if (!text) return 0;
  size_t at = text->find("VmHWM:");
  return at == std::string::npos ? 0 : std::strtoull(text->c_str() + at + 6, nullptr, 10);
}

// What a spawner is given when it begins.
struct Beginning {
  Descriptor listener;
  std::string key;  // by which an engine shows that it is one
  sandbox::Cgroups cgroups;
  sandbox::Strength strength;
  int64_t linger_ms = 0;
};

class Spawner {
 public:
  explicit Spawner(Beginning beginning)
      : listener_(std::move(beginning.listener)),
        key_(std::move(beginning.key)),
        cgroups_(std::move(beginning.cgroups)),
        strength_(std::move(beginning.strength)),
        linger_ms_(beginning.linger_ms),
        stock_(reactor_, stock_handlers()) {}

  int run() {
    reactor_.watch(listener_.get(), Reactor::readable, [this](uint32_t) { accept(); });
    reactor_.on_signal(SIGTERM, [this] { end_all(); });
    lost_engine();
    reactor_.run();
    cgroups_.close();
    return 0;
  }

 private:
  // ---- the engine
  // Whoever calls is heard beside the engine until it has shown the key: a worker that reaches the
  // socket is of the same user at some levels.
  void accept() {
    Descriptor caller = accept_own(listener_.get());
    if (!caller) return;
    drop_caller();
    caller_ = std::move(caller);
    reactor_.watch(caller_.get(), Reactor::readable, [this](uint32_t) { on_caller(); });
  }

  void drop_caller() {
    if (!caller_) return;
    reactor_.forget(caller_.get());
    caller_.reset();
    greeting_ = FrameReader();
  }

  void on_caller() {
    std::string bytes;
    const IoState state = read_some(caller_.get(), bytes, 64 << 10);
    greeting_.push(bytes);
    auto message = greeting_.next();
    if (message && !*message && state == IoState::open) return;
    const Hello* hello = message && *message ? std::get_if<Hello>(&**message) : nullptr;
    if (hello == nullptr || hello->key != key_) return drop_caller();
    hang_up();  // the newest engine is the one that holds the data folder
    reactor_.forget(caller_.get());
    engine_ = std::move(caller_);
    incoming_ = std::exchange(greeting_, FrameReader());
    reactor_.watch(engine_.get(), Reactor::readable,
                   [this](uint32_t events) { on_engine(events); });
    on(*hello);
    on_engine(EPOLLIN);  // what came with it
  }

  void hang_up() {
    if (!engine_) return;
    reactor_.forget(engine_.get());
    engine_.reset();
    incoming_ = FrameReader();
    outgoing_.clear();
    greeted_ = false;
  }

  void lost_engine() {
    hang_up();
    resume_readers();
    reactor_.cancel(linger_timer_);
    linger_timer_ = reactor_.after(linger_ms_, [this] { end_all(); });
  }

  void on_engine(uint32_t events) {
    if (events & EPOLLOUT) flush();
    if (!engine_ || !(events & (EPOLLIN | EPOLLHUP | EPOLLERR))) return;
    std::string bytes;
    IoState state = read_some(engine_.get(), bytes, 1 << 20);
    incoming_.push(bytes);
    for (;;) {
      auto message = incoming_.next();
      if (!message) return lost_engine();
      if (!*message) break;
      std::visit([this](auto& each) { on(each); }, **message);
      if (!engine_) return;
    }
    if (state == IoState::closed) lost_engine();
  }

  void send(const Message& message) {
    if (!greeted_) return;
    const bool idle = outgoing_.empty();
    outgoing_ += encode(message);
    if (idle) reactor_.post([this] { flush(); });  // with what else this turn has to say
  }

  void flush() {
    if (!engine_) return;
    // An engine that hung up is noticed by reading, in one place.
    write_some(engine_.get(), outgoing_);
    bool waiting = !outgoing_.empty();
    reactor_.change(engine_.get(), Reactor::readable | (waiting ? Reactor::writable : 0u));
    if (outgoing_.size() < max_waiting_bytes / 2) resume_readers();
  }

  void on(const Hello& hello) {
    greeted_ = true;
    reactor_.cancel(linger_timer_);
    send(Welcome{protocol_version, static_cast<uint32_t>(getpid()),
                 static_cast<uint8_t>(strength_.level), strength_.reasons});
    if (hello.version != protocol_version) return;
    Workers list;
    int64_t now = monotonic_ms();
    for (auto& [id, worker] : workers_) {
      uint64_t left =
          worker.timer ? static_cast<uint64_t>(std::max<int64_t>(worker.deadline_ms - now, 1)) : 0;
      list.workers.push_back({id, worker.tag, worker.pid, worker.request, left});
    }
    send(std::move(list));
    for (auto& [id, worker] : workers_) send_kept(worker);
    for (Message& each : std::exchange(kept_exits_, {})) send(each);
  }

  void send_kept(Worker& worker) {
    for (uint8_t i = 0; i < 2; ++i) {
      if (worker.kept[i].empty()) continue;
      send(Output{worker.id, worker.request, static_cast<uint8_t>(i + 1),
                  std::exchange(worker.dropped[i], 0), std::exchange(worker.kept[i], {})});
    }
  }

  // ---- starting workers
  // An order with the sandbox that it asks for, ready to be made.
  struct Confined {
    Spawn order;
    sandbox::Plan plan;
    sandbox::Cgroups::Group group;
  };

  // How much of its sandbox a process gets.
  enum class Part { all, group_only, walls_only };

  // The control group gets the worker's name.
  Result<Confined> confine(const Spawn& order, Part part = Part::all) {
    Confined confined{order, {}, {}};
    PD_TRY(box, sandbox::box_for(order, strength_));
    if (part == Part::group_only) box.level = sandbox::Level::none;
    if (part != Part::walls_only && cgroups_.usable()) {
      const auto memory_mib = static_cast<int64_t>(order.sandbox.memory_mib);
      PD_TRY(made,
             cgroups_.make(order.worker, memory_mib, static_cast<int64_t>(order.sandbox.tmp_mib)));
      confined.group = std::move(made);
      box.cgroups = confined.group.files;
      // The group bounds what is used, not what is mapped.
      std::erase_if(confined.order.limits,
                    [](const Limit& l) { return l.resource == RLIMIT_DATA; });
    }
    confined.plan = sandbox::make_plan(box, strength_.machine);
    return confined;
  }

  // From what is ready, else by a process of its own.
  void on(const Spawn& order) {
    if (become_cell(order)) return;
    if (Result<> started = start(order); !started) {
      if (cgroups_.usable()) cgroups_.remove(order.worker);
      send(SpawnFailed{order.worker, started.error().cause});
      send(Exited{.worker = order.worker, .code = 127});
    }
  }

  bool become_cell(const Spawn& order) {
    auto cell = stock_.take_cell(order, [&]() -> Result<sandbox::Plan> {
      PD_TRY(confined, confine(order, Part::walls_only));
      return std::move(confined.plan);
    });
    if (!cell) return false;
    Worker& worker = begin(order, std::move(cell->shepherd), Tier::cell, cell->group);
    if (auto pressure = pressures_.extract(cell->group)) {
      watch_pressure(worker, std::move(pressure.mapped()));
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
    watch_pressure(worker, std::move(confined.group));
    return {};
  }

  Worker& begin(const Spawn& order, Shepherd shepherd, Tier tier, std::string group) {
    Worker& worker = workers_[order.worker];
    worker.id = order.worker;
    worker.tag = order.tag;
    worker.tier = tier;
    worker.group = std::move(group);
    worker.linger_ms = order.linger_ms;
    worker.shepherd = std::move(shepherd);
    set_deadline(worker, order.timeout_ms);
    reactor_.watch(worker.shepherd.report.get(), Reactor::readable,
                   [this, id = worker.id](uint32_t) { on_report(id); });
    if (worker.shepherd.exit) watch_exit(worker);
    watch_output(worker, 0);
    watch_output(worker, 1);
    return worker;
  }

  void watch_exit(Worker& worker) {
    reactor_.watch(worker.shepherd.exit.get(), Reactor::readable,
                   [this, id = worker.id](uint32_t) { on_exit(id); });
  }

  void watch_pressure(Worker& worker, sandbox::Cgroups::Group group) {
    worker.pressure = std::move(group.pressure);
    if (!worker.pressure) return look_at_memory(worker);
    reactor_.watch(worker.pressure.get(), group.events, [this, id = worker.id](uint32_t) {
      if (Worker* each = find(id)) check_memory(*each);
    });
  }

  void check_memory(Worker& worker) {
    const int pressure = worker.pressure ? worker.pressure.get() : -1;
    if (!cgroups_.exceeds(worker.group, pressure)) return;
    worker.out_of_memory = true;
    note_peak(worker);
    end(worker);
  }

  // Now and then while it starts or works, where nobody reports; the kernel's own limit stands.
  void look_at_memory(Worker& worker) {
    if (!cgroups_.usable() || worker.pressure || worker.memory_timer != 0) return;
    worker.memory_timer = reactor_.after(memory_look_ms, [this, id = worker.id] {
      Worker* each = find(id);
      if (!each) return;
      each->memory_timer = 0;
      check_memory(*each);
      if (!each->out_of_memory) look_at_memory(*each);
    });
  }

  void end(Worker& worker) {
    worker.unwanted = true;
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
      log_warning("{}: {}", order.worker, shepherd ? "no pidfd" : shepherd.error().cause);
      forget(*worker);
      workers_.erase(order.worker);
      end_strays();
      if (cgroups_.usable()) cgroups_.remove(order.worker);
      Spawn again = order;
      again.from.clear();
      on(again);
    }
    if (std::exchange(strays_wait_, false)) end_strays();
  }

  void on(const Keep& order) { stock_.keep(order); }

  // ---- requests
  void on(const Assign& assign) {
    Worker* worker = find(assign.worker);
    if (!worker) return;
    worker->request = assign.request;
    set_deadline(*worker, assign.timeout_ms);
    look_at_memory(*worker);
  }

  void on(const Finish& finish) {
    Worker* worker = find(finish.worker);
    if (!worker) return;
    set_deadline(*worker, 0);
    reactor_.cancel(std::exchange(worker->memory_timer, 0));
    for (int i = 0; i < 2; ++i) drain(*worker, i);
    note_peak(*worker);
    worker->request.clear();
    send(Drained{finish.worker, finish.request, worker->peak_kib});
  }

  void on(const Kill& order) {
    if (Worker* worker = find(order.worker)) end(*worker);
  }

  void on(const EndProgram& order) {
    if (Worker* worker = find(order.worker)) end_program(*worker);
  }

  void on(const Shutdown&) { end_all(); }

  template <class Other>
  void on(const Other&) {}  // a message of our own direction says nothing to us

  // ---- workers
  Worker* find(const std::string& id) {
    auto found = workers_.find(id);
    return found == workers_.end() ? nullptr : &found->second;
  }

  void set_deadline(Worker& worker, uint64_t timeout_ms) {
    reactor_.cancel(std::exchange(worker.timer, 0));
    if (timeout_ms == 0) return;
    worker.deadline_ms = monotonic_ms() + static_cast<int64_t>(timeout_ms);
    worker.timer = reactor_.after(static_cast<int64_t>(timeout_ms), [this, id = worker.id] {
      Worker* late = find(id);
      if (!late) return;
      late->timer = 0;
      if (!late->status) late->timed_out = true;  // else it is what lingers that is late
      note_peak(*late);
      end_program(*late);
    });
  }

  // Of its group, with all it started; else of its first process.
  void note_peak(Worker& worker) {
    const uint64_t now =
        cgroups_.usable() ? cgroups_.peak_kib(worker.group) : peak_kib_of(worker.pid);
    worker.peak_kib = std::max(worker.peak_kib, now);
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
    }
  }

  void linger(Worker& worker) {
    worker.program.reset();
    set_deadline(worker, worker.linger_ms);
    for (int i = 0; i < 2; ++i) drain(worker, i);
    send(Ended{exit_of(worker, *worker.status)});
  }

  Exited exit_of(Worker& worker, int status) {
    Exited exited{.worker = worker.id, .request = worker.request, .timed_out = worker.timed_out};
    if (WIFSIGNALED(status)) exited.signal = static_cast<uint32_t>(WTERMSIG(status));
    if (WIFEXITED(status)) exited.code = static_cast<uint32_t>(WEXITSTATUS(status));
    if (cgroups_.usable()) {
      note_peak(worker);
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
    worker.pid = static_cast<uint32_t>(child);
    if (worker.linger_ms > 0 && worker.pid > 0) {
      worker.program = Descriptor(static_cast<int>(syscall(SYS_pidfd_open, worker.pid, 0)));
    }
    send(Started{worker.id, worker.pid, worker.tier});
  }

  void watch_output(Worker& worker, int index) {
    reactor_.watch(worker.shepherd.out[index].get(), Reactor::readable,
                   [this, id = worker.id, index](uint32_t) { on_output(id, index); });
  }

  void on_output(const std::string& id, int index) {
    Worker& worker = *find(id);
    Descriptor& out = worker.shepherd.out[index];
    if (greeted_ && outgoing_.size() > max_waiting_bytes) {
      // The engine is behind: whoever writes more than the pipe holds waits for it.
      reactor_.forget(out.get());
      paused_.emplace_back(id, index);
      return;
    }
    if (pass_on(worker, index, read_bytes) == IoState::closed) {
      reactor_.forget(out.get());
      out.reset();
    }
  }

  IoState pass_on(Worker& worker, int index, size_t limit) {
    std::string bytes;
    IoState state = read_some(worker.shepherd.out[index].get(), bytes, limit);
    if (bytes.empty()) return state;
    auto stream = static_cast<uint8_t>(index + 1);
    if (greeted_) {
      send(Output{worker.id, worker.request, stream, 0, std::move(bytes)});
    } else {
      std::string& kept = worker.kept[index];
      kept += bytes;
      if (kept.size() > max_kept_bytes) {
        worker.dropped[index] += kept.size() - max_kept_bytes;
        kept.erase(0, kept.size() - max_kept_bytes);
      }
    }
    return state;
  }

  // What is in the pipe by now, so that it counts for the request that has ended.
  void drain(Worker& worker, int index) {
    Descriptor& out = worker.shepherd.out[index];
    for (size_t total = 0; out && total < drain_bytes; total += read_bytes) {
      size_t waiting = outgoing_.size() + worker.kept[index].size() + worker.dropped[index];
      IoState state = pass_on(worker, index, read_bytes);
      if (state == IoState::closed) {
        reactor_.forget(out.get());
        out.reset();
      }
      if (outgoing_.size() + worker.kept[index].size() + worker.dropped[index] == waiting) return;
    }
  }

  void resume_readers() {
    for (auto& [id, index] : std::exchange(paused_, {})) {
      Worker* worker = find(id);
      if (worker && worker->shepherd.out[index]) watch_output(*worker, index);
    }
  }

  void on_exit(const std::string& id) {
    Worker& worker = *find(id);
    int status = 0;
    waitpid(worker.shepherd.pid, &status, 0);
    if (worker.shepherd.report) on_report(id);
    for (int i = 0; i < 2; ++i) drain(worker, i);
    if (worker.status) status = *worker.status;  // else its shepherd's end is all we know
    Exited exited = exit_of(worker, status);
    if (cgroups_.usable()) cgroups_.remove(worker.group);
    remember_exit(worker, std::move(exited));
    forget(worker);
    workers_.erase(id);
    end_strays();
    if (ending_ && workers_.empty()) reactor_.stop();
  }

  void remember_exit(Worker& worker, Exited exited) {
    if (greeted_) return send(exited);
    for (uint8_t i = 0; i < 2; ++i) {
      if (worker.kept[i].empty()) continue;
      kept_exits_.push_back(Output{worker.id, worker.request, static_cast<uint8_t>(i + 1),
                                   worker.dropped[i], std::move(worker.kept[i])});
    }
    kept_exits_.push_back(std::move(exited));
    while (kept_exits_.size() > max_kept_exits) kept_exits_.erase(kept_exits_.begin());
  }

  void forget(Worker& worker) {
    reactor_.cancel(worker.timer);
    reactor_.cancel(worker.memory_timer);
    std::erase_if(paused_, [&](const auto& each) { return each.first == worker.id; });
    if (worker.shepherd.exit) reactor_.forget(worker.shepherd.exit.get());
    if (worker.pressure) reactor_.forget(worker.pressure.get());
    if (worker.shepherd.report) reactor_.forget(worker.shepherd.report.get());
    for (Descriptor& out : worker.shepherd.out) {
      if (out) reactor_.forget(out.get());
    }
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
    reactor_.forget(listener_.get());
    stock_.end();
    for (auto& [id, worker] : workers_) end(worker);
    if (workers_.empty()) return reactor_.stop();
    reactor_.after(5000, [this] { reactor_.stop(); });  // the rest ends with us
  }

  Reactor reactor_;
  Descriptor listener_;
  const std::string key_;
  sandbox::Cgroups cgroups_;
  const sandbox::Strength strength_;
  const int64_t linger_ms_;
  uint64_t linger_timer_ = 0;
  bool ending_ = false;

  Descriptor caller_;  // has not shown the key yet
  FrameReader greeting_;
  Descriptor engine_;
  bool greeted_ = false;
  FrameReader incoming_;
  std::string outgoing_;

  Stock stock_;
  uint64_t cells_ = 0;                                        // so far
  std::map<std::string, sandbox::Cgroups::Group> pressures_;  // of cells, by name
  bool strays_wait_ = false;                                  // end_strays() is due
  std::map<std::string, Worker> workers_;
  std::vector<std::pair<std::string, int>> paused_;
  std::vector<Message> kept_exits_;
};

// The key is there before anybody can connect.
Result<Beginning> begin(const std::string& data_folder, const std::string& folder) {
  Beginning beginning;
  beginning.cgroups = sandbox::Cgroups::open(sandbox::own_hierarchies(),
                                             "perdure-" + hex(sha256(data_folder)).substr(0, 16));
  beginning.strength = sandbox::probe(beginning.cgroups);
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
