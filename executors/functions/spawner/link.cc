#include "executors/functions/spawner/link.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/files.h"
#include "base/log.h"

extern char** environ;

namespace perdure::executors {
namespace {
constexpr int64_t retry_ms = 4;
constexpr int64_t start_again_ms = 2'000;  // after this long without an answer
constexpr int64_t give_up_ms = 15'000;
}  // namespace

SpawnerLink::SpawnerLink(Reactor& reactor, std::string socket_folder,
                         std::vector<std::string> command, Handlers handlers)
    : reactor_(reactor),
      folder_(std::move(socket_folder)),
      command_(std::move(command)),
      handlers_(std::move(handlers)) {}

SpawnerLink::~SpawnerLink() { stop(); }

void SpawnerLink::start() {
  trying_since_ms_ = monotonic_ms();
  started_ms_ = 0;
  try_connect();
}

void SpawnerLink::stop() {
  if (std::exchange(stopped_, true)) return;
  if (retry_timer_ != 0) reactor_.cancel(retry_timer_);
  hang_up();
}

void SpawnerLink::hang_up() {
  if (socket_) reactor_.forget(socket_.get());
  socket_.reset();
  incoming_ = spawn::FrameReader();
  parcels_.clear();
  board_ = {};
  outgoing_.clear();
  ready_ = false;
}

void SpawnerLink::try_connect() {
  if (stopped_) return;
  auto socket = connect_unix(folder_ + "/spawner.sock");
  if (socket) {
    // Those before it have ended, or it could not listen.
    std::erase_if(children_, [](int pid) { return waitpid(pid, nullptr, WNOHANG) != 0; });
    socket_ = std::move(*socket);
    reactor_.watch(socket_.get(), Reactor::readable,
                   [this](uint32_t events) { on_events(events); });
    // Read after connecting: the one that listens has written it before.
    const auto key = read_file(folder_ + "/spawner.key");
    outgoing_ = spawn::encode(spawn::Hello{.key = key ? *key : ""});
    return flush();
  }
  int64_t now = monotonic_ms();
  if (now - trying_since_ms_ > give_up_ms) {
    handlers_.failed(
        internal_error("the spawner does not answer; see " + folder_ + "/spawner.log"));
    trying_since_ms_ = now;
  }
  if (started_ms_ == 0 || now - started_ms_ > start_again_ms) start_spawner();
  retry_timer_ = reactor_.after(retry_ms, [this] { try_connect(); });
}

// posix_spawn does not copy the engine's memory, however large it is.
void SpawnerLink::start_spawner() {
  started_ms_ = monotonic_ms();
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  std::string log = folder_ + "/spawner.log";
  posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&files, 1, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addopen(&files, 2, log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  posix_spawn_file_actions_addclosefrom_np(&files, 3);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID);
  std::vector<char*> argv;
  for (const std::string& text : command_) argv.push_back(const_cast<char*>(text.c_str()));
  argv.push_back(nullptr);
  std::string shown = "perdure";  // and not /proc/self/exe, in the list of processes
  argv[0] = shown.data();
  int child = 0;
  int error = posix_spawn(&child, command_[0].c_str(), &files, &attributes, argv.data(), environ);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&files);
  if (error == 0) {
    children_.push_back(child);
  } else {
    log_error("cannot start the spawner: {}", system_error("run", command_[0], error).cause);
  }
}

void SpawnerLink::on_events(uint32_t events) {
  if (events & EPOLLOUT) flush();
  if (!(events & (EPOLLIN | EPOLLHUP | EPOLLERR))) return;
  std::string bytes;
  IoState state = parcels_.read(socket_.get(), bytes, 1 << 20);
  incoming_.push(bytes);
  for (;;) {
    auto message = incoming_.next();
    if (!message) state = IoState::closed;
    if (!message || !*message) break;
    if (!handle(std::move(**message))) break;
  }
  if (state == IoState::open || stopped_) return;
  bool was_ready = ready_;
  hang_up();
  if (was_ready) handlers_.lost();
  if (!was_ready && started_ms_ != 0) {
    // It hung up before it was ready (an older version on its way out): not at once again.
    retry_timer_ = reactor_.after(retry_ms, [this] { try_connect(); });
    return;
  }
  start();
}

// False once the link is stopped.
bool SpawnerLink::handle(spawn::Message message) {
  if (auto* welcome = std::get_if<spawn::Welcome>(&message)) {
    greet(*welcome);
  } else if (auto* list = std::get_if<spawn::Workers>(&message)) {
    ready_ = true;
    handlers_.ready(welcome_, list->workers);
  } else if (const auto* files = std::get_if<spawn::Files>(&message)) {
    handlers_.files(*files, files->which == 0 ? std::vector<Descriptor>() : parcels_.take());
  } else if (ready_) {
    handlers_.message(std::move(message));
  }
  return !stopped_;
}

void SpawnerLink::greet(const spawn::Welcome& welcome) {
  welcome_ = welcome;
  if (welcome.version == spawn::protocol_version) {
    const auto files = parcels_.take();
    auto board = files.empty() ? Result<spawn::Board>(internal_error("it has not come"))
                               : spawn::Board::open(files[0]);
    if (board) board_ = std::move(*board);
    // Without it the spawner is told of every call.
    if (!board) log_warning("the spawner's board: {}", board.error().cause);
    return;
  }
  log_warning("the spawner speaks version {} and not {}: it is replaced", welcome.version,
              spawn::protocol_version);
  outgoing_ += spawn::encode(spawn::Shutdown{});
  flush();
}

void SpawnerLink::send(const spawn::Message& message) {
  if (!ready_) return;
  outgoing_ += spawn::encode(message);
  flush();
}

void SpawnerLink::send_soon(const spawn::Message& message) {
  if (!ready_) return;
  const bool idle = outgoing_.empty();
  outgoing_ += spawn::encode(message);
  if (!idle) return;  // it goes with what is there
  reactor_.post([this] {
    if (socket_ && !outgoing_.empty()) flush();
  });
}

void SpawnerLink::flush() {
  write_some(socket_.get(), outgoing_);  // a spawner that hung up is noticed by reading
  reactor_.change(socket_.get(), Reactor::readable | (outgoing_.empty() ? 0u : Reactor::writable));
}

}  // namespace perdure::executors
