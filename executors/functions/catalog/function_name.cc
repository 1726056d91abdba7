#include "executors/functions/catalog/function_name.h"

#include <vector>

#include "engine/access.h"

namespace perdure::executors {
namespace {

constexpr size_t max_name = 140;  // AWS's model; 64 for a bare name is the API's rule

bool is_name(std::string_view text, std::string_view also = {}) {
  if (text.empty() || text.size() > max_name) return false;
  for (char c : text) {
    bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                 c == '-' || c == '_' || also.find(c) != also.npos;
    if (!plain) return false;
  }
  return true;
}

std::vector<std::string_view> split(std::string_view text) {
  std::vector<std::string_view> parts;
  for (;;) {
    size_t colon = text.find(':');
    parts.push_back(text.substr(0, colon));
    if (colon == text.npos) return parts;
    text.remove_prefix(colon + 1);
  }
}

}  // namespace

std::string function_arn(const engine::Tenant& tenant, std::string_view name) {
  return "arn:aws:lambda:" + tenant.region + ":" + tenant.account +
         ":function:" + std::string(name);
}

std::string FunctionName::arn() const { return function_arn(tenant, name); }

std::string FunctionName::qualified_arn() const {
  return qualifier.empty() ? arn() : arn() + ":" + qualifier;
}

Error function_not_found(std::string_view arn) {
  return Error{ErrorKind::not_found, "ResourceNotFoundException",
               "Function not found: " + std::string(arn)};
}

Error outdated_revision() {
  return Error{ErrorKind::conflict, "PreconditionFailedException",
               "The Revision Id provided does not match the latest Revision Id. Call the "
               "GetFunction/GetAlias API to retrieve the latest Revision Id"};
}

Result<FunctionName> parse_function_name(const engine::Tenant& tenant, std::string_view text) {
  FunctionName result{.tenant = tenant};
  std::vector<std::string_view> parts = split(text);
  size_t at = 0;
  if (parts.size() >= 7 && parts[0] == "arn" && parts[2] == "lambda" && parts[5] == "function") {
    if (!parts[3].empty()) result.tenant.region = parts[3];
    if (!parts[4].empty()) result.tenant.account = parts[4];
    at = 6;
  } else if (parts.size() >= 3 && parts[1] == "function") {
    result.tenant.account = parts[0];
    at = 2;
  }
  bool shape = parts.size() == at + 1 || parts.size() == at + 2;
  if (!shape || !is_name(parts[at]) || (parts.size() == at + 2 && !is_name(parts[at + 1], "$"))) {
    return invalid("InvalidParameterValueException",
                   "'" + std::string(text.substr(0, 200)) + "' does not name a function");
  }
  if (at > 0) {
    PD_CHECK(engine::check_own(tenant, engine::account_principal(tenant), "lambda:InvokeFunction",
                               function_arn(result.tenant, parts[at])));
  }
  result.name = parts[at];
  if (parts.size() == at + 2) result.qualifier = parts[at + 1];
  return result;
}

Result<> add_qualifier(FunctionName& name, std::string_view qualifier) {
  if (qualifier.empty()) return {};
  if (!name.qualifier.empty() && name.qualifier != qualifier) {
    return invalid("InvalidParameterValueException",
                   "The derived qualifier from the function name does not match the specified "
                   "qualifier.");
  }
  name.qualifier = qualifier;
  return {};
}

}  // namespace perdure::executors
