// Against our own server, and against sockets that break the rules.
#include "base/net/http_caller.h"

#include <gmock/gmock.h>
#include <sys/socket.h>
#include <unistd.h>

#include <future>
#include <thread>

#include "base/net/listener.h"
#include "tests/base/net/net_fixture.h"

namespace perdure {
namespace {

class HttpCallerTest : public NetFixture {
 protected:
  OutgoingRequest request(const std::string& target, const std::string& method = "GET") const {
    OutgoingRequest out;
    out.method = method;
    out.url = *HttpUrl::parse("http://127.0.0.1:" + std::to_string(port_) + target);
    out.timeout_ms = 5'000;
    return out;
  }
  Result<HttpResponse> call(OutgoingRequest request) {
    std::promise<Result<HttpResponse>> answer;
    auto future = answer.get_future();
    caller_->send(std::move(request), [&answer](auto result) { answer.set_value(result); });
    if (future.wait_for(std::chrono::seconds(10)) != std::future_status::ready) {
      caller_->stop();  // `answer` is about to go
      return internal_error("no answer");
    }
    return future.get();
  }
  std::string failure(OutgoingRequest request) {
    const auto answer = call(std::move(request));
    return answer ? "status " + std::to_string(answer->status) : answer.error().name;
  }

  std::unique_ptr<HttpCaller> caller_ = std::move(*HttpCaller::make({}));
};

// A server of one connection that reads a request's head and answers with these bytes.
class RudeServer {
 public:
  explicit RudeServer(std::string answer, bool keep_open = false)
      : listener_(*open_tcp_listener("127.0.0.1", 0)), port_(port_of(listener_)) {
    thread_ = std::thread([this, answer = std::move(answer), keep_open] {
      int one = -1;
      for (int tries = 0; one < 0 && tries < 5'000; ++tries) {
        one = accept(listener_, nullptr, nullptr);
        if (one < 0) usleep(1'000);
      }
      if (one < 0) return;
      char buffer[4096];
      if (recv(one, buffer, sizeof buffer, 0) > 0) {
        (void)!::send(one, answer.data(), answer.size(), MSG_NOSIGNAL);
      }
      while (keep_open && recv(one, buffer, sizeof buffer, 0) > 0) {
      }
      close(one);
    });
  }
  ~RudeServer() {
    thread_.join();
    close(listener_);
  }
  uint16_t port() const { return port_; }

 private:
  int listener_;
  uint16_t port_;
  std::thread thread_;
};

TEST_F(HttpCallerTest, brings_request_and_answer_across) {
  handler_.routes["/echo"] = [](HttpRequest request, Respond respond) {
    respond(HttpResponse{201,
                         {{"X-Method", request.method},
                          {"X-Query", std::string(request.query())},
                          {"X-Host", std::string(request.headers.get("host"))},
                          {"X-Own", std::string(request.headers.get("own"))}},
                         request.body,
                         nullptr});
  };
  start();
  OutgoingRequest out = request("/echo?a=b", "POST");
  out.headers.add("Own", "field");
  out.body = "hello";
  const auto answer = call(out);
  ASSERT_TRUE(answer) << answer.error().cause;
  EXPECT_EQ(answer->status, 201);
  EXPECT_EQ(answer->headers.get("x-method"), "POST");
  EXPECT_EQ(answer->headers.get("x-query"), "a=b");
  EXPECT_EQ(answer->headers.get("x-host"), "127.0.0.1:" + std::to_string(port_));
  EXPECT_EQ(answer->headers.get("x-own"), "field");
  EXPECT_EQ(answer->body, "hello");
  EXPECT_EQ(call(request("/", "HEAD"))->body, "");
}

TEST_F(HttpCallerTest, many_at_once_end_all) {
  caller_ = std::move(*HttpCaller::make({.max_open = 4}));
  start();
  std::atomic<int> good{0};
  std::promise<void> all;
  constexpr int count = 50;
  std::atomic<int> ended{0};
  for (int i = 0; i < count; ++i) {
    caller_->send(request("/"), [&](Result<HttpResponse> answer) {
      if (answer && answer->body == "hello") ++good;
      if (++ended == count) all.set_value();
    });
  }
  ASSERT_EQ(all.get_future().wait_for(std::chrono::seconds(20)), std::future_status::ready);
  EXPECT_EQ(good, count);
}

TEST_F(HttpCallerTest, says_how_an_exchange_failed) {
  const int unused = *open_tcp_listener("127.0.0.1", 0);
  port_ = port_of(unused);
  close(unused);
  EXPECT_EQ(failure(request("/")), call_error::connect_failed);
  OutgoingRequest nowhere = request("/");
  nowhere.url.host = "no-such-host.invalid";
  EXPECT_EQ(failure(nowhere), call_error::name_not_resolved);
}

TEST_F(HttpCallerTest, asks_the_policy_after_the_name_is_resolved) {
  start();
  OutgoingRequest out = request("/");
  out.url.host = "localhost";
  out.addresses = std::make_shared<const AddressPolicy>();
  EXPECT_EQ(failure(out), call_error::address_refused);
  out.addresses = std::make_shared<const AddressPolicy>(*AddressPolicy::parse({"loopback"}));
  EXPECT_EQ(failure(out), "status 200");
}

TEST_F(HttpCallerTest, bounds_time_and_size) {
  handler_.routes["/never"] = [](HttpRequest, const Respond&) {};
  handler_.routes["/large"] = [](HttpRequest, const Respond& respond) {
    respond(HttpResponse{200, {}, std::string(100'000, 'x'), nullptr});
  };
  start();
  OutgoingRequest slow = request("/large");
  slow.max_body_bytes = 99'999;
  EXPECT_EQ(failure(slow), call_error::body_too_large);
  slow.max_body_bytes = 100'000;
  EXPECT_EQ(failure(slow), "status 200");
  RudeServer silent("", true);
  OutgoingRequest patient = request("/");
  patient.url.port = silent.port();
  patient.timeout_ms = 100;
  EXPECT_EQ(failure(patient), call_error::timeout);
}

TEST_F(HttpCallerTest, notices_answers_that_break_the_rules) {
  const std::pair<const char*, const char*> cases[] = {
      {"", call_error::broken},
      {"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", call_error::broken},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", call_error::broken},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", call_error::bad_response},
      {"no http at all\r\n\r\n", call_error::bad_response},
      {"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", call_error::bad_response},
      {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n", "status 204"},
      {"HTTP/1.0 200 OK\r\n\r\nuntil the end", "status 200"},
      {"HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/\r\nContent-Length: 0\r\n\r\n",
       "status 302"}};
  for (const auto& [bytes, expected] : cases) {
    RudeServer rude(bytes);
    port_ = rude.port();
    EXPECT_EQ(failure(request("/")), expected) << bytes;
  }
  RudeServer endless("HTTP/1.1 200 OK\r\nX: " + std::string(70'000, 'x'), true);
  port_ = endless.port();
  EXPECT_EQ(failure(request("/")), call_error::bad_response);
}

TEST_F(HttpCallerTest, needs_tls_where_it_is_asked_for) {
  start();
  OutgoingRequest secure = request("/");
  secure.url.secure = true;
  EXPECT_EQ(failure(secure), call_error::tls_failed);
}

TEST_F(HttpCallerTest, a_cancelled_exchange_is_not_answered_and_closes) {
  RudeServer silent("", true);  // its thread ends when our side closes
  port_ = silent.port();
  const OutgoingRequest out = request("/");
  std::atomic<bool> answered{false};
  const auto cancel = caller_->send(out, [&](const auto&) { answered = true; });
  cancel();
  start();
  EXPECT_EQ(failure(request("/")), "status 200");
  EXPECT_FALSE(answered);
}

}  // namespace
}  // namespace perdure
