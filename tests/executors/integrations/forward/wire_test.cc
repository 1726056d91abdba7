// One small model a protocol: what goes out, what comes back.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "executors/integrations/forward/optimised.h"
#include "executors/integrations/forward/wire_request.h"
#include "executors/integrations/forward/wire_response.h"

namespace perdure::executors {
namespace {

using testing::HasSubstr;

constexpr const char* shapes = R"({
  "In": {"type": "structure", "members": {
      "TableName": {"shape": "Text"}, "when": {"shape": "Time"}, "Items": {"shape": "Items"},
      "Names": {"shape": "Names"}, "Nested": {"shape": "Nested"}}},
  "Out": {"type": "structure", "members": {
      "count": {"shape": "Number"}, "When": {"shape": "Time"}, "Items": {"shape": "Items"},
      "Names": {"shape": "Names"}, "Flag": {"shape": "Flag"}}},
  "Rest": {"type": "structure", "payload": "Body", "members": {
      "Bucket": {"shape": "Text", "location": "uri", "locationName": "Bucket"},
      "Key": {"shape": "Text", "location": "uri", "locationName": "Key"},
      "Prefix": {"shape": "Text", "location": "querystring", "locationName": "prefix"},
      "Meta": {"shape": "Names", "location": "headers", "locationName": "x-amz-meta-"},
      "Since": {"shape": "Time", "location": "header", "locationName": "If-Modified-Since"},
      "Length": {"shape": "Number", "location": "header", "locationName": "Content-Length"},
      "Status": {"shape": "Number", "location": "statusCode"},
      "Body": {"shape": "Blob"}}},
  "RestBody": {"type": "structure", "members": {
      "Name": {"shape": "Text", "location": "uri", "locationName": "Name"},
      "Inner": {"shape": "Nested", "locationName": "inner"}, "Items": {"shape": "Items"}}},
  "Nested": {"type": "structure", "members": {"Value": {"shape": "Text"}}},
  "Items": {"type": "list", "member": {"shape": "Nested"}},
  "Names": {"type": "map", "key": {"shape": "Text"}, "value": {"shape": "Text"}},
  "Text": {"type": "string"}, "Number": {"type": "integer"}, "Flag": {"type": "boolean"},
  "Blob": {"type": "blob"}, "Time": {"type": "timestamp"},
  "NotFoundException": {"type": "structure", "members": {}, "error": {"code": "NotFound"},
                        "exception": true}})";

std::shared_ptr<const ServiceModel> model(const std::string& metadata,
                                          const std::string& operation) {
  const auto made =
      ServiceModel::parse("{\"metadata\":{" + metadata + "},\"operations\":{\"Op\":" + operation +
                          "},\"shapes\":" + shapes + "}");
  EXPECT_TRUE(made) << (made ? "" : made.error().cause);
  return made ? *made : nullptr;
}

const std::string plain_operation =
    R"({"name":"Op","http":{"method":"POST","requestUri":"/"},"input":{"shape":"In"},
        "output":{"shape":"Out","resultWrapper":"OpResult"},
        "errors":[{"shape":"NotFoundException"}]})";

// "METHOD URL | fields | body"
std::string sent(const ServiceModel& model, std::string_view parameters) {
  const auto request =
      wire_request(model, "Op", *parse_json(parameters), *HttpUrl::parse("http://h:1"));
  if (!request) return request.error().name + ": " + request.error().cause;
  std::string text = request->method + " " + request->url.text() + " | ";
  for (const auto& [name, value] : request->headers) text += name + ": " + value + "; ";
  return text + "| " + request->body;
}

std::string shown(const ServiceModel& model, HttpResponse response) {
  const auto answer = wire_answer(model, "Op", response);
  if (!answer) return answer.error().name;
  if (!answer->error) return dump_json(answer->output);
  return answer->error->code + "/" + answer->exception + ": " + answer->error->message + " " +
         std::to_string(answer->error->status) + " " + answer->request_id;
}

TEST(WireJson, speaks_json) {
  const auto json = model(R"("protocol":"json","jsonVersion":"1.0","targetPrefix":"T_1",
                             "serviceId":"DynamoDB","endpointPrefix":"d")",
                          plain_operation);
  EXPECT_EQ(sent(*json, R"({"TableName":{"a":1},"When":"1970-01-01T00:00:01.500Z","Unknown":1,
                            "Items":[{"Value":"x"},{"value":"y"}],"Names":{"own":"v"},
                            "Nested":null})"),
            "POST http://h:1/ | Content-Type: application/x-amz-json-1.0; X-Amz-Target: T_1.Op; | "
            R"({"Items":[{"Value":"x"},{"Value":"y"}],"Names":{"own":"v"},)"
            R"("TableName":"{\"a\":1}","when":1.5})");
  EXPECT_EQ(shown(*json, {200,
                          {},
                          R"({"count":2,"When":1.5,"Items":[{"Value":"v"}],
                                       "Names":{"own":"v"},"More":1})",
                          nullptr}),
            R"({"Count":2,"Items":[{"Value":"v"}],"Names":{"own":"v"},)"
            R"("When":"1970-01-01T00:00:01.500Z"})");
  EXPECT_EQ(shown(*json, {400,
                          {{"x-amzn-RequestId", "id"}},
                          R"({"__type":"com.amazon#NotFoundException","message":"gone"})",
                          nullptr}),
            "NotFoundException/NotFoundException: gone 400 id");
  EXPECT_EQ(shown(*json, {400, {}, R"({"__type":"ValidationException","Message":"no"})", nullptr}),
            "ValidationException/: no 400 ");
  EXPECT_EQ(shown(*json, {502, {}, "<html>", nullptr}), "502/: Bad Gateway 502 ");
  EXPECT_EQ(shown(*json, {200, {}, "{no", nullptr}), "BadResponse");
}

TEST(WireQuery, speaks_forms_and_xml) {
  const auto query =
      model(R"("protocol":"query","apiVersion":"2010-03-31","serviceId":"SNS")", plain_operation);
  EXPECT_EQ(sent(*query, R"({"TableName":"a b","Items":[{"Value":"x"}],"Names":{"k":"v"}})"),
            "POST http://h:1/ | Content-Type: application/x-www-form-urlencoded; charset=utf-8; | "
            "Action=Op&Version=2010-03-31&Items.member.1.Value=x&Names.entry.1.key=k&"
            "Names.entry.1.value=v&TableName=a%20b");
  EXPECT_EQ(
      shown(*query, {200,
                     {},
                     "<OpResponse xmlns='x'><OpResult><count>3</count><Flag>true</Flag>"
                     "<When>2015-08-30T12:36:00Z</When><Items><member><Value>v</Value></member>"
                     "</Items><Names><entry><key>k</key><value>w</value></entry></Names>"
                     "</OpResult></OpResponse>",
                     nullptr}),
      R"({"Count":3,"Flag":true,"Items":[{"Value":"v"}],"Names":{"k":"w"},)"
      R"("When":"2015-08-30T12:36:00.000Z"})");
  EXPECT_EQ(shown(*query, {404,
                           {},
                           "<ErrorResponse><Error><Type>Sender</Type><Code>NotFound</Code><Message>"
                           "Topic does not exist</Message></Error><RequestId>r</RequestId>"
                           "</ErrorResponse>",
                           nullptr}),
            "NotFound/NotFoundException: Topic does not exist 404 r");
  EXPECT_EQ(shown(*query, {200, {}, "<OpResponse><OpResult>", nullptr}), "BadResponse");
}

TEST(WireRest, puts_members_where_they_travel) {
  const auto xml = model(R"("protocol":"rest-xml","serviceId":"S3")",
                         R"({"http":{"method":"PUT","requestUri":"/{Bucket}/{Key+}?x-id=Op"},
                             "input":{"shape":"Rest"},"output":{"shape":"Rest"}})");
  EXPECT_EQ(sent(*xml, R"({"Bucket":"b","Key":"a b/c","Prefix":"p/","Meta":{"own":"v"},
                           "Since":"2015-08-30T12:36:00Z","Body":["List"]})"),
            "PUT http://h:1/b/a%20b/c?x-id=Op&prefix=p%2F | x-amz-meta-own: v; "
            "If-Modified-Since: Sun, 30 Aug 2015 12:36:00 GMT; | [\"List\"]");
  EXPECT_THAT(sent(*xml, R"({"Bucket":"b"})"), HasSubstr("missing"));
  EXPECT_THAT(sent(*xml, R"({"Bucket":"b","Key":"k","Meta":{"a":"x\r\ny"}})"),
              HasSubstr("line break"));
  EXPECT_EQ(shown(*xml, {200, {{"content-length", "3"}, {"X-Amz-Meta-One", "1"}}, "abc", nullptr}),
            R"({"Body":"abc","Length":3,"Meta":{"One":"1"},"Status":200})");
  EXPECT_THAT(shown(*xml, {200, {}, std::string("\xff\xfe"), nullptr}), HasSubstr("\"//4=\""));

  const auto json = model(R"("protocol":"rest-json","serviceId":"Lambda")",
                          R"({"http":{"method":"POST","requestUri":"/f/{Name}"},
                              "input":{"shape":"RestBody"},"output":{"shape":"RestBody"}})");
  EXPECT_EQ(
      sent(*json, R"({"Name":"a/b","Inner":{"Value":"v"}})"),
      R"(POST http://h:1/f/a%2Fb | Content-Type: application/json; | {"inner":{"Value":"v"}})");
  EXPECT_EQ(shown(*json, {200, {}, R"({"inner":{"Value":"v"}})", nullptr}),
            R"({"Inner":{"Value":"v"}})");
}

TEST(WireRest, writes_xml_bodies) {
  const auto xml = model(R"("protocol":"rest-xml","serviceId":"S3")",
                         R"({"http":{"method":"PUT","requestUri":"/{Name}"},
                             "input":{"shape":"RestBody","locationName":"Root"}})");
  EXPECT_THAT(sent(*xml, R"({"Name":"n","Inner":{"Value":"<&"},"Items":[{"Value":"1"}]})"),
              HasSubstr("<Root><inner><Value>&lt;&amp;</Value></inner>"
                        "<Items><member><Value>1</Value></member></Items></Root>"));
}

TEST(ServiceModel, tells_how_the_sdk_names_a_service) {
  const std::pair<const char*, const char*> names[] = {{"DynamoDB", "DynamoDb"},
                                                       {"SFN", "Sfn"},
                                                       {"Secrets Manager", "SecretsManager"},
                                                       {"S3", "S3"},
                                                       {"SQS", "Sqs"},
                                                       {"CloudWatch Logs", "CloudWatchLogs"},
                                                       {"EC2", "Ec2"},
                                                       {"EventBridge", "EventBridge"}};
  for (const auto& [id, expected] : names) {
    const auto one =
        model(R"("protocol":"json","serviceId":")" + std::string(id) + "\"", plain_operation);
    EXPECT_EQ(one->display_name(), expected);
  }
}

TEST(ServiceModel, refuses_what_it_cannot_speak) {
  EXPECT_FALSE(ServiceModel::parse("{}"));
  EXPECT_FALSE(ServiceModel::parse("no"));
  EXPECT_FALSE(ServiceModel::parse(
      R"({"metadata":{"protocol":"smithy-rpc-v2-cbor"},"operations":{},"shapes":{}})"));
  EXPECT_TRUE(ServiceModel::parse(R"({"metadata":{"protocol":"smithy-rpc-v2-cbor",
      "protocols":["smithy-rpc-v2-cbor","query"]},"operations":{},"shapes":{}})"));
}

TEST(Optimised, tells_errors_as_recorded) {
  const OptimisedService& dynamodb = *optimised_service("dynamodb");
  WireAnswer answer;
  answer.request_id = "r";
  answer.error = ServiceError{"ValidationException", "1 validation error", 400, false};
  auto failed = optimised_failure(dynamodb, answer);
  EXPECT_EQ(failed.error, "DynamoDB.AmazonDynamoDBException");
  EXPECT_EQ(failed.cause,
            "1 validation error (Service: AmazonDynamoDBv2; Status Code: 400; Error Code: "
            "ValidationException; Request ID: r; Proxy: null)");
  answer.error = ServiceError{"NotFound", "Topic does not exist", 404, true};
  answer.exception = "NotFoundException";
  failed = optimised_failure(*optimised_service("sns"), answer);
  EXPECT_EQ(failed.error, "SNS.NotFoundException");
  EXPECT_EQ(failed.cause,
            "Topic does not exist (Service: AmazonSNS; Status Code: 404; Error Code: NotFound; "
            "Request ID: r; Proxy: null)");
  EXPECT_EQ(optimised_service("nothing"), nullptr);
}

TEST(Optimised, a_refused_event_fails_the_task) {
  WireAnswer answer;
  answer.output = *parse_json(R"({"FailedEntryCount":1,"Entries":[{"ErrorCode":"X"}]})");
  const auto told = optimised_answer(*optimised_service("events"), answer, {});
  const auto* failed = std::get_if<engine::answer::Failed>(&told);
  ASSERT_NE(failed, nullptr);
  EXPECT_EQ(failed->error, "EventBridge.FailedEntry");
  answer.output["FailedEntryCount"] = 0;
  const auto good = optimised_answer(*optimised_service("events"), answer, {});
  ASSERT_TRUE(std::holds_alternative<engine::answer::Succeeded>(good));
  EXPECT_EQ(std::get<engine::answer::Succeeded>(good).output.text(),
            R"({"Entries":[{"ErrorCode":"X"}],"FailedEntryCount":0})");
}

}  // namespace
}  // namespace perdure::executors
