// The spawner as an engine sees it, where the engine is this test: so it is lost at any moment.

#include "executors/functions/spawner/spawner.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <bit>
#include <filesystem>
#include <fstream>

#include "base/files.h"
#include "executors/functions/reactor.h"
#include "executors/functions/spawner/board.h"
#include "executors/functions/spawner/parcels.h"
#include "executors/functions/spawner/peak.h"
#include "executors/functions/spawner/protocol.h"

extern char** environ;

namespace perdure::executors::spawn {
namespace {

constexpr int patience_ms = 10'000;

// What an engine has of its spawner.
struct Engine {
  Descriptor socket;
  Incoming parcels{};
  FrameReader frames{};
  Board board{};
  Workers workers{};
};

class SpawnerTest : public testing::Test {
 protected:
  SpawnerTest() {
    char name[] = "/tmp/perdure-test-XXXXXX";
    folder_ = mkdtemp(name);
    std::string program = "/proc/self/exe", mode = "spawner", option = "--data";
    char* argv[] = {program.data(), mode.data(), option.data(), folder_.data(), nullptr};
    EXPECT_EQ(posix_spawn(&spawner_, program.c_str(), nullptr, nullptr, argv, environ), 0);
  }
  ~SpawnerTest() override {
    kill(spawner_, SIGTERM);
    waitpid(spawner_, nullptr, 0);
    (void)remove_directory(folder_);
  }

  // Up to the list of workers.
  Engine connect() {
    Engine engine;
    const std::string sockets = folder_ + "/run";
    for (int i = 0; i < patience_ms && !engine.socket; ++i, usleep(1000)) {
      if (auto socket = connect_unix(sockets + "/spawner.sock")) engine.socket = std::move(*socket);
    }
    std::string hello = encode(Hello{.key = *read_file(sockets + "/spawner.key")});
    write_some(engine.socket.get(), hello);
    EXPECT_EQ(next<Welcome>(engine).version, protocol_version);
    auto board = Board::open(engine.parcels.take().at(0));
    EXPECT_TRUE(board);
    engine.board = std::move(*board);
    engine.workers = next<Workers>(engine);
    return engine;
  }
  static Message next(Engine& engine) {
    for (;;) {
      auto message = engine.frames.next();
      if (!message) ADD_FAILURE() << message.error().cause;
      if (!message || *message) return message ? std::move(**message) : Shutdown{};
      pollfd wanted{.fd = engine.socket.get(), .events = POLLIN, .revents = 0};
      if (poll(&wanted, 1, patience_ms) != 1) {
        ADD_FAILURE() << "the spawner says nothing";
        return Shutdown{};
      }
      std::string bytes;
      if (engine.parcels.read(wanted.fd, bytes, 1 << 20) == IoState::closed && bytes.empty()) {
        ADD_FAILURE() << "the spawner has hung up";
        return Shutdown{};
      }
      engine.frames.push(bytes);
    }
  }
  template <class T>
  static T next(Engine& engine) {
    Message message = next(engine);
    if (T* wanted = std::get_if<T>(&message)) return std::move(*wanted);
    ADD_FAILURE() << "another message comes, alternative " << message.index();
    return {};
  }
  static void send(Engine& engine, const Message& message) {
    std::string bytes = encode(message);
    write_some(engine.socket.get(), bytes);
  }

  struct Given {
    Files message;
    std::vector<Descriptor> files;
    int pid = 0;
  };
  static Given files(Engine& engine) {
    Given given{.message = next<Files>(engine), .files = {}};
    if (given.message.which != 0) given.files = engine.parcels.take();
    EXPECT_EQ(std::ssize(given.files), std::popcount(given.message.which));
    EXPECT_EQ(given.message.which & (Files::out | Files::err), Files::out | Files::err);
    return given;
  }
  // A worker of this shell script, as far as its Files.
  Given start(Engine& engine, const std::string& script, const std::string& name = "w") {
    Spawn order{.worker = name, .tag = "tag", .argv = {"/bin/sh", "-c", script}};
    order.env = {"PATH=/usr/bin:/bin"};
    order.folder = folder_;
    order.timeout_ms = patience_ms;
    send(engine, order);
    const auto started = next<Started>(engine);
    EXPECT_EQ(started.worker, name);
    Given given = files(engine);
    given.pid = static_cast<int>(started.pid);
    send(engine, Finish{name, ""});
    return given;
  }
  // For scripts: `await NAME` is over once allow(NAME) was called.
  static std::string await(const std::string& name) {
    return "while [ ! -e " + name + " ]; do sleep 0.01; done; ";
  }
  void allow(const std::string& name) { std::ofstream(folder_ + "/" + name) << "yes"; }
  void until_there(const std::string& name) {
    for (int i = 0; i < patience_ms && !file_exists(folder_ + "/" + name); ++i) usleep(1000);
  }
  static std::string read_until(int fd, const std::string& end, std::string text = "") {
    pollfd wanted{.fd = fd, .events = POLLIN, .revents = 0};
    while (!text.ends_with(end) && poll(&wanted, 1, patience_ms) == 1) {
      if (read_some(fd, text, 1 << 20) == IoState::closed) break;
    }
    return text;
  }

  // Of the spawner.
  std::ptrdiff_t open_files() const {
    const std::filesystem::directory_iterator files("/proc/" + std::to_string(spawner_) + "/fd");
    return std::distance(begin(files), end(files));
  }

  std::string folder_;
  pid_t spawner_ = 0;
};

// What an engine is told of the only worker.
void expect_one_idle(const auto& engine) {
  ASSERT_EQ(engine.workers.workers.size(), 1u);
  EXPECT_EQ(engine.workers.workers[0].request, "");
  EXPECT_EQ(engine.workers.workers[0].remaining_ms, 0u);
}

TEST_F(SpawnerTest, TheCallThatALostEngineGaveLastIsOnTheBoard) {
  Engine engine = connect();
  const Seat seat = start(engine, "sleep 600").message.seat;
  ASSERT_TRUE(engine.board.assign(seat, "r1", monotonic_ms() + 60'000));
  engine = Engine();
  engine = connect();
  ASSERT_EQ(engine.workers.workers.size(), 1u);
  EXPECT_EQ(engine.workers.workers[0].request, "r1");
  EXPECT_GT(engine.workers.workers[0].remaining_ms, 50'000u);
  EXPECT_LE(engine.workers.workers[0].remaining_ms, 60'000u);
  // Its answer is told of as if it had been assigned in words.
  EXPECT_EQ(files(engine).message.seat, seat);
  engine.board.clear(seat);
  send(engine, Finish{"w", "r1"});
  engine = Engine();
  engine = connect();
  expect_one_idle(engine);
}

TEST_F(SpawnerTest, AnEngineThatIsReplacedWithoutBeingSeenToGoIsLostToo) {
  Engine first = connect();
  const Seat seat = start(first, "sleep 600").message.seat;
  ASSERT_TRUE(first.board.assign(seat, "r1", monotonic_ms() + 60'000));
  const Engine second = connect();
  ASSERT_EQ(second.workers.workers.size(), 1u);
  EXPECT_EQ(second.workers.workers[0].request, "r1");
}

TEST_F(SpawnerTest, TheDeadlineOnTheBoardHoldsWithoutAnEngine) {
  Engine engine = connect();
  const Given given = start(engine, "echo begun; sleep 600");
  const int64_t deadline = monotonic_ms() + 300;
  ASSERT_TRUE(engine.board.assign(given.message.seat, "r1", deadline));
  engine = Engine();
  for (int i = 0; i < patience_ms && kill(given.pid, 0) == 0; ++i) usleep(1000);
  ASSERT_NE(kill(given.pid, 0), 0);
  EXPECT_GE(monotonic_ms(), deadline);
  engine = connect();
  std::string printed;
  Message message = next(engine);
  while (!std::holds_alternative<Exited>(message) && !HasFailure()) {
    if (const Output* output = std::get_if<Output>(&message)) printed += output->bytes;
    message = next(engine);
  }
  EXPECT_EQ(printed, "begun\n");
  const Exited* exited = std::get_if<Exited>(&message);
  ASSERT_TRUE(exited);
  EXPECT_EQ(exited->request, "r1");
  EXPECT_EQ(exited->timed_out, 1);
}

TEST_F(SpawnerTest, ADeadlineThatTheNextCallHasOvertakenKillsNobody) {
  Engine engine = connect();
  const Seat seat = start(engine, "sleep 600").message.seat;
  ASSERT_TRUE(engine.board.assign(seat, "r1", monotonic_ms() + 200));
  send(engine, Assign{"w", "r1", 200});
  ASSERT_TRUE(engine.board.assign(seat, "r2", monotonic_ms() + 60'000));
  usleep(400'000);  // in which Finish has not come
  engine = Engine();
  engine = connect();
  ASSERT_EQ(engine.workers.workers.size(), 1u);
  EXPECT_EQ(engine.workers.workers[0].request, "r2");
}

TEST_F(SpawnerTest, ADeadlineThatTheAnswerHasOvertakenKillsNobody) {
  Engine engine = connect();
  const Seat seat = start(engine, "sleep 600").message.seat;
  ASSERT_TRUE(engine.board.assign(seat, "r1", monotonic_ms() + 200));
  send(engine, Assign{"w", "r1", 200});
  engine.board.clear(seat);
  usleep(400'000);  // in which Finish has not come
  engine = Engine();
  engine = connect();
  EXPECT_EQ(engine.workers.workers.size(), 1u);
}

TEST_F(SpawnerTest, AnAnswerThatAnEngineDidNotComeToTellEndsTheCall) {
  Engine engine = connect();
  const Seat seat = start(engine, "sleep 600").message.seat;
  ASSERT_TRUE(engine.board.assign(seat, "r1", monotonic_ms() + 60'000));
  send(engine, Assign{"w", "r1", 60'000});
  engine.board.clear(seat);
  engine = Engine();
  engine = connect();
  expect_one_idle(engine);
}

TEST_F(SpawnerTest, AnExitNamesTheCallThatIsOnTheBoard) {
  Engine engine = connect();
  const Given given = start(engine, await("go") + "echo last; exit 7");
  ASSERT_TRUE(engine.board.assign(given.message.seat, "r1", monotonic_ms() + 60'000));
  allow("go");
  const auto exited = next<Exited>(engine);
  EXPECT_EQ(exited.request, "r1");
  EXPECT_EQ(exited.code, 7u);
  EXPECT_EQ(read_until(given.files[0].get(), "never"), "last\n") << "it is the engine's to read";
}

TEST_F(SpawnerTest, WhatIsPrintedComesOnceWhicheverEngineIsThere) {
  Engine engine = connect();
  Given given = start(engine, "echo zero; echo one; touch printed1; " + await("go2") +
                                  "echo two; echo error >&2; touch printed2; " + await("go3") +
                                  "echo three; sleep 600");
  until_there("printed1");
  std::string zero(5, 0);
  ASSERT_EQ(read(given.files[0].get(), zero.data(), zero.size()), 5);
  EXPECT_EQ(zero, "zero\n");
  given = {};
  engine = Engine();
  allow("go2");
  until_there("printed2");

  engine = connect();
  std::string out, err;
  Message message = next(engine);
  while (const Output* kept = std::get_if<Output>(&message)) {
    EXPECT_EQ(kept->dropped, 0u);
    (kept->stream == 1 ? out : err) += kept->bytes;
    message = next(engine);
  }
  ASSERT_TRUE(std::holds_alternative<Files>(message));
  given.files = engine.parcels.take();
  out = read_until(given.files[0].get(), "two\n", out);
  err = read_until(given.files[1].get(), "error\n", err);
  EXPECT_EQ(out, "one\ntwo\n");
  EXPECT_EQ(err, "error\n");
  allow("go3");
  EXPECT_EQ(read_until(given.files[0].get(), "three\n"), "three\n");
}

TEST_F(SpawnerTest, TheLastIsKeptWhileNoEngineIsThere) {
  Engine engine = connect();
  start(engine, await("go") +
                    "head -c 300000 /dev/zero | tr '\\0' x; echo end; touch printed; "
                    "sleep 600");
  engine = Engine();
  allow("go");
  until_there("printed");
  usleep(100'000);
  engine = connect();
  const auto kept = next<Output>(engine);
  EXPECT_EQ(kept.bytes.size(), 64u << 10);
  EXPECT_EQ(kept.dropped, 300'004u - (64 << 10));
  EXPECT_TRUE(kept.bytes.ends_with("xend\n"));
}

// Or those that come and go would use them up.
TEST_F(SpawnerTest, WorkersAndEnginesThatAreGoneLeaveNoDescriptorOpen) {
  const auto run = [&](int times) {
    for (int i = 0; i < times; ++i) {
      Engine engine = connect();
      start(engine, "echo text");
      while (!std::holds_alternative<Exited>(next(engine)) && !HasFailure()) {
      }
    }
    Engine engine = connect();
    return open_files();
  };
  const auto before = run(2);
  EXPECT_LE(run(50), before + 1);  // that of an engine that has just gone may be among them
}

TEST_F(SpawnerTest, AnEngineGetsTheFilesOfMoreWorkersThanCanBeCopiedAtOnce) {
  Engine engine = connect();
  constexpr size_t count = 40;
  for (size_t i = 0; i < count; ++i) start(engine, "sleep 600", "w" + std::to_string(i));
  engine = Engine();
  engine = connect();  // so none is on its way
  for (size_t i = 0; i < count; ++i) files(engine);
  const auto most = static_cast<rlim_t>(open_files() + 12);
  const rlimit limit{most, most};
  ASSERT_EQ(prlimit(spawner_, RLIMIT_NOFILE, &limit, nullptr), 0);
  engine = Engine();
  engine = connect();
  ASSERT_EQ(engine.workers.workers.size(), count);
  for (size_t i = 0; i < count && !HasFailure(); ++i) files(engine);
}

TEST_F(SpawnerTest, NobodyTellsOfMemoryByItsName) {
  PeakFiles peak{.group = {}, .status = Descriptor(memfd_create("status", MFD_CLOEXEC))};
  const std::string text = "Name:\tVmHWM:999999999\nUmask:\t0022\nVmHWM:\t    9876 kB\n";
  ASSERT_EQ(write(peak.status.get(), text.data(), text.size()), std::ssize(text));
  EXPECT_EQ(peak_kib(peak, 128), 9876u);
}

TEST_F(SpawnerTest, TheEngineReadsTheMostMemoryItself) {
  Engine engine = connect();
  Given given = start(engine, await("go") + "exec sleep 600");
  PeakFiles peak;
  auto file = given.files.begin() + 2;
  if (given.message.which & Files::group_peak) peak.group = std::move(*file++);
  if (given.message.which & Files::status) peak.status = std::move(*file++);
  ASSERT_TRUE(peak.group || peak.status);
  // It is told of before it has begun its program.
  for (int i = 0; i < patience_ms && peak_kib(peak, 128) < 100; ++i) usleep(1000);
  EXPECT_GE(peak_kib(peak, 128), 100u);
  EXPECT_LT(peak_kib(peak, 128), 100u << 10);
}

}  // namespace
}  // namespace perdure::executors::spawn
