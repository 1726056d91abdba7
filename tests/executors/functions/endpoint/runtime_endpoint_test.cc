// What a worker may do to the endpoint: it runs anybody's code.
#include "executors/functions/endpoint/runtime_endpoint.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <future>

#include "base/files.h"

namespace perdure::executors {
namespace {

// Knows the workers "a" and "b" by the secret "s".
class Handler final : public RuntimeHandler {
 public:
  bool knows(std::string_view worker, std::string_view secret) override {
    return (worker == "a" || worker == "b") && secret == "s";
  }
  void next(const std::string&, ConnectionId connection) override { waits = connection; }
  RuntimeReply respond(const std::string&, std::string_view, std::string body, bool) override {
    responded += body.size();
    return {};
  }
  RuntimeReply too_large(const std::string&, std::string_view) override { return {413, "T", ""}; }
  RuntimeReply refuse(const std::string&, std::string_view, std::string,
                      RuntimeReply reply) override {
    return reply;
  }
  PieceTaken piece(const std::string&, std::string_view, ConnectionId connection, std::string_view,
                   std::string& bytes) override {
    streamed += bytes.size();
    bytes.clear();
    streams = connection;
    return behind ? PieceTaken::wait : PieceTaken::yes;
  }
  std::optional<ExtensionReply> extension(const std::string&, ConnectionId,
                                          const HttpRequest&) override {
    return ExtensionReply{};
  }
  RuntimeReply init_error(const std::string&, std::string) override { return {}; }

  std::atomic<ConnectionId> waits = 0, streams = 0;
  std::atomic<size_t> responded = 0, streamed = 0;
  std::atomic<bool> behind = false;
};

class RuntimeEndpointTest : public testing::Test {
 protected:
  RuntimeEndpointTest() {
    char name[] = "/tmp/perdure-test-XXXXXX";
    folder_ = mkdtemp(name);
    on_reactor([&] { ASSERT_TRUE(endpoint_.listen(folder_ + "/socket")); });
  }
  ~RuntimeEndpointTest() override {
    on_reactor([&] { endpoint_.stop(); });
    thread_.stop();
    (void)remove_directory(folder_);
  }
  void on_reactor(const std::function<void()>& work) {
    std::promise<void> done;
    thread_.reactor().post([&] {
      work();
      done.set_value();
    });
    done.get_future().get();
  }
  Descriptor connection() { return std::move(*connect_unix(folder_ + "/socket")); }

  // How much of `bytes`, again and again, is taken before nobody reads any more; at most `enough`.
  static size_t taken_of(const Descriptor& socket, const std::string& bytes, size_t enough) {
    size_t taken = 0;
    while (taken < enough) {
      const size_t size = std::min(bytes.size(), enough - taken);
      const ssize_t put = send(socket.get(), bytes.data(), size, MSG_NOSIGNAL);
      if (put > 0) {
        taken += static_cast<size_t>(put);
        continue;
      }
      if (errno != EAGAIN) break;
      pollfd writable{socket.get(), POLLOUT, 0};
      if (poll(&writable, 1, 300) == 0 || (writable.revents & (POLLERR | POLLHUP)) != 0) break;
    }
    return taken;
  }
  static void say(const Descriptor& socket, const std::string& bytes) {
    for (std::string rest = bytes; !rest.empty();) {
      pollfd writable{socket.get(), POLLOUT, 0};
      ASSERT_EQ(poll(&writable, 1, 5000), 1);
      ASSERT_EQ(write_some(socket.get(), rest), IoState::open);
    }
  }
  // What comes until the text is there, the end or a second of silence.
  static std::string heard(const Descriptor& socket, const std::string& until = "\r\n\r\n") {
    std::string bytes;
    pollfd readable{socket.get(), POLLIN, 0};
    while (bytes.find(until) == bytes.npos && poll(&readable, 1, 1000) == 1) {
      if (read_some(socket.get(), bytes, 65536) == IoState::closed) return bytes + "(end)";
    }
    return bytes;
  }
  static std::string request(const std::string& line, const std::string& more = "",
                             const std::string& worker = "a") {
    return line + " HTTP/1.1\r\nPerdure-Worker: " + worker + "\r\nPerdure-Secret: s\r\n" + more +
           "\r\n";
  }

  std::string folder_;
  ReactorThread thread_;
  Handler handler_;
  RuntimeEndpoint endpoint_{thread_.reactor(), handler_};
};

const char* const ping = "GET /2018-06-01/ping";
const char* const next_line = "GET /2018-06-01/runtime/invocation/next";
const char* const response_line = "POST /2018-06-01/runtime/invocation/r/response";

TEST_F(RuntimeEndpointTest, WhoDoesNotReadItsAnswersIsNotHeard) {
  const Descriptor socket = connection();
  EXPECT_LT(taken_of(socket, request(ping), 32 << 20), size_t{4 << 20});
  EXPECT_TRUE(heard(socket, "pong").starts_with("HTTP/1.1 200 OK")) << "and is, once it reads";
}

TEST_F(RuntimeEndpointTest, NothingIsReadAheadOfAnAnswerThatComesLater) {
  const Descriptor socket = connection();
  say(socket, request(next_line));
  EXPECT_LT(taken_of(socket, request(ping), 32 << 20), size_t{4 << 20});
  on_reactor([&] { endpoint_.give(handler_.waits, {.request_id = "r", .payload = "given"}); });
  EXPECT_NE(heard(socket, "pong").find("given"), std::string::npos);
}

TEST_F(RuntimeEndpointTest, AWorkerHasSoManyConnections) {
  std::vector<Descriptor> sockets;
  int answered = 0;
  for (int i = 0; i < 140; ++i) {
    sockets.push_back(connection());
    say(sockets.back(), request(ping));
    answered += heard(sockets.back(), "pong").starts_with("HTTP/1.1 200") ? 1 : 0;
  }
  EXPECT_EQ(answered, 128);
  const Descriptor other = connection();
  say(other, request(ping, "", "b"));
  EXPECT_TRUE(heard(other).starts_with("HTTP/1.1 200")) << "another worker is not concerned";
}

TEST_F(RuntimeEndpointTest, WhoDoesNotSayWhoItIsGivesWay) {
  std::vector<Descriptor> silent;
  for (int i = 0; i < 300; ++i) silent.push_back(connection());
  const Descriptor socket = connection();
  say(socket, request(ping));
  EXPECT_TRUE(heard(socket).starts_with("HTTP/1.1 200"));
  EXPECT_EQ(heard(silent.front()), "(end)");
  EXPECT_EQ(heard(silent.back()), "");
}

TEST_F(RuntimeEndpointTest, ABodyOfAStrangerIsNotWaitedFor) {
  const Descriptor socket = connection();
  say(socket, "POST /x HTTP/1.1\r\nContent-Length: 6000000\r\n\r\nabc");
  EXPECT_TRUE(heard(socket, "(end)").starts_with("HTTP/1.1 403"));
}

TEST_F(RuntimeEndpointTest, BodiesThatAreNeverWholeAreBounded) {
  std::vector<Descriptor> sockets;
  const std::string most(5 << 20, 'x');
  size_t taken = 0;
  for (int i = 0; i < 10; ++i) {
    sockets.push_back(connection());
    say(sockets.back(), request(response_line, "Content-Length: 6000000\r\n"));
    taken += taken_of(sockets.back(), most, most.size());
  }
  EXPECT_LT(taken, size_t{32 << 20});
  const Descriptor other = connection();
  say(other, request(response_line, "Content-Length: 6000000\r\n", "b"));
  say(other, std::string(6'000'000, 'x'));
  EXPECT_TRUE(heard(other).starts_with("HTTP/1.1 202")) << "another worker is not concerned";
  EXPECT_EQ(handler_.responded, 6'000'000u);
}

TEST_F(RuntimeEndpointTest, AStreamWaitsForItsReader) {
  handler_.behind = true;
  const Descriptor socket = connection();
  say(socket, request(response_line,
                      "Transfer-Encoding: chunked\r\n"
                      "Lambda-Runtime-Function-Response-Mode: streaming\r\n"));
  const std::string chunk = "400\r\n" + std::string(1024, 'x') + "\r\n";
  EXPECT_LT(taken_of(socket, chunk, 32 << 20), size_t{4 << 20});
  const size_t before = handler_.streamed;
  EXPECT_GT(before, 0u);
  handler_.behind = false;
  on_reactor([&] { endpoint_.resume(handler_.streams); });
  EXPECT_GT(taken_of(socket, chunk, 8 << 20), size_t{7 << 20});
  EXPECT_GT(handler_.streamed, before);
}

TEST_F(RuntimeEndpointTest, TheLastRequestOfAConnectionMayWait) {
  const Descriptor socket = connection();
  say(socket, request(next_line, "Connection: close\r\n"));
  EXPECT_EQ(heard(socket), "") << "still waiting";
  on_reactor([&] { endpoint_.give(handler_.waits, {.request_id = "r", .payload = "given"}); });
  const std::string answer = heard(socket, "(end)");
  EXPECT_NE(answer.find("given"), std::string::npos);
  EXPECT_TRUE(answer.ends_with("(end)"));
}

const char* const answer_text =
    "POST /2018-06-01/runtime/invocation/r/response HTTP/1.1\r\nPerdure-Worker: a\r\n"
    "Perdure-Secret: s\r\nContent-Length: 2\r\n\r\n{}";

TEST_F(RuntimeEndpointTest, AnAnswerThatAsksForMoreHearsOfBothAtOnce) {
  const Descriptor socket = connection();
  say(socket, answer_text + request(next_line));
  EXPECT_EQ(heard(socket), "") << "it need not wake up twice";
  on_reactor([&] { endpoint_.give(handler_.waits, {.request_id = "r2", .payload = "[1]"}); });
  const std::string both = heard(socket, "[1]");
  EXPECT_TRUE(both.starts_with("HTTP/1.1 202"));
  EXPECT_NE(both.find("Lambda-Runtime-Aws-Request-Id: r2"), std::string::npos);
  EXPECT_TRUE(both.ends_with("[1]"));
}

TEST_F(RuntimeEndpointTest, AnAnswerAloneIsHeardOfAtOnce) {
  const Descriptor socket = connection();
  say(socket, answer_text);
  EXPECT_TRUE(heard(socket).starts_with("HTTP/1.1 202"));
}

TEST_F(RuntimeEndpointTest, WhatIsBehindAnAnswerMayTakeLong) {
  const Descriptor socket = connection();
  const std::string next = request(next_line);
  say(socket, answer_text + next.substr(0, 20));
  EXPECT_TRUE(heard(socket).starts_with("HTTP/1.1 202"));
  say(socket, next.substr(20));
  on_reactor([] {});
  EXPECT_EQ(heard(socket), "");
  EXPECT_NE(handler_.waits, 0u);
}

TEST_F(RuntimeEndpointTest, NonsenseBehindAnAnswerIsToldAfterIt) {
  const Descriptor socket = connection();
  say(socket, answer_text + std::string("nonsense\r\n\r\n"));
  const std::string both = heard(socket, "(end)");
  EXPECT_TRUE(both.starts_with("HTTP/1.1 202"));
  EXPECT_NE(both.find("HTTP/1.1 400"), std::string::npos);
}

}  // namespace
}  // namespace perdure::executors
