// What an HTTP task leaves for those who look on: everything that was sent and came, secrets only
// where they may be seen.
#include "executors/integrations/http/http_task.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>

#include "base/net/http_server.h"
#include "base/thread_runner.h"
#include "engine/http_trace.h"

namespace perdure::executors {
namespace {

using testing::HasSubstr;
using testing::Not;

struct Hello final : HttpHandler {
  BodyPlan plan_body(const RequestHead&) override { return {4096, nullptr, std::nullopt}; }
  void handle(HttpRequest, Respond respond) override {
    respond(HttpResponse{200, {{"X-Their", "field"}}, "hello", nullptr});
  }
  HttpResponse protocol_error(int status, std::string_view, const RequestHead*) override {
    return HttpResponse{status, {}, "", nullptr};
  }
};

struct ImmediateWriter final : engine::DocumentWriter {
  void write(engine::DocumentWrite, std::function<void(Result<int64_t>)> done) override {
    done(++revision);
  }
  int64_t revision = 0;
};

class HttpTaskTest : public ::testing::Test {
 protected:
  HttpTaskTest() {
    server_ = std::make_unique<HttpServer>(HttpServerOptions(), hello_, clock_);
    port_ = *server_->listen_tcp("127.0.0.1", 0);
    Connection connection;
    connection.name = "c";
    connection.arn = "arn:aws:events:us-east-1:000000000000:connection/c/1";
    connection.authorization = "BASIC";
    connection.state = "AUTHORIZED";
    connection.auth = *parse_json(R"({"BasicAuthParameters":{"Username":"u","Password":"hidden"},
        "InvocationHttpParameters":{
          "HeaderParameters":[{"Key":"X-Key","Value":"hidden-header"}],
          "QueryStringParameters":[{"Key":"key","Value":"hidden-query"}],
          "BodyParameters":[{"Key":"key","Value":"hidden-body"}]}})");
    connections_.create(connection, [](const auto&) {});
  }

  std::shared_ptr<engine::HttpTrace> traced(bool reveal_secrets) {
    auto trace = std::make_shared<engine::HttpTrace>();
    trace->reveal_secrets = reveal_secrets;
    engine::TaskRequest request;
    request.resource.service = "http";
    request.resource.action = "invoke";
    request.trace = trace;
    request.parameters =
        asl::Payload(R"({"ApiEndpoint":"http://127.0.0.1:)" + std::to_string(port_) +
                     R"(/p","Method":"POST","Headers":{"X-Own":"own"},"QueryParameters":{"own":"1"},
            "RequestBody":{"own":1},"InvocationConfig":{"ConnectionArn":
            "arn:aws:events:us-east-1:000000000000:connection/c/1"}})");
    std::promise<engine::TaskAnswer> answer;
    auto attempt = std::make_shared<IntegrationAttempt>(
        std::move(request), [&answer](auto given) { answer.set_value(std::move(given)); });
    runner_.post([&] { task_->begin(attempt); });
    const engine::TaskAnswer given = answer.get_future().get();
    EXPECT_TRUE(std::holds_alternative<engine::answer::Succeeded>(given));
    return trace;
  }
  static std::string text_of(const engine::HttpTrace& trace) {
    std::string text = trace.method + " " + trace.url + "\n";
    for (const auto& [name, value] : trace.request_headers) text += name + ": " + value + "\n";
    return text + trace.request_body;
  }

  SystemClock clock_;
  Hello hello_;
  std::unique_ptr<HttpServer> server_;
  uint16_t port_ = 0;
  ImmediateWriter writer_;
  Connections connections_{writer_};
  ThreadRunner runner_{"integrations"};
  std::unique_ptr<HttpCaller> http_ = std::move(*HttpCaller::make({}));
  std::shared_ptr<const AddressPolicy> reach_ =
      std::make_shared<const AddressPolicy>(*AddressPolicy::parse({"loopback"}));
  Authorization authorization_{connections_, *http_, runner_, clock_, reach_};
  std::unique_ptr<Integration> task_ =
      make_http_task({*http_, runner_, connections_, authorization_, reach_});
};

TEST_F(HttpTaskTest, shows_what_was_sent_and_came) {
  const auto trace = traced(true);
  EXPECT_EQ(trace->protocol, "http");
  const std::string sent = text_of(*trace);
  EXPECT_THAT(sent, HasSubstr("POST http://127.0.0.1:"));
  EXPECT_THAT(sent, HasSubstr("/p?own=1&key=hidden-query\n"));
  EXPECT_THAT(sent, HasSubstr("X-Key: hidden-header\n"));
  EXPECT_THAT(sent, HasSubstr("Authorization: Basic dTpoaWRkZW4=\n"));
  EXPECT_THAT(sent, HasSubstr(R"({"own":1,"key":"hidden-body"})"));
  EXPECT_EQ(trace->status, 200);
  EXPECT_EQ(trace->status_message, "OK");
  EXPECT_EQ(trace->response_body, "hello");
  EXPECT_THAT(trace->response_headers,
              testing::Contains(engine::HttpTrace::Fields::value_type("X-Their", "field")));
}

TEST_F(HttpTaskTest, hides_what_the_connection_gives) {
  const std::string sent = text_of(*traced(false));
  EXPECT_THAT(sent, Not(HasSubstr("hidden")));
  EXPECT_THAT(sent, Not(HasSubstr("dTpoaWRkZW4")));
  EXPECT_THAT(sent, HasSubstr("X-Own: own\n"));
  EXPECT_THAT(sent, HasSubstr("own=1"));
}

}  // namespace
}  // namespace perdure::executors
