#include "api/lambda/url_route.h"
#include "base/hash.h"
#include "base/net/response_stream.h"
#include "tests/api/lambda/catalog_fixture.h"

namespace perdure::api {
namespace {

class FunctionUrlsTest : public CatalogTest {
 protected:
  FunctionUrlsTest() { wire_.router.add(std::make_unique<FunctionUrlRoute>(parts())); }
  static std::string path(const std::string& function = "f", const std::string& more = "") {
    return "/2021-10-31/functions/" + function + "/url" + more;
  }
  // The host of a new URL.
  std::string create(Json body = {{"AuthType", "NONE"}}, const std::string& function = "f") {
    const auto [status, json] = call("POST", path(function), body);
    EXPECT_EQ(status, 201) << json;
    std::string url = json["FunctionUrl"].get<std::string>();
    return url.substr(7, url.size() - 8);
  }
  HttpResponse ask(const std::string& host, std::string method = "GET", std::string target = "/",
                   std::string body = "", HttpHeaders headers = {}) {
    headers.add("Host", host);
    return wire_.send(std::move(method), std::move(target), std::move(body), std::move(headers));
  }
  // What has come of the body of a streamed response, with what became of the stream.
  static std::string streamed(const HttpResponse& response) {
    if (!response.stream) return "not a stream";
    const ResponseStream::News news = response.stream->take(false);
    return news.pieces + (news.ended ? " ended" : "") + (news.aborted ? " aborted" : "");
  }
  void answer(const std::string& payload) { runtime_.result->payload = payload; }
  Json event() { return *parse_json(runtime_.invoked.payload); }
};

TEST_F(FunctionUrlsTest, AreMadeChangedAndGone) {
  const auto [status, made] = call("POST", path(), {{"AuthType", "NONE"}});
  EXPECT_EQ(status, 201);
  const std::string url = made["FunctionUrl"].get<std::string>();
  EXPECT_TRUE(url.starts_with("http://") && url.ends_with(".lambda-url.us-east-1.localhost:4566/"))
      << url;
  EXPECT_EQ(made["FunctionArn"], "arn:aws:lambda:us-east-1:000000000000:function:f");
  EXPECT_EQ(made["InvokeMode"], "BUFFERED");
  EXPECT_EQ(call("POST", path(), {{"AuthType", "NONE"}}).second,
            "ResourceConflictException: Failed to create function url config for [functionArn = "
            "arn:aws:lambda:us-east-1:000000000000:function:f]. Error message:  FunctionUrlConfig "
            "exists for this Lambda function");
  const Json changed = call("PUT", path(), {{"Cors", {{"AllowOrigins", {"*"}}}}}).second;
  EXPECT_EQ(changed["AuthType"], "NONE");
  EXPECT_EQ(changed["Cors"]["AllowOrigins"][0], "*");
  EXPECT_TRUE(changed.contains("LastModifiedTime"));
  EXPECT_EQ(call("GET", path()).second, changed);
  EXPECT_NE(create({{"AuthType", "AWS_IAM"}}, "f:live"), url.substr(7, url.size() - 8));
  EXPECT_EQ(call("GET", path("f", "s")).second["FunctionUrlConfigs"].size(), 2u);
  EXPECT_EQ(call("DELETE", path()).first, 204);
  EXPECT_EQ(call("GET", path()).second,
            "ResourceNotFoundException: The resource you requested does not exist.");
  EXPECT_EQ(call("POST", path("none"), {{"AuthType", "NONE"}}).second,
            "ResourceNotFoundException: Function does not exist");
  EXPECT_EQ(call("POST", path(), Json::object()).first, 400);
  EXPECT_EQ(call("POST", path("f", "?Qualifier=1"), {{"AuthType", "NONE"}}).first, 400);
}

TEST_F(FunctionUrlsTest, TheFunctionSeesTheRequest) {
  const std::string host = create();
  answer("\"hello\"");
  const HttpResponse response = ask(host, "POST", "/a%20b?x=1&y=a%20b&x=2", "{\"n\":1.0}",
                                    {{"Content-Type", "application/json"},
                                     {"Cookie", "a=1; b=2"},
                                     {"X-Own", "v"},
                                     {"User-Agent", "test"}});
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, "\"hello\"");
  EXPECT_EQ(response.headers.get("content-type"), "application/json");
  const Json event = this->event();
  EXPECT_EQ(event["version"], "2.0");
  EXPECT_EQ(event["routeKey"], "$default");
  EXPECT_EQ(event["rawPath"], "/a%20b");
  EXPECT_EQ(event["rawQueryString"], "x=1&y=a%20b&x=2");
  EXPECT_EQ(event["queryStringParameters"], (Json{{"x", "1,2"}, {"y", "a b"}}));
  EXPECT_EQ(event["cookies"], (Json{"a=1", "b=2"}));
  EXPECT_EQ(event["headers"]["x-own"], "v");
  EXPECT_EQ(event["body"], "{\"n\":1.0}");
  EXPECT_EQ(event["isBase64Encoded"], false);
  const Json& context = event["requestContext"];
  EXPECT_EQ(context["accountId"], "anonymous");
  EXPECT_EQ(context["http"]["method"], "POST");
  EXPECT_EQ(context["http"]["userAgent"], "test");
  EXPECT_EQ(context["domainPrefix"], host.substr(0, 32));
  EXPECT_EQ(context["stage"], "$default");
  EXPECT_TRUE(context["timeEpoch"].is_number_integer());
  ask(host, "POST", "/", "a=1", {{"Content-Type", "application/x-www-form-urlencoded"}});
  EXPECT_EQ(this->event()["body"], base64_encode("a=1"));
  EXPECT_EQ(this->event()["isBase64Encoded"], true);
}

TEST_F(FunctionUrlsTest, AStructureIsAResponse) {
  const std::string host = create();
  answer(R"({"statusCode": 201, "headers": {"X-Own": 7}, "cookies": ["a=1; Secure", "b=2"],
             "body": "aGk=", "isBase64Encoded": true})");
  const HttpResponse response = ask(host);
  EXPECT_EQ(response.status, 201);
  EXPECT_EQ(response.body, "hi");
  EXPECT_EQ(response.headers.get("x-own"), "7");
  EXPECT_EQ(response.headers.get("content-type"), "application/json");
  EXPECT_EQ(std::count_if(response.headers.begin(), response.headers.end(),
                          [](const auto& field) { return field.first == "Set-Cookie"; }),
            2);
  answer(R"({"message": "no status"})");
  EXPECT_EQ(ask(host).body, R"({"message": "no status"})");
  answer(R"({"statusCode": 404})");
  EXPECT_EQ(ask(host).status, 404);
  for (const char* broken : {R"({"statusCode": "x"})", R"({"statusCode": 1e99})",
                             R"({"statusCode": 200, "isBase64Encoded": true, "body": "***"})"}) {
    answer(broken);
    EXPECT_EQ(ask(host).status, 502) << broken;
  }
  runtime_.result->function_error = true;
  EXPECT_EQ(ask(host).status, 502);
  EXPECT_EQ(ask(host).body, "Internal Server Error");
  runtime_.result = Error{ErrorKind::throttled, "TooManyRequestsException", "Rate Exceeded."};
  EXPECT_EQ(ask(host).status, 429);
}

TEST_F(FunctionUrlsTest, AStreamIsPassedOnAsItComes) {
  const Json cors = {{"AllowOrigins", {"*"}}};
  const std::string host =
      create({{"AuthType", "NONE"}, {"InvokeMode", "RESPONSE_STREAM"}, {"Cors", cors}});
  runtime_.pieces = {{"data: 1\n\n", "text/event-stream"}, {"data: 2\n\n", "text/event-stream"}};
  HttpResponse response = ask(host, "GET", "/", "", {{"Origin", "https://page.example"}});
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.headers.get("content-type"), "text/event-stream");
  EXPECT_EQ(response.headers.get("access-control-allow-origin"), "*");
  EXPECT_TRUE(response.headers.find("x-amzn-requestid"));
  EXPECT_EQ(streamed(response), "data: 1\n\ndata: 2\n\n ended");

  const std::string type = "application/vnd.awslambda.http-integration-response";
  const std::string head = R"({"statusCode":203,"headers":{"X-Own":"1","Content-Length":"9"},)"
                           R"("cookies":["a=1"]})";
  runtime_.pieces = {{head.substr(0, 9), type},
                     {head.substr(9) + std::string(3, '\0'), type},
                     {std::string(5, '\0') + "one ", type},
                     {std::string("\0two", 4), type}};
  response = ask(host);
  EXPECT_EQ(response.status, 203);
  EXPECT_EQ(response.headers.get("x-own"), "1");
  EXPECT_EQ(response.headers.get("set-cookie"), "a=1");
  EXPECT_FALSE(response.headers.find("content-length")) << "it comes in chunks";
  EXPECT_EQ(streamed(response), std::string("one \0two ended", 14));

  runtime_.pieces = {{R"({"statusCode":204})" + std::string(8, '\0') + "none", type}};
  EXPECT_EQ(ask(host).status, 204);
  EXPECT_FALSE(ask(host).stream);
  for (const std::string& broken : {std::string("{\"statusCode\":2"), "no" + std::string(8, '\0'),
                                    "{\"a\":\"" + std::string(70'000, 'a') + "\"}"}) {
    runtime_.pieces = {{broken, type}};
    EXPECT_EQ(ask(host).status, 502) << broken.substr(0, 20);
  }
  runtime_.pieces = {{R"({"statusCode":"x"})" + std::string(8, '\0') + "of the function", type}};
  response = ask(host);
  EXPECT_EQ(response.status, 502);
  EXPECT_EQ(response.body + streamed(response), "Internal Server Error ended");
}

TEST_F(FunctionUrlsTest, AStreamThatBreaksOffIsNotWhole) {
  const std::string host = create({{"AuthType", "NONE"}, {"InvokeMode", "RESPONSE_STREAM"}});
  runtime_.result->function_error = true;
  EXPECT_EQ(ask(host).status, 502) << "nothing had been sent";
  runtime_.pieces = {{"one ", "text/plain"}};
  EXPECT_EQ(streamed(ask(host)), "one  aborted");
  runtime_.pieces.clear();
  runtime_.result = executors::InvokeResult{};
  answer(R"({"statusCode": 201, "body": "whole"})");
  EXPECT_EQ(ask(host).status, 201) << "a function that does not stream";
  EXPECT_EQ(ask(host).body, "whole");
}

TEST_F(FunctionUrlsTest, PagesOfOtherOriginsMayCallWhoeverIsAllowed) {
  Json cors = {{"AllowOrigins", {"https://page.example"}},
               {"AllowMethods", {"GET", "PUT"}},
               {"AllowCredentials", true},
               {"MaxAge", 60}};
  const std::string host = create({{"AuthType", "NONE"}, {"Cors", cors}});
  answer("1");
  HttpResponse response = ask(host, "GET", "/", "", {{"Origin", "https://page.example"}});
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.headers.get("access-control-allow-origin"), "https://page.example");
  EXPECT_EQ(response.headers.get("access-control-allow-credentials"), "true");
  runtime_.invoked = {};
  response = ask(host, "OPTIONS", "/", "",
                 {{"Origin", "https://page.example"}, {"Access-Control-Request-Method", "PUT"}});
  EXPECT_EQ(response.headers.get("access-control-allow-methods"), "GET,PUT");
  EXPECT_EQ(response.headers.get("access-control-max-age"), "60");
  EXPECT_EQ(runtime_.invoked.function, "");
  response = ask(host, "GET", "/", "", {{"Origin", "https://other.example"}});
  EXPECT_FALSE(response.headers.find("access-control-allow-origin"));
}

TEST_F(FunctionUrlsTest, WhoMayCall) {
  const std::string open = create();
  const std::string closed = create({{"AuthType", "AWS_IAM"}}, "f:live");
  const auto signed_by = [](const std::string& key) {
    return HttpHeaders{{"Authorization", "AWS4-HMAC-SHA256 Credential=" + key +
                                             "/20260101/us-east-1/lambda/aws4_request, "
                                             "SignedHeaders=host, Signature=x"}};
  };
  EXPECT_EQ(ask(open).status, 200);
  EXPECT_EQ(runtime_.invoked.qualifier, "$LATEST");
  EXPECT_EQ(ask(closed).status, 403);
  EXPECT_EQ(ask(closed, "GET", "/", "", signed_by("111111111111")).status, 403);
  EXPECT_EQ(ask(closed, "GET", "/", "", signed_by("AKIA")).status, 200);
  EXPECT_EQ(runtime_.invoked.qualifier, "live");
  EXPECT_EQ(event()["requestContext"]["authorizer"]["iam"]["accountId"], "000000000000");
  const std::string id = open.substr(0, 32);
  EXPECT_EQ(ask(id + ".lambda-url.us-east-1.on.aws").status, 200);
  EXPECT_EQ(ask(id + ".lambda-url.us-east-1.evil.example").status, 403);
  EXPECT_EQ(ask("none.lambda-url.us-east-1.localhost:4566").status, 404);
  EXPECT_EQ(ask(open, "GET", "/%zz").status, 400);
  call("DELETE", path());
  EXPECT_EQ(ask(open).status, 404);
  const std::string again = create();
  EXPECT_NE(again, open) << "an address that is gone does not come again";
  EXPECT_EQ(ask(again).status, 200);
  EXPECT_EQ(ask(open).status, 404);
}

}  // namespace
}  // namespace perdure::api
