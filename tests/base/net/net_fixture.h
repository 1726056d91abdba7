#pragma once
// A server with a scripted handler, and a client that sends bytes as they are written here.

#include <gtest/gtest.h>

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/net/http_server.h"

namespace perdure {

// Routes by path; "/" answers "hello". Refusals are answered by "status: why".
class ScriptedHandler final : public HttpHandler {
 public:
  using Action = std::function<void(HttpRequest, Respond)>;
  using Plan = std::function<BodyPlan(const RequestHead&)>;

  BodyPlan plan_body(const RequestHead& head) override;
  void handle(HttpRequest request, Respond respond) override;
  HttpResponse protocol_error(int status, std::string_view why, const RequestHead* head) override;

  std::map<std::string, Action, std::less<>> routes;  // complete before the server starts
  Plan plan = [](const RequestHead&) { return BodyPlan{1024, nullptr, std::nullopt}; };
};

struct RawResponse {
  std::string head;  // with its empty line
  std::string body;
  int status() const { return head.size() > 12 ? std::stoi(head.substr(9, 3)) : 0; }
  bool has(std::string_view text) const { return head.find(text) != head.npos; }
};

// Every wait is limited to five seconds; what is missing then is a test failure.
class RawClient {
 public:
  explicit RawClient(uint16_t port);
  explicit RawClient(const std::string& unix_path);
  ~RawClient();
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  bool send(std::string_view bytes);
  RawResponse receive();       // one answer with a Content-Length or without a body
  RawResponse receive_head();  // up to the empty line
  std::string receive_all();   // until the server closes
  bool closed_by_server();     // waits for the end, fails on bytes
  void shut_sending();
  void close();

 private:
  bool fill();  // false at the end

  int fd_ = -1;
  std::string input_;
};

class NetFixture : public testing::Test {
 protected:
  void TearDown() override { server_.reset(); }
  void start();  // with `options` and `handler`, on a free port

  SystemClock clock_;
  HttpServerOptions options_;
  ScriptedHandler handler_;
  std::unique_ptr<HttpServer> server_;
  uint16_t port_ = 0;
};

// A flag that one thread sets and another waits for.
class Signal {
 public:
  void set();
  bool wait(int timeout_ms = 5000);

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool set_ = false;
};

std::string get(std::string_view path, std::string_view more_fields = "");
std::string post(std::string_view path, std::string_view body);

}  // namespace perdure
