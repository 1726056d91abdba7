#include "api/events/connection_json.h"

#include <utility>

#include "api/aws/operation.h"

namespace perdure::api {
namespace {

using executors::Connection;

Shape login_shape() {
  return text(1, 512, "[ \\t]*[^\\x00-\\x1F:\\x7F]+([ \\t]+[^\\x00-\\x1F:\\x7F]+)*[ \\t]*");
}

Shape parameter_shape(Shape key, Shape value) {
  return list_of(structure({optional("Key", std::move(key)), optional("Value", std::move(value)),
                            optional("IsValueSecret", flag())}));
}

Shape http_parameters_shape() {
  return structure(
      {optional(
           "HeaderParameters",
           parameter_shape(text(0, 512, "[!#$%&'*+-.^_`|~0-9a-zA-Z]+"),
                           text(0, 512, "[ \\t]*[\\x20-\\x7E]+([ \\t]+[\\x20-\\x7E]+)*[ \\t]*"))),
       optional("QueryStringParameters",
                parameter_shape(text(0, 512, "[^\\x00-\\x1F\\x7F]+"),
                                text(0, 512, "[^\\x00-\\x09\\x0B\\x0C\\x0E-\\x1F\\x7F]+"))),
       optional("BodyParameters", parameter_shape(text(), text()))});
}

Field needed(bool create, std::string name, Shape shape) {
  return create ? required(std::move(name), std::move(shape))
                : optional(std::move(name), std::move(shape));
}

Shape auth_shape(bool create) {
  const auto member = [create](const char* name) { return needed(create, name, login_shape()); };
  return structure(
      {optional("BasicAuthParameters", structure({member("Username"), member("Password")})),
       optional("ApiKeyAuthParameters", structure({member("ApiKeyName"), member("ApiKeyValue")})),
       optional("OAuthParameters",
                structure({needed(create, "ClientParameters",
                                  structure({member("ClientID"), member("ClientSecret")})),
                           needed(create, "AuthorizationEndpoint",
                                  text(1, 2048,
                                       "((%[0-9A-Fa-f]{2}|[-()_.!~*';/?:@\\x26=+$,A-Za-z0-9])+)"
                                       "([).!';/?:,])?")),
                           needed(create, "HttpMethod", one_of({"GET", "POST", "PUT"})),
                           optional("OAuthHttpParameters", http_parameters_shape())})),
       optional("InvocationHttpParameters", http_parameters_shape()),
       optional("ConnectivityParameters", any())});
}

// Values marked as secret are left out.
Json shown_parameters(const Json& parameters) {
  Json out = parameters;
  for (Json& list : out) {
    if (!list.is_array()) continue;
    for (Json& one : list) {
      if (one.value("IsValueSecret", false)) one.erase("Value");
    }
  }
  return out;
}

void copy(const Json& from, Json& to, std::initializer_list<const char*> members) {
  for (const char* name : members) {
    if (from.contains(name)) to[name] = from[name];
  }
}

Json shown_auth(const Connection& connection) {
  Json out = Json::object();
  if (connection.authorization == "BASIC") {
    copy(connection.part("BasicAuthParameters"), out["BasicAuthParameters"], {"Username"});
  } else if (connection.authorization == "API_KEY") {
    copy(connection.part("ApiKeyAuthParameters"), out["ApiKeyAuthParameters"], {"ApiKeyName"});
  } else {
    const Json& oauth = connection.part("OAuthParameters");
    Json& shown = out["OAuthParameters"];
    copy(oauth, shown, {"AuthorizationEndpoint", "HttpMethod"});
    copy(oauth.value("ClientParameters", Json::object()), shown["ClientParameters"], {"ClientID"});
    if (oauth.contains("OAuthHttpParameters")) {
      shown["OAuthHttpParameters"] = shown_parameters(oauth["OAuthHttpParameters"]);
    }
  }
  if (connection.auth.contains("InvocationHttpParameters")) {
    out["InvocationHttpParameters"] = shown_parameters(connection.part("InvocationHttpParameters"));
  }
  return out;
}

}  // namespace

Shape connection_name_shape() { return text(1, 64, "[\\.\\-_A-Za-z0-9]+"); }

Shape connection_shape(bool create) {
  return structure({required("Name", connection_name_shape()),
                    optional("Description", text(0, 512)),
                    needed(create, "AuthorizationType",
                           one_of({"BASIC", "OAUTH_CLIENT_CREDENTIALS", "API_KEY"})),
                    needed(create, "AuthParameters", auth_shape(create)),
                    optional("InvocationConnectivityParameters", any()),
                    optional("KmsKeyIdentifier", text(0, 2048))});
}

Json connection_summary(const Connection& connection) {
  Json json = {{"ConnectionArn", connection.arn},
               {"ConnectionState", connection.state},
               {"CreationTime", seconds(connection.created_ms)},
               {"LastModifiedTime", seconds(connection.modified_ms)}};
  if (connection.authorized_ms != 0) {
    json["LastAuthorizedTime"] = seconds(connection.authorized_ms);
  }
  return json;
}

Json connection_json(const Connection& connection) {
  Json json = connection_summary(connection);
  json["Name"] = connection.name;
  json["AuthorizationType"] = connection.authorization;
  json["SecretArn"] = connection.secret_arn();
  json["AuthParameters"] = shown_auth(connection);
  if (!connection.description.empty()) json["Description"] = connection.description;
  if (!connection.reason.empty()) json["StateReason"] = connection.reason;
  return json;
}

}  // namespace perdure::api
