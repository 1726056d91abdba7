#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/events/events.h"
#include "tests/api/wire.h"

namespace perdure::api {
namespace {

using testing::HasSubstr;
using testing::Not;

struct ImmediateWriter final : engine::DocumentWriter {
  void write(engine::DocumentWrite, std::function<void(Result<int64_t>)> done) override {
    done(++revision);
  }
  int64_t revision = 0;
};

class ConnectionsTest : public ::testing::Test {
 protected:
  ConnectionsTest() {
    wire_.router.add(
        events_service({connections_, clock_, [this] { return "id-" + std::to_string(++ids_); },
                        [this](const executors::Connection& connection) {
                          authorizing_.push_back(connection.name);
                        }}));
  }
  HttpResponse send(const std::string& operation, const Json& body) {
    return wire_.post("/", dump_json(body),
                      {{"X-Amz-Target", "AWSEvents." + operation},
                       {"Content-Type", "application/x-amz-json-1.1"}});
  }
  Json ok(const std::string& operation, const Json& body) {
    const HttpResponse response = send(operation, body);
    EXPECT_EQ(response.status, 200) << response.body;
    return *parse_json(response.body);
  }
  std::string failure(const std::string& operation, const Json& body) {
    const HttpResponse response = send(operation, body);
    const Json json = *parse_json(response.body);
    return response.status == 200 ? "none"
                                  : json.value("__type", "") + ": " + json.value("message", "");
  }
  static Json basic(const std::string& name) {
    return {{"Name", name},
            {"AuthorizationType", "BASIC"},
            {"AuthParameters",
             {{"BasicAuthParameters", {{"Username", "ada"}, {"Password", "hidden-word"}}},
              {"InvocationHttpParameters",
               {{"HeaderParameters",
                 {{{"Key", "X-Open"}, {"Value", "seen"}},
                  {{"Key", "X-Key"}, {"Value", "hidden-value"}, {"IsValueSecret", true}}}}}}}}};
  }

  ImmediateWriter writer_;
  SystemClock clock_;
  executors::Connections connections_{writer_};
  int ids_ = 0;
  std::vector<std::string> authorizing_;
  Wire wire_;
};

TEST_F(ConnectionsTest, a_connection_is_made_shown_changed_and_removed) {
  const Json made = ok("CreateConnection", basic("one"));
  EXPECT_EQ(made["ConnectionArn"], "arn:aws:events:us-east-1:000000000000:connection/one/id-1");
  EXPECT_EQ(made["ConnectionState"], "AUTHORIZED");
  const Json shown = ok("DescribeConnection", {{"Name", "one"}});
  EXPECT_EQ(shown["AuthParameters"]["BasicAuthParameters"], Json({{"Username", "ada"}}));
  EXPECT_EQ(shown["SecretArn"],
            "arn:aws:secretsmanager:us-east-1:000000000000:secret:events!connection/one/id-1");
  EXPECT_TRUE(shown.contains("LastAuthorizedTime"));

  ok("UpdateConnection", {{"Name", "one"},
                          {"Description", "mine"},
                          {"AuthParameters", {{"BasicAuthParameters", {{"Username", "bob"}}}}}});
  const auto stored = connections_.find({}, "one");
  EXPECT_EQ(stored->auth["BasicAuthParameters"]["Username"], "bob");
  EXPECT_EQ(stored->auth["BasicAuthParameters"]["Password"], "hidden-word");
  EXPECT_EQ(stored->description, "mine");

  EXPECT_EQ(ok("DeleteConnection", {{"Name", "one"}})["ConnectionState"], "DELETING");
  EXPECT_THAT(failure("DescribeConnection", {{"Name", "one"}}),
              HasSubstr("ResourceNotFoundException"));
  // A new one of the name is another connection.
  ok("CreateConnection", basic("one"));
  EXPECT_FALSE(connections_.find_by_arn(made["ConnectionArn"].get<std::string>()));
}

TEST_F(ConnectionsTest, secrets_go_in_and_do_not_come_out) {
  std::string all = send("CreateConnection", basic("one")).body;
  all += send("DescribeConnection", {{"Name", "one"}}).body;
  all += send("UpdateConnection", {{"Name", "one"}, {"Description", "d"}}).body;
  all += send("ListConnections", Json::object()).body;
  EXPECT_THAT(all, HasSubstr("seen"));
  EXPECT_THAT(all, Not(HasSubstr("hidden")));
}

TEST_F(ConnectionsTest, the_type_says_which_parameters_count) {
  Json oauth = {{"Name", "o"},
                {"AuthorizationType", "OAUTH_CLIENT_CREDENTIALS"},
                {"AuthParameters",
                 {{"OAuthParameters",
                   {{"ClientParameters", {{"ClientID", "c"}, {"ClientSecret", "hidden"}}},
                    {"AuthorizationEndpoint", "https://auth.example/token"},
                    {"HttpMethod", "POST"}}}}}};
  EXPECT_EQ(ok("CreateConnection", oauth)["ConnectionState"], "AUTHORIZING");
  EXPECT_EQ(authorizing_, std::vector<std::string>{"o"});
  EXPECT_THAT(send("DescribeConnection", {{"Name", "o"}}).body, Not(HasSubstr("hidden")));
  // Another type needs its own parameters, and the old ones go.
  EXPECT_THAT(failure("UpdateConnection", {{"Name", "o"}, {"AuthorizationType", "API_KEY"}}),
              HasSubstr("ApiKeyAuthParameters"));
  ok("UpdateConnection",
     {{"Name", "o"},
      {"AuthorizationType", "API_KEY"},
      {"AuthParameters",
       {{"ApiKeyAuthParameters", {{"ApiKeyName", "k"}, {"ApiKeyValue", "hidden"}}}}}});
  EXPECT_FALSE(connections_.find({}, "o")->auth.contains("OAuthParameters"));
  const Json gone = ok("DeauthorizeConnection", {{"Name", "o"}});
  EXPECT_EQ(gone["ConnectionState"], "DEAUTHORIZED");
  EXPECT_TRUE(connections_.find({}, "o")->auth.empty());
}

TEST_F(ConnectionsTest, lists_page_by_page) {
  for (const char* name : {"b", "a", "x"}) ok("CreateConnection", basic(name));
  const Json first = ok("ListConnections", {{"Limit", 2}});
  ASSERT_EQ(first["Connections"].size(), 2u);
  EXPECT_EQ(first["Connections"][0]["Name"], "a");
  const Json second = ok("ListConnections", {{"Limit", 2}, {"NextToken", first["NextToken"]}});
  ASSERT_EQ(second["Connections"].size(), 1u);
  EXPECT_FALSE(second.contains("NextToken"));
  EXPECT_EQ(ok("ListConnections", {{"NamePrefix", "x"}})["Connections"].size(), 1u);
  EXPECT_EQ(ok("ListConnections", {{"ConnectionState", "DEAUTHORIZED"}})["Connections"].size(), 0u);
  EXPECT_THAT(failure("ListConnections", {{"NextToken", "made up"}}),
              HasSubstr("ValidationException"));
}

TEST_F(ConnectionsTest, bad_input_is_refused) {
  ok("CreateConnection", basic("one"));
  EXPECT_THAT(failure("CreateConnection", basic("one")),
              HasSubstr("ResourceAlreadyExistsException"));
  Json wrong = basic("a b");
  EXPECT_THAT(failure("CreateConnection", wrong), HasSubstr("at 'name' failed to satisfy"));
  wrong = basic("two");
  wrong["AuthorizationType"] = "DIGEST";
  EXPECT_THAT(failure("CreateConnection", wrong), HasSubstr("ValidationException"));
  wrong = basic("two");
  wrong["AuthParameters"]["BasicAuthParameters"]["Password"] = "a\r\nb";
  EXPECT_THAT(failure("CreateConnection", wrong), HasSubstr("ValidationException"));
  wrong = basic("two");
  wrong["AuthParameters"]["ConnectivityParameters"] = Json::object();
  EXPECT_THAT(failure("CreateConnection", wrong), HasSubstr("private APIs"));
  EXPECT_THAT(failure("UpdateConnection", {{"Name", "none"}}),
              HasSubstr("ResourceNotFoundException"));
  EXPECT_THAT(failure("DeauthorizeConnection", {{"Name", "none"}}),
              HasSubstr("ResourceNotFoundException"));
  EXPECT_THAT(failure("DeleteConnection", {{"Name", "none"}}),
              HasSubstr("ResourceNotFoundException"));
  EXPECT_THAT(failure("PutEvents", {{"Entries", Json::array()}}),
              HasSubstr("UnknownOperationException"));
}

}  // namespace
}  // namespace perdure::api
