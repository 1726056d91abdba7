#include "api/aws/access.h"

#include <algorithm>
#include <utility>

#include "engine/access.h"

namespace perdure::api {

namespace {

// "111122223333:function:NAME", as Lambda takes names too, made whole.
std::string whole_arn(const Service& service, const Caller& caller, const std::string& text) {
  constexpr size_t digits = 12;
  const bool partial =
      service.name == "lambda" && text.size() > digits &&
      text.compare(digits, 10, ":function:") == 0 &&
      std::all_of(text.begin(), text.begin() + digits, [](char c) { return c >= '0' && c <= '9'; });
  return partial ? "arn:aws:lambda:" + caller.tenant.region + ":" + text : text;
}

std::string action_of(const Service& service, const Operation& operation) {
  // The one operation whose permission has another name.
  if (service.name == "lambda" && operation.name == "Invoke") return "lambda:InvokeFunction";
  return service.name + ":" + operation.name;
}

Error closed_to_functions(const Caller& caller, const std::string& action,
                          const std::string& resource) {
  return {ErrorKind::denied, "AccessDeniedException",
          "User: " + principal_of(caller) + " is not authorized to perform: " + action +
              " on resource: " + resource + " because no identity-based policy allows the " +
              action + " action"};
}

std::string function_resource(const Caller& caller, const Input& input) {
  const std::string name = input.text("FunctionName");
  if (name.starts_with("arn:")) return name;
  return "arn:aws:lambda:" + caller.tenant.region + ":" + caller.tenant.account +
         ":function:" + name;
}

}  // namespace

std::string principal_of(const Caller& caller) {
  return caller.function.empty() ? engine::account_principal(caller.tenant) : caller.function;
}

Result<> check_access(const Service& service, const Operation& operation, const Caller& caller,
                      const Json& input) {
  const std::string action = action_of(service, operation);
  if (operation.closed_to_functions && !caller.function.empty()) {
    return closed_to_functions(caller, action, function_resource(caller, Input(input)));
  }
  const std::string principal = principal_of(caller);
  for (const Field& field : operation.input.fields) {
    if (field.shape.kind != ShapeKind::text) continue;
    const auto text = Input(input).maybe_text(field.name.c_str());
    if (!text) continue;
    const std::string resource = whole_arn(service, caller, *text);
    // What another service has (a role, a key) is that service's to refuse.
    if (engine::parse_arn(resource).service != service.name) continue;
    PD_CHECK(engine::check_own(caller.tenant, principal, action, resource));
  }
  return {};
}

}  // namespace perdure::api
