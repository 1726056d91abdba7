#include "executors/integrations/forward/wire_response.h"

#include <charconv>
#include <cstdlib>
#include <utility>

#include "asl/value/utf8.h"
#include "base/hash.h"
#include "base/xml.h"
#include "executors/integrations/forward/wire_scalars.h"

namespace perdure::executors {
namespace {

// Bytes that are no text are shown in base64.
std::string content_text(const std::string& bytes) {
  return asl::valid_utf8(bytes) ? bytes : base64_encode(bytes);
}

Result<XmlElement> read_xml(const std::string& body) {
  if (!asl::valid_utf8(body)) return invalid("InvalidXml", "it is not UTF-8");
  return parse_xml(body);
}

// A scalar that came as text (XML, a header).
Json scalar(const std::string& type, const std::string& text) {
  if (type == "boolean") return text == "true";
  if (type == "timestamp") return moment_shown(text);
  if (type == "integer" || type == "long") {
    int64_t number = 0;
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
    return failure == std::errc() && end == text.data() + text.size() ? Json(number) : Json(text);
  }
  if (type == "float" || type == "double") {
    char* end = nullptr;
    const double number = std::strtod(text.c_str(), &end);
    return !text.empty() && *end == '\0' ? Json(number) : Json(text);
  }
  return text;
}

class JsonAnswer {
 public:
  explicit JsonAnswer(const ServiceModel& model) : model_(model) {}

  Json structure(const Json& shape, const Json& given) const {
    if (!given.is_object() || shape.value("document", false)) return given;
    Json out = Json::object();
    const Json members = shape.value("members", Json::object());
    for (const auto& [name, member] : members.items()) {
      const auto found = given.find(member.value("locationName", name));
      if (found == given.end() || found->is_null()) continue;
      out[upper_first(name)] = value(member, *found);
    }
    return out;
  }

 private:
  Json value(const Json& member, const Json& given) const {
    const Json& shape = model_.shape_of(member);
    const std::string type = shape.value("type", "");
    if (type == "structure") return structure(shape, given);
    if (type == "timestamp") return moment_shown(given);
    if ((type == "list" && !given.is_array()) || (type == "map" && !given.is_object())) {
      return given;
    }
    if (type != "list" && type != "map") return given;
    Json out = given;
    for (Json& one : out) one = value(shape.at(type == "list" ? "member" : "value"), one);
    return out;
  }

  const ServiceModel& model_;
};

class XmlAnswer {
 public:
  explicit XmlAnswer(const ServiceModel& model) : model_(model) {}

  Json structure(const Json& shape, const XmlElement& from) const {
    Json out = Json::object();
    const Json members = shape.value("members", Json::object());
    for (const auto& [name, member] : members.items()) {
      if (member.contains("location")) continue;
      const Json& inner = model_.shape_of(member);
      const std::string type = inner.value("type", "");
      const Json* flat = trait(member, inner, "flattened");
      if (flat != nullptr && (type == "list" || type == "map")) {
        Json all = flattened(name, member, inner, from);
        if (!all.empty()) out[upper_first(name)] = std::move(all);
        continue;
      }
      const XmlElement* found = from.child(member.value("locationName", name));
      if (found != nullptr) out[upper_first(name)] = value(inner, *found);
    }
    return out;
  }

 private:
  Json value(const Json& shape, const XmlElement& from) const {
    const std::string type = shape.value("type", "");
    if (type == "structure") return structure(shape, from);
    if (type == "list") {
      Json out = Json::array();
      for (const XmlElement& one : from.children) {
        out.push_back(value(model_.shape_of(shape.at("member")), one));
      }
      return out;
    }
    if (type == "map") {
      Json out = Json::object();
      for (const XmlElement& one : from.children) put_entry(shape, one, out);
      return out;
    }
    return scalar(type, from.text);
  }

  Json flattened(const std::string& name, const Json& member, const Json& shape,
                 const XmlElement& from) const {
    const bool list = shape.value("type", "") == "list";
    std::string own = member.value("locationName", name);
    if (list) own = shape.at("member").value("locationName", own);
    Json out = list ? Json::array() : Json::object();
    for (const XmlElement& one : from.children) {
      if (one.name != own && one.name != member.value("locationName", name)) continue;
      if (list) {
        out.push_back(value(model_.shape_of(shape.at("member")), one));
      } else {
        put_entry(shape, one, out);
      }
    }
    return out;
  }

  void put_entry(const Json& shape, const XmlElement& entry, Json& out) const {
    const std::string key(entry.child_text(shape.at("key").value("locationName", "key")));
    const XmlElement* found = entry.child(shape.at("value").value("locationName", "value"));
    if (found != nullptr) out[key] = value(model_.shape_of(shape.at("value")), *found);
  }

  const ServiceModel& model_;
};

Error unreadable(const std::string& why) {
  return invalid("BadResponse", "The service's answer cannot be read: " + why);
}

// Members that travel in the head of a REST answer.
void read_head(const ServiceModel& model, const Json& shape, const HttpResponse& response,
               Json& out) {
  const Json members = shape.value("members", Json::object());
  for (const auto& [name, member] : members.items()) {
    const std::string where = member.value("location", "");
    const std::string wire = member.value("locationName", name);
    if (where == "statusCode") out[upper_first(name)] = response.status;
    if (where == "header") {
      if (const auto field = response.headers.find(wire)) {
        out[upper_first(name)] =
            scalar(model.shape_of(member).value("type", ""), std::string(*field));
      }
    }
    if (where == "headers") {
      Json map = Json::object();
      for (const auto& [field, value] : response.headers) {
        if (field.size() > wire.size() &&
            equals_ignoring_case(std::string_view(field).substr(0, wire.size()), wire)) {
          map[field.substr(wire.size())] = value;
        }
      }
      out[upper_first(name)] = std::move(map);
    }
  }
}

Result<Json> read_body(const ServiceModel& model, const Json& shape, const std::string& body) {
  if (body.empty()) return Json::object();
  if (model.protocol() == "json" || model.protocol() == "rest-json") {
    const auto json = parse_json(body);
    if (!json) return unreadable(json.error().cause);
    return JsonAnswer(model).structure(shape, *json);
  }
  const auto xml = read_xml(body);
  if (!xml) return unreadable(xml.error().cause);
  return XmlAnswer(model).structure(shape, *xml);
}

Result<Json> read_rest(const ServiceModel& model, const Json& shape, const HttpResponse& response) {
  Json out = Json::object();
  const std::string payload = shape.value("payload", "");
  if (payload.empty()) {
    PD_TRY(body, read_body(model, shape, response.body));
    out = std::move(body);
  } else {
    const Json& inner = model.shape_of(shape.at("members").at(payload));
    if (inner.value("type", "") == "structure") {
      PD_TRY(body, read_body(model, inner, response.body));
      out[upper_first(payload)] = std::move(body);
    } else {
      out[upper_first(payload)] = content_text(response.body);
    }
  }
  read_head(model, shape, response, out);
  return out;
}

Result<Json> read_output(const ServiceModel& model, const Json& operation,
                         const HttpResponse& response) {
  if (!operation.contains("output")) return Json::object();
  const Json& output = operation.at("output");
  const Json& shape = model.shape_of(output);
  if (model.protocol().starts_with("rest-")) return read_rest(model, shape, response);
  if (model.protocol() == "json" || response.body.empty()) {
    return read_body(model, shape, response.body);
  }
  const auto xml = read_xml(response.body);
  if (!xml) return unreadable(xml.error().cause);
  const XmlElement* root = &*xml;
  const std::string wrapper = output.value("resultWrapper", "");
  if (!wrapper.empty()) root = root->child(wrapper);
  return root == nullptr ? Json::object() : XmlAnswer(model).structure(shape, *root);
}

// ---- errors
// ---------------------------------------------------------------------------------------
// "aws.protocoltests#FooError:http://..." -> "FooError"
std::string bare_code(std::string_view code) {
  code = code.substr(0, code.find(':'));
  const size_t hash = code.rfind('#');
  return std::string(hash == code.npos ? code : code.substr(hash + 1));
}

void read_json_error(const HttpResponse& response, WireAnswer& answer) {
  answer.error->code = bare_code(response.headers.get("x-amzn-errortype"));
  const auto json = parse_json(response.body);
  if (!json || !json->is_object()) return;
  for (const char* name : {"code", "__type"}) {
    const auto found = json->find(name);
    if (found != json->end() && found->is_string()) {
      answer.error->code = bare_code(found->get<std::string>());
    }
  }
  for (const char* name : {"errorMessage", "Message", "message"}) {
    const auto found = json->find(name);
    if (found != json->end() && found->is_string())
      answer.error->message = found->get<std::string>();
  }
  // Services that once spoke the query protocol still tell their codes of then.
  const std::string_view query = response.headers.get("x-amzn-query-error");
  if (!query.empty()) answer.error->code = std::string(query.substr(0, query.find(';')));
}

void read_xml_error(const HttpResponse& response, WireAnswer& answer) {
  const auto xml = read_xml(response.body);
  if (!xml) return;
  const XmlElement* error = xml->find("Error");
  if (error == nullptr) error = &*xml;
  answer.error->code = std::string(error->child_text("Code"));
  answer.error->message = std::string(error->child_text("Message"));
  for (const char* name : {"RequestId", "RequestID"}) {
    const XmlElement* id = xml->find(name);
    if (id != nullptr && answer.request_id.empty()) answer.request_id = id->text;
  }
}

// The exception of the operation that the code means.
std::string exception_of(const ServiceModel& model, const Json& operation,
                         const std::string& code) {
  const Json errors = operation.value("errors", Json::array());
  for (const Json& one : errors) {
    const std::string name = one.value("shape", "");
    const Json& shape = model.shape(name);
    const Json error = shape.value("error", Json::object());
    if (name == code || error.value("code", "") == code) return name;
  }
  return "";
}

std::string first_field(const HttpResponse& response, std::initializer_list<const char*> names) {
  for (const char* name : names) {
    if (const auto field = response.headers.find(name)) return std::string(*field);
  }
  return "";
}

}  // namespace

Result<WireAnswer> wire_answer(const ServiceModel& model, const std::string& name,
                               const HttpResponse& response) {
  const Json* operation = model.operation(name);
  PD_ASSERT(operation != nullptr);
  WireAnswer answer;
  answer.request_id =
      first_field(response, {"x-amzn-requestid", "x-amz-request-id", "x-amz-requestid"});
  answer.extended_request_id = first_field(response, {"x-amz-id-2"});
  if (response.status / 100 == 2) {
    PD_TRY(output, read_output(model, *operation, response));
    answer.output = std::move(output);
    return answer;
  }
  answer.error = ServiceError{"", "", response.status, false};
  const bool json = model.protocol() == "json" || model.protocol() == "rest-json";
  json ? read_json_error(response, answer) : read_xml_error(response, answer);
  if (answer.error->code.empty()) {
    answer.error->code = std::to_string(response.status);
    answer.error->message = std::string(reason_phrase(response.status));
  }
  answer.exception = exception_of(model, *operation, answer.error->code);
  answer.error->modelled = !answer.exception.empty();
  return answer;
}

}  // namespace perdure::executors
