#include "api/aws/query_protocol.h"

#include <utility>

#include "api/http/answers.h"
#include "base/xml.h"

namespace perdure::api {
namespace {

std::string escaped(std::string_view text) { return xml_escaped(text, XmlControls::left_out); }

}  // namespace

QueryEndpoint::QueryEndpoint(Service service) : service_(std::move(service)) {
  for (const Operation& operation : service_.operations) by_name_[operation.name] = &operation;
}

void write_xml(const Json& value, std::string& out) {
  if (value.is_object()) {
    for (const auto& [name, member] : value.items()) {
      out += "<" + name + ">";
      write_xml(member, out);
      out += "</" + name + ">";
    }
  } else if (value.is_array()) {
    for (const Json& element : value) {
      out += "<member>";
      write_xml(element, out);
      out += "</member>";
    }
  } else {
    out += value.is_string() ? escaped(value.get_ref<const std::string&>()) : dump_json(value);
  }
}

std::string QueryEndpoint::name_space() const {
  return "https://" + service_.name + ".amazonaws.com/doc/" + service_.version + "/";
}

void QueryEndpoint::handle(HttpRequest request, Caller caller, Respond respond) const {
  std::string id = caller.request_id;
  const auto form =
      parse_query(request.method == "GET" ? request.query() : std::string_view(request.body));
  if (!form) {
    return respond(error_response(invalid("MalformedInput", "The form is not well encoded"), id));
  }
  auto call = std::make_shared<Call>();
  std::string action;
  for (const auto& [name, value] : *form) {
    if (name == "Action") action = value;
    call->json[name] = value;
  }
  const auto found = by_name_.find(action);
  if (found == by_name_.end()) {
    return respond(error_response(invalid("InvalidAction", "Could not find operation " + action +
                                                               " for version " + service_.version),
                                  id));
  }
  if (const auto checked = check_input(found->second->input, call->json); !checked) {
    return respond(error_response(checked.error(), id));
  }
  call->tenant = std::move(caller.tenant);
  call->access_key = std::move(caller.access_key);
  call->request_id = id;
  const auto finish = [this, respond = std::move(respond), action, id](Result<Answer> answer) {
    if (!answer) return respond(error_response(answer.error(), id));
    std::string xml =
        "<" + action + "Response xmlns=\"" + name_space() + "\"><" + action + "Result>";
    write_xml(answer->json, xml);
    xml += "</" + action + "Result><ResponseMetadata><RequestId>" + id +
           "</RequestId></ResponseMetadata></" + action + "Response>";
    respond(response(200, std::move(xml), id));
  };
  found->second->handler(std::move(call), finish);
}

HttpResponse QueryEndpoint::response(int status, std::string body,
                                     const std::string& request_id) const {
  HttpResponse response;
  response.status = status;
  add_header(response, "Content-Type", "text/xml");
  add_header(response, "x-amzn-RequestId", request_id);
  response.body = std::move(body);
  return response;
}

HttpResponse QueryEndpoint::error_response(const Error& error,
                                           const std::string& request_id) const {
  const int status = status_of(error);
  std::string xml = "<ErrorResponse xmlns=\"" + name_space() + "\"><Error><Type>";
  xml += status >= 500 ? "Receiver" : "Sender";
  xml += "</Type><Code>" + escaped(error.name) + "</Code><Message>" + escaped(error.cause) +
         "</Message></Error><RequestId>" + request_id + "</RequestId></ErrorResponse>";
  return response(status, std::move(xml), request_id);
}

}  // namespace perdure::api
