#include "executors/functions/endpoint/runtime_endpoint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <future>

namespace perdure::executors {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

// Takes every answer, and remembers who waits.
class Handler final : public RuntimeHandler {
 public:
  bool knows(std::string_view, std::string_view secret) override { return secret == "s"; }
  void next(const std::string&, ConnectionId connection) override { waits.set_value(connection); }
  RuntimeReply respond(const std::string&, std::string_view, std::string, bool) override {
    return {};
  }
  RuntimeReply too_large(const std::string&, std::string_view) override { return {}; }
  RuntimeReply refuse(const std::string&, std::string_view, std::string, RuntimeReply r) override {
    return r;
  }
  bool piece(const std::string&, std::string_view, std::string&) override { return true; }
  std::optional<ExtensionReply> extension(const std::string&, ConnectionId,
                                          const HttpRequest&) override {
    return std::nullopt;
  }
  RuntimeReply init_error(const std::string&, std::string) override { return {}; }

  std::promise<ConnectionId> waits;
};

class RuntimeEndpointTest : public testing::Test {
 protected:
  RuntimeEndpointTest() {
    char name[] = "/tmp/perdure-endpoint-XXXXXX";
    folder_ = mkdtemp(name);
    on_reactor([this] { EXPECT_TRUE(endpoint_.listen(folder_ + "/socket")); });
    socket_ = std::move(*connect_unix(folder_ + "/socket"));
  }
  ~RuntimeEndpointTest() override {
    on_reactor([this] { endpoint_.stop(); });
    unlink((folder_ + "/socket").c_str());
    rmdir(folder_.c_str());
  }

  void on_reactor(std::function<void()> work) {
    std::promise<void> done;
    reactor_.reactor().post([&] {
      work();
      done.set_value();
    });
    done.get_future().wait();
  }
  void say(const std::string& text) {
    ASSERT_EQ(send(socket_.get(), text.data(), text.size(), 0), static_cast<ssize_t>(text.size()));
  }
  // What has come within the time, empty: nothing.
  std::string heard(int patience_ms = 5000) {
    pollfd ready{.fd = socket_.get(), .events = POLLIN, .revents = 0};
    if (poll(&ready, 1, patience_ms) != 1) return {};
    char text[4096];
    const ssize_t got = recv(socket_.get(), text, sizeof text, MSG_DONTWAIT);
    return {text, got > 0 ? static_cast<size_t>(got) : 0};
  }

  static constexpr const char* who = " HTTP/1.1\r\nPerdure-Worker: w\r\nPerdure-Secret: s\r\n";
  const std::string answer_ = std::string("POST /2018-06-01/runtime/invocation/r/response") + who +
                              "Content-Length: 2\r\n\r\n{}";
  const std::string next_ = std::string("GET /2018-06-01/runtime/invocation/next") + who + "\r\n";

  std::string folder_;
  Handler handler_;
  ReactorThread reactor_;
  RuntimeEndpoint endpoint_{reactor_.reactor(), handler_};
  Descriptor socket_;
};

TEST_F(RuntimeEndpointTest, AnAnswerThatAsksForMoreHearsOfBothAtOnce) {
  say(answer_ + next_);
  const ConnectionId waiting = handler_.waits.get_future().get();
  EXPECT_EQ(heard(50), "") << "it need not wake up twice";
  on_reactor([&] { EXPECT_TRUE(endpoint_.give(waiting, {.request_id = "r2", .payload = "[1]"})); });
  const std::string both = heard();
  EXPECT_THAT(both, StartsWith("HTTP/1.1 202"));
  EXPECT_THAT(both, HasSubstr("Lambda-Runtime-Aws-Request-Id: r2"));
  EXPECT_THAT(both, EndsWith("[1]"));
}

TEST_F(RuntimeEndpointTest, AnAnswerAloneIsHeardOfAtOnce) {
  say(answer_);
  EXPECT_THAT(heard(), StartsWith("HTTP/1.1 202"));
}

TEST_F(RuntimeEndpointTest, WhatIsBehindItMayTakeLong) {
  say(answer_ + next_.substr(0, 20));
  EXPECT_THAT(heard(), StartsWith("HTTP/1.1 202"));
  say(next_.substr(20));
  handler_.waits.get_future().wait();
}

TEST_F(RuntimeEndpointTest, NonsenseBehindAnAnswerIsToldAfterIt) {
  say(answer_ + "nonsense\r\n\r\n");
  const std::string both = heard();
  EXPECT_THAT(both, StartsWith("HTTP/1.1 202"));
  EXPECT_THAT(both, HasSubstr("HTTP/1.1 400"));
}

}  // namespace
}  // namespace perdure::executors
