#include "executors/integrations/settings.h"

#include <algorithm>
#include <initializer_list>

#include "base/net/http_url.h"

namespace perdure::executors {
namespace {

Error bad(const std::string& what) { return invalid("InvalidSettings", what); }

// `pattern` with * for any text, the empty one too.
bool fits(std::string_view pattern, std::string_view text) {
  const size_t star = pattern.find('*');
  if (star == pattern.npos) return pattern == text;
  if (!text.starts_with(pattern.substr(0, star))) return false;
  const std::string_view rest = pattern.substr(star + 1);
  for (size_t at = star; at <= text.size(); ++at) {
    if (fits(rest, text.substr(at))) return true;
  }
  return false;
}

// A settings object whose members are taken one by one; `rest` says what nobody has taken.
class Reader {
 public:
  Reader(const Json& json, std::string where) : json_(json), where_(std::move(where)) {}

  Result<> only(std::initializer_list<std::string_view> known) const {
    if (!json_.is_object()) return bad(where_ + " must be an object");
    for (const auto& [name, value] : json_.items()) {
      if (std::find(known.begin(), known.end(), name) == known.end()) {
        return bad("unknown setting '" + name + "' in " + where_);
      }
    }
    return {};
  }
  Result<> text(const char* name, std::string& into) const {
    const auto found = json_.find(name);
    if (found == json_.end()) return {};
    if (!found->is_string())
      return bad("'" + std::string(name) + "' in " + where_ + " must be a text");
    into = found->get<std::string>();
    return {};
  }
  const Json* find(const char* name) const {
    const auto found = json_.find(name);
    return found == json_.end() ? nullptr : &*found;
  }

 private:
  const Json& json_;
  const std::string where_;
};

Result<AwsCredentials> read_credentials(const Json& json) {
  const Reader reader(json, "credentials");
  PD_CHECK(reader.only({"accessKeyId", "secretAccessKey", "sessionToken"}));
  AwsCredentials credentials;
  PD_CHECK(reader.text("accessKeyId", credentials.access_key));
  PD_CHECK(reader.text("secretAccessKey", credentials.secret_key));
  PD_CHECK(reader.text("sessionToken", credentials.session_token));
  if (credentials.access_key.empty() || credentials.secret_key.empty()) {
    return bad("credentials need accessKeyId and secretAccessKey");
  }
  return credentials;
}

Result<> check_url(const std::string& text) {
  std::string filled = text;
  std::erase_if(filled, [](char c) { return c == '{' || c == '}'; });
  const auto url = HttpUrl::parse(filled);
  if (!url) return bad(url.error().cause);
  return {};
}

Result<ForwardRoute> read_route(const Json& json) {
  const Reader reader(json, "a route");
  PD_CHECK(reader.only({"resource", "endpoint", "plugin", "region", "credentials", "instead"}));
  ForwardRoute route;
  PD_CHECK(reader.text("resource", route.resource));
  PD_CHECK(reader.text("endpoint", route.endpoint));
  PD_CHECK(reader.text("plugin", route.plugin));
  PD_CHECK(reader.text("region", route.region));
  if (route.resource.empty()) return bad("a route needs a resource");
  if (route.endpoint.empty() == route.plugin.empty()) {
    return bad("the route of " + route.resource + " needs an endpoint or a plugin, not both");
  }
  PD_CHECK(check_url(route.endpoint.empty() ? route.plugin : route.endpoint));
  if (const Json* credentials = reader.find("credentials")) {
    PD_TRY(read, read_credentials(*credentials));
    route.credentials = std::move(read);
  }
  if (const Json* instead = reader.find("instead")) {
    if (!instead->is_boolean()) return bad("'instead' in a route must be true or false");
    route.instead = instead->get<bool>();
  }
  return route;
}

}  // namespace

bool ForwardRoute::matches(std::string_view what) const { return fits(resource, what); }

const ForwardRoute* IntegrationSettings::route(std::string_view resource) const {
  for (const ForwardRoute& route : routes) {
    if (route.matches(resource)) return &route;
  }
  return nullptr;
}

Result<IntegrationSettings> IntegrationSettings::parse(std::string_view text) {
  PD_TRY(json, parse_json(text));
  const Reader reader(json, "the file");
  PD_CHECK(reader.only({"reach", "caFile", "models", "credentials", "pollSeconds", "routes"}));
  IntegrationSettings settings;
  if (const Json* reach = reader.find("reach")) {
    const bool texts = reach->is_array() && std::all_of(reach->begin(), reach->end(),
                                                        [](auto& one) { return one.is_string(); });
    if (!texts) return bad("'reach' must be a list of texts");
    settings.reach = reach->get<std::vector<std::string>>();
  }
  PD_CHECK(AddressPolicy::parse(settings.reach));
  PD_CHECK(reader.text("caFile", settings.ca_file));
  PD_CHECK(reader.text("models", settings.models));
  if (const Json* credentials = reader.find("credentials")) {
    PD_TRY(read, read_credentials(*credentials));
    settings.credentials = std::move(read);
  }
  if (const Json* poll = reader.find("pollSeconds")) {
    const bool fine =
        poll->is_number() && poll->get<double>() >= 0.1 && poll->get<double>() <= 3600;
    if (!fine) return bad("'pollSeconds' must be a number from 0.1 to 3600");
    settings.poll_ms = int64_t(poll->get<double>() * 1000);
  }
  if (const Json* routes = reader.find("routes")) {
    if (!routes->is_array()) return bad("'routes' must be a list");
    for (const Json& one : *routes) {
      PD_TRY(route, read_route(one));
      settings.routes.push_back(std::move(route));
    }
  }
  return settings;
}

}  // namespace perdure::executors
