#include "executors/integrations/http/http_call.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace perdure::executors {
namespace {

using testing::HasSubstr;

// What would be sent: "METHOD URL", the fields, the body; or the error.
std::string sent(std::string_view parameters, const char* added = nullptr) {
  asl::Arena arena;
  auto call = HttpCall::read(*asl::parse_json(parameters, arena));
  if (!call) return call.error().name + ": " + call.error().cause;
  const Json connection = added ? *parse_json(added) : Json();
  const auto request =
      outgoing_request(std::move(*call), added ? &connection : nullptr, "eu-west-1", arena);
  if (!request) return request.error().name + ": " + request.error().cause;
  std::string text = request->method + " " + request->url.text() + "\n";
  for (const auto& [name, value] : request->headers) text += name + ": " + value + "\n";
  return text + request->body;
}

TEST(HttpCall, sends_what_the_parameters_say) {
  EXPECT_EQ(sent(R"({"ApiEndpoint":"https://a.example/p?x=1","Method":"POST",
                     "Headers":{"X-One":"1","x-list":["a","b"],"User-Agent":"mine"},
                     "QueryParameters":{"q":"a b","n":3,"l":["x","y"]},
                     "RequestBody":{"b":1.0,"a":[true,null]}})"),
            "POST https://a.example/p?x=1&q=a%20b&n=3&l=x&l=y\n"
            "X-One: 1\nx-list: a, b\nContent-Type: application/json; charset=UTF-8\n"
            "Range: bytes=0-262144\nUser-Agent: Amazon|StepFunctions|HttpInvoke|eu-west-1\n"
            R"({"b":1.0,"a":[true,null]})");
  EXPECT_THAT(sent(R"({"ApiEndpoint":"http://h","Method":"GET"})"),
              testing::StartsWith("GET http://h/\nRange:"));
  EXPECT_THAT(sent(R"({"ApiEndpoint":"http://h","Method":"PUT","RequestBody":"as it is",
                       "Headers":{"content-type":"text/plain"}})"),
              testing::AllOf(HasSubstr("content-type: text/plain\n"), HasSubstr("\nas it is")));
}

// The example of AWS's page.
TEST(HttpCall, the_connections_values_win) {
  EXPECT_EQ(sent(R"({"ApiEndpoint":"https://example.com/path","Method":"GET",
                     "Headers":{"Request-Id":"my_request_id","Header-Param":"state_machine"},
                     "RequestBody":{"Job":"Engineer","BodyParam":"state_machine"},
                     "QueryParameters":{"QueryParam":"state_machine"}})",
                 R"({"BodyParameters":[{"Key":"BodyParam","Value":"connection"}],
                     "HeaderParameters":[{"Key":"header-param","Value":"connection"}],
                     "QueryStringParameters":[{"Key":"QueryParam","Value":"connection"}]})"),
            "GET https://example.com/path?QueryParam=connection\n"
            "Request-Id: my_request_id\nheader-param: connection\n"
            "Content-Type: application/json; charset=UTF-8\nRange: bytes=0-262144\n"
            "User-Agent: Amazon|StepFunctions|HttpInvoke|eu-west-1\n"
            R"({"Job":"Engineer","BodyParam":"connection"})");
  EXPECT_THAT(sent(R"({"ApiEndpoint":"http://h","Method":"POST","RequestBody":"text"})",
                   R"({"BodyParameters":[{"Key":"k","Value":"v"}]})"),
              testing::StartsWith("States.Runtime: "));
  EXPECT_THAT(sent(R"({"ApiEndpoint":"http://h","Method":"POST"})",
                   R"({"BodyParameters":[{"Key":"k","Value":"v"}]})"),
              HasSubstr(R"({"k":"v"})"));
}

TEST(HttpCall, encodes_forms) {
  EXPECT_THAT(sent(R"({"ApiEndpoint":"http://h","Method":"POST","RequestBody":{"a":["x","y"]},
                       "Transform":{"RequestBodyEncoding":"URL_ENCODED",
                                    "RequestEncodingOptions":{"ArrayFormat":"REPEAT"}}})"),
              testing::AllOf(HasSubstr("Content-Type: application/x-www-form-urlencoded\n"),
                             HasSubstr("\na=x&a=y")));
}

TEST(HttpCall, refuses_what_cannot_be_sent) {
  const char* wrong[] = {
      "[]",
      "{}",
      R"({"ApiEndpoint":"http://h"})",
      R"({"ApiEndpoint":1,"Method":"GET"})",
      R"({"ApiEndpoint":"gopher://h","Method":"GET"})",
      R"({"ApiEndpoint":"http://h","Method":"get"})",
      R"({"ApiEndpoint":"http://h","Method":"GET\r\nX: y"})",
      R"({"ApiEndpoint":"http://h","Method":"GET","Headers":"X: y"})",
      R"({"ApiEndpoint":"http://h","Method":"GET","Headers":{"a b":"x"}})",
      R"({"ApiEndpoint":"http://h","Method":"GET","Headers":{"a":"x\r\nB: c"}})",
      R"({"ApiEndpoint":"http://h","Method":"GET","Headers":{"Host":"other"}})",
      R"({"ApiEndpoint":"http://h","Method":"GET","Headers":{"AUTHORIZATION":"x"}})",
      R"({"ApiEndpoint":"http://h","Method":"GET","Headers":{"X-Amz-Date":"x"}})",
      R"({"ApiEndpoint":"http://h","Method":"GET","QueryParameters":5})",
      R"({"ApiEndpoint":"http://h","Method":"GET","Transform":{"RequestBodyEncoding":"XML"}})",
      R"({"ApiEndpoint":"http://h","Method":"GET","Transform":{"RequestBodyEncoding":"URL_ENCODED",
          "RequestEncodingOptions":{"ArrayFormat":"COLONS"}}})",
      R"({"ApiEndpoint":"http://h","Method":"POST","RequestBody":[1],
          "Transform":{"RequestBodyEncoding":"URL_ENCODED"}})"};
  for (const char* parameters : wrong) {
    EXPECT_THAT(sent(parameters), testing::StartsWith("States.Runtime: ")) << parameters;
  }
}

std::string result_of(int status, HttpHeaders headers, std::string body) {
  const auto result =
      http_result(HttpResponse{status, std::move(headers), std::move(body), nullptr});
  return result ? *result : result.error().name + ": " + result.error().cause;
}

TEST(HttpResult, shows_headers_body_and_status) {
  EXPECT_EQ(result_of(200, {{"Content-Type", "application/json"}, {"A", "1"}, {"a", "2"}},
                      R"({ "n": 1.0, "b": [] })"),
            R"({"Headers":{"Content-Type":["application/json"],"A":["1","2"]},)"
            R"("ResponseBody":{"n":1.0,"b":[]},"StatusCode":200,"StatusText":"OK"})");
  EXPECT_EQ(result_of(204, {}, ""),
            R"({"Headers":{},"ResponseBody":"","StatusCode":204,"StatusText":"No Content"})");
  EXPECT_THAT(result_of(200, {{"content-type", "application/problem+json; charset=utf-8"}}, "[1]"),
              HasSubstr(R"("ResponseBody":[1])"));
  EXPECT_THAT(result_of(200, {{"content-type", "application/json"}}, "{no json"),
              HasSubstr(R"("ResponseBody":"{no json")"));
  EXPECT_THAT(result_of(200, {}, "\"é\""), HasSubstr(R"("ResponseBody":"\"é\"")"));
}

TEST(HttpResult, tells_other_statuses_and_bodies_as_errors) {
  EXPECT_EQ(result_of(404, {}, "what was not found"), "States.Http.StatusCode.404: Not Found");
  EXPECT_EQ(result_of(302, {{"Location", "http://x"}}, ""), "States.Http.StatusCode.302: Found");
  for (const char* type :
       {"application/octet-stream", "image/png", "Audio/ogg", "video/mp4; x=y"}) {
    EXPECT_THAT(result_of(200, {{"Content-Type", type}}, "x"),
                testing::StartsWith("States.Runtime: "));
  }
  EXPECT_THAT(result_of(200, {{"Content-Type", "text/plain"}}, "\xff\xfe"),
              testing::StartsWith("States.Runtime: "));
}

}  // namespace
}  // namespace perdure::executors
