#include "executors/integrations/forward/wire_request.h"

#include <utility>

#include "base/hash.h"
#include "base/url.h"
#include "base/xml.h"
#include "executors/integrations/forward/wire_scalars.h"

namespace perdure::executors {
namespace {

std::string text_trait(const Json& member, const Json& shape, const char* name,
                       std::string otherwise) {
  const Json* found = trait(member, shape, name);
  return found != nullptr && found->is_string() ? found->get<std::string>() : otherwise;
}
bool flag_trait(const Json& member, const Json& shape, const char* name) {
  const Json* found = trait(member, shape, name);
  return found != nullptr && found->is_boolean() && found->get<bool>();
}

// ---- JSON bodies --------------------------------------------------------------------------------
class JsonBody {
 public:
  explicit JsonBody(const ServiceModel& model) : model_(model) {}

  Json value(const Json& member, const Json& given) const {
    const Json& shape = model_.shape_of(member);
    const std::string type = shape.value("type", "");
    if (type == "structure") return structure(shape, given);
    if (type == "list" && given.is_array()) {
      Json out = Json::array();
      for (const Json& item : given) out.push_back(value(shape.at("member"), item));
      return out;
    }
    if (type == "map" && given.is_object()) {
      Json out = Json::object();
      for (const auto& [key, item] : given.items()) out[key] = value(shape.at("value"), item);
      return out;
    }
    if (type == "timestamp") {
      const std::string format = text_trait(member, shape, "timestampFormat", "unixTimestamp");
      return format == "unixTimestamp" ? moment_seconds(given) : Json(moment_text(given, format));
    }
    if (type == "string" || type == "character") return scalar_text(given);
    return given;
  }

  // Members that travel elsewhere are left out.
  Json structure(const Json& shape, const Json& given) const {
    if (!given.is_object() || shape.value("document", false)) return given;
    Json out = Json::object();
    const Json members = shape.value("members", Json::object());
    for (const auto& [name, member] : members.items()) {
      const Json* one = member_of(given, name);
      if (one == nullptr || member.contains("location")) continue;
      out[member.value("locationName", name)] = value(member, *one);
    }
    return out;
  }

 private:
  const ServiceModel& model_;
};

// ---- forms (query, ec2)
// ---------------------------------------------------------------------------
class FormBody {
 public:
  FormBody(const ServiceModel& model) : model_(model), ec2_(model.protocol() == "ec2") {}

  void structure(const std::string& prefix, const Json& shape, const Json& given) {
    const Json members = shape.value("members", Json::object());
    for (const auto& [name, member] : members.items()) {
      const Json* one = member_of(given, name);
      if (one != nullptr) value(joined(prefix, name_of(member, name)), member, *one);
    }
  }
  void pair(const std::string& name, const std::string& value) {
    out += (out.empty() ? "" : "&") + percent_encode(name) + "=" + percent_encode(value);
  }

  std::string out;

 private:
  std::string name_of(const Json& member, const std::string& name) const {
    if (!ec2_) return member.value("locationName", name);
    const std::string other = upper_first(member.value("locationName", name));
    return member.value("queryName", other);
  }
  static std::string joined(const std::string& prefix, const std::string& name) {
    return prefix.empty() ? name : prefix + "." + name;
  }

  void value(const std::string& name, const Json& member, const Json& given) {
    const Json& shape = model_.shape_of(member);
    const std::string type = shape.value("type", "");
    if (type == "structure") return structure(name, shape, given);
    if (type == "list" && given.is_array()) return list(name, member, shape, given);
    if (type == "map" && given.is_object()) return map(name, member, shape, given);
    if (type == "timestamp") {
      const std::string format = text_trait(member, shape, "timestampFormat", "iso8601");
      return pair(name, moment_text(given, format));
    }
    pair(name, scalar_text(given));
  }

  void list(std::string name, const Json& member, const Json& shape, const Json& given) {
    const Json& item = shape.at("member");
    if (given.empty()) return pair(name, "");
    if (flag_trait(member, shape, "flattened")) {
      const size_t dot = name.rfind('.');
      const std::string own = item.value("locationName", "");
      if (!own.empty()) name = (dot == name.npos ? "" : name.substr(0, dot + 1)) + own;
    } else if (!ec2_) {
      name += "." + item.value("locationName", "member");
    }
    size_t number = 0;
    for (const Json& one : given) value(name + "." + std::to_string(++number), item, one);
  }

  void map(std::string name, const Json& member, const Json& shape, const Json& given) {
    if (!flag_trait(member, shape, "flattened")) name += ".entry";
    const std::string key_name = shape.at("key").value("locationName", "key");
    const std::string value_name = shape.at("value").value("locationName", "value");
    size_t number = 0;
    for (const auto& [key, one] : given.items()) {
      const std::string entry = name + "." + std::to_string(++number);
      pair(entry + "." + key_name, key);
      value(entry + "." + value_name, shape.at("value"), one);
    }
  }

  const ServiceModel& model_;
  const bool ec2_;
};

// ---- XML bodies ---------------------------------------------------------------------------------
class XmlBody {
 public:
  explicit XmlBody(const ServiceModel& model) : model_(model) {}

  std::string element(const std::string& name, const Json& member, const Json& given) const {
    const Json& shape = model_.shape_of(member);
    const std::string type = shape.value("type", "");
    if (type == "list" && given.is_array()) return list(name, member, shape, given);
    std::string inside;
    std::string attributes = name_space(member, shape);
    if (type == "structure") {
      inside = structure(shape, given, attributes);
    } else if (type == "map" && given.is_object()) {
      for (const auto& [key, one] : given.items()) {
        const std::string key_name = shape.at("key").value("locationName", "key");
        const std::string value_name = shape.at("value").value("locationName", "value");
        inside += "<entry><" + key_name + ">" + xml_escaped(key) + "</" + key_name + ">" +
                  element(value_name, shape.at("value"), one) + "</entry>";
      }
    } else if (type == "timestamp") {
      inside = moment_text(given, text_trait(member, shape, "timestampFormat", "iso8601"));
    } else {
      inside = xml_escaped(scalar_text(given));
    }
    return "<" + name + attributes + ">" + inside + "</" + name + ">";
  }

  std::string structure(const Json& shape, const Json& given, std::string& attributes) const {
    std::string out;
    const Json members = shape.value("members", Json::object());
    for (const auto& [name, member] : members.items()) {
      const Json* one = member_of(given, name);
      if (one == nullptr || member.contains("location")) continue;
      const std::string own = member.value("locationName", name);
      if (member.value("xmlAttribute", false)) {
        attributes += " " + own + "=\"" + xml_escaped(scalar_text(*one)) + "\"";
      } else {
        out += element(own, member, *one);
      }
    }
    return out;
  }

  static std::string name_space(const Json& member, const Json& shape) {
    const Json* found = trait(member, shape, "xmlNamespace");
    if (found == nullptr) return "";
    const std::string uri = found->is_object() ? found->value("uri", "") : scalar_text(*found);
    const std::string prefix = found->is_object() ? found->value("prefix", "") : "";
    return " xmlns" + (prefix.empty() ? "" : ":" + prefix) + "=\"" + xml_escaped(uri) + "\"";
  }

 private:
  std::string list(const std::string& name, const Json& member, const Json& shape,
                   const Json& given) const {
    const bool flat = flag_trait(member, shape, "flattened");
    const Json& item = shape.at("member");
    const std::string item_name = flat ? name : item.value("locationName", "member");
    std::string out;
    for (const Json& one : given) out += element(item_name, item, one);
    return flat ? out : "<" + name + ">" + out + "</" + name + ">";
  }

  const ServiceModel& model_;
};

// ---- REST
// ----------------------------------------------------------------------------------------- Fills
// the members into path, query, fields and body.
class RestRequest {
 public:
  RestRequest(const ServiceModel& model, const Json& operation, const Json& given)
      : model_(model),
        given_(given),
        input_(operation.contains("input") ? operation["input"] : Json::object()),
        shape_(model.shape_of(input_)),
        xml_(model.protocol() == "rest-xml") {}

  Result<> fill(OutgoingRequest& request, const std::string& uri) {
    std::string path = uri.substr(0, uri.find('?'));
    std::string query = uri.find('?') == uri.npos ? "" : uri.substr(uri.find('?') + 1);
    const Json members = shape_.value("members", Json::object());
    for (const auto& [name, member] : members.items()) {
      const Json* one = member_of(given_, name);
      if (one == nullptr) continue;
      const std::string where = member.value("location", "");
      const std::string wire = member.value("locationName", name);
      if (where == "uri") {
        put_in_path(path, wire, text(member, *one, "iso8601"));
      } else if (where == "querystring") {
        put_in_query(query, wire, member, *one);
      } else if (where == "header") {
        request.headers.add(wire, text(member, *one, "rfc822"));
      } else if (where == "headers" && one->is_object()) {
        for (const auto& [key, value] : one->items()) {
          request.headers.add(wire + key, scalar_text(value));
        }
      }
    }
    if (path.find('{') != path.npos) {
      return invalid("ValidationException", "Parameters are missing for the path " + path);
    }
    for (const auto& [name, value] : request.headers) {
      if (value.find_first_of("\r\n") != value.npos) {
        return invalid("ValidationException", "A parameter holds a line break: " + name);
      }
    }
    const std::string& base = request.url.path;
    request.url.path = (base.ends_with('/') ? base.substr(0, base.size() - 1) : base) + path;
    request.url.query = query;
    put_body(request);
    return {};
  }

 private:
  std::string text(const Json& member, const Json& value, const char* moment_format) const {
    const Json& shape = model_.shape_of(member);
    if (shape.value("type", "") == "timestamp") {
      return moment_text(value, text_trait(member, shape, "timestampFormat", moment_format));
    }
    if (value.is_array()) {
      std::string out;
      for (const Json& one : value) out += (out.empty() ? "" : ",") + scalar_text(one);
      return out;
    }
    if (trait(member, shape, "jsonvalue") != nullptr) return base64_encode(dump_json(value));
    return scalar_text(value);
  }

  // "{Key+}" may hold slashes.
  static void put_in_path(std::string& path, const std::string& name, const std::string& value) {
    for (const bool greedy : {false, true}) {
      const std::string place = "{" + name + (greedy ? "+}" : "}");
      const size_t at = path.find(place);
      if (at != path.npos) path.replace(at, place.size(), percent_encode(value, greedy));
    }
  }

  void put_in_query(std::string& query, const std::string& name, const Json& member,
                    const Json& value) const {
    const auto add = [&query](const std::string& key, const std::string& one) {
      query += (query.empty() ? "" : "&") + percent_encode(key) + "=" + percent_encode(one);
    };
    if (value.is_object()) {
      for (const auto& [key, one] : value.items()) {
        if (!one.is_array()) add(key, scalar_text(one));
        for (const Json& item : one.is_array() ? one : Json::array()) add(key, scalar_text(item));
      }
    } else if (value.is_array()) {
      for (const Json& one : value) add(name, scalar_text(one));
    } else {
      add(name, text(member, value, "iso8601"));
    }
  }

  void put_body(OutgoingRequest& request) const {
    const std::string payload = shape_.value("payload", "");
    if (!payload.empty()) return put_payload(request, payload);
    if (!has_body_members()) return;
    if (!xml_) {
      request.body = dump_json(JsonBody(model_).structure(shape_, given_));
      request.headers.set("Content-Type", "application/json");
      return;
    }
    const std::string root = input_.value("locationName", input_.value("shape", ""));
    std::string attributes = XmlBody::name_space(input_, shape_);
    const std::string inside = XmlBody(model_).structure(shape_, given_, attributes);
    put_xml(request, "<" + root + attributes + ">" + inside + "</" + root + ">");
  }

  void put_payload(OutgoingRequest& request, const std::string& payload) const {
    const Json* value = member_of(given_, payload);
    if (value == nullptr) return;
    const Json& member = shape_.at("members").at(payload);
    const Json& shape = model_.shape_of(member);
    if (shape.value("type", "") != "structure") {
      request.body = scalar_text(*value);
    } else if (xml_) {
      put_xml(request,
              XmlBody(model_).element(member.value("locationName", payload), member, *value));
    } else {
      request.body = dump_json(JsonBody(model_).structure(shape, *value));
      request.headers.set("Content-Type", "application/json");
    }
  }

  static void put_xml(OutgoingRequest& request, const std::string& element) {
    request.body = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>" + element;
    request.headers.set("Content-Type", "application/xml");
  }

  bool has_body_members() const {
    const Json members = shape_.value("members", Json::object());
    for (const auto& [name, member] : members.items()) {
      if (!member.contains("location")) return true;
    }
    return false;
  }

  const ServiceModel& model_;
  const Json& given_;
  const Json input_;
  const Json& shape_;
  const bool xml_;
};

}  // namespace

Result<OutgoingRequest> wire_request(const ServiceModel& model, const std::string& name,
                                     const Json& parameters, const HttpUrl& endpoint) {
  const Json* operation = model.operation(name);
  if (operation == nullptr) {
    return invalid("UnknownOperation", "The service's model has no operation " + name);
  }
  const Json http = operation->value("http", Json::object());
  OutgoingRequest request;
  request.method = http.value("method", "POST");
  request.url = endpoint;
  const std::string& protocol = model.protocol();
  if (protocol.starts_with("rest-")) {
    PD_CHECK(
        RestRequest(model, *operation, parameters).fill(request, http.value("requestUri", "/")));
    return request;
  }
  const Json input = operation->value("input", Json::object());
  const Json& shape = model.shape_of(input);
  if (protocol == "json") {
    request.headers.add("Content-Type", "application/x-amz-json-" + model.metadata("jsonVersion"));
    request.headers.add("X-Amz-Target", model.metadata("targetPrefix") + "." + name);
    request.body = dump_json(JsonBody(model).structure(shape, parameters));
    return request;
  }
  FormBody form(model);
  form.pair("Action", name);
  form.pair("Version", model.metadata("apiVersion"));
  form.structure("", shape, parameters);
  request.headers.add("Content-Type", "application/x-www-form-urlencoded; charset=utf-8");
  request.body = std::move(form.out);
  return request;
}

}  // namespace perdure::executors
