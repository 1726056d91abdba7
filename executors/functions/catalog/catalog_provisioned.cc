// What is provisioned for versions and aliases of a function.

#include "executors/functions/catalog/catalog.h"

namespace perdure::executors {
namespace {

constexpr int64_t most_unreserved = 900;  // AWS's quota without what it keeps for other functions

Error bad_parameter(std::string cause) {
  return invalid("InvalidParameterValueException", std::move(cause));
}

Error conflict(std::string cause) {
  return Error{ErrorKind::conflict, "ResourceConflictException", std::move(cause)};
}

Result<> check_amount(const FunctionConfiguration& latest, const std::string& qualifier,
                      int64_t count) {
  int64_t sum = count;
  for (const auto& [other, wanted] : latest.provisioned) {
    if (other != qualifier) sum += wanted.count;
  }
  if (latest.reserved_concurrency && sum > *latest.reserved_concurrency) {
    return bad_parameter(
        "Requested Provisioned Concurrency should not be greater than the "
        "reservedConcurrentExecution for function");
  }
  if (!latest.reserved_concurrency && sum > most_unreserved) {
    return bad_parameter(
        "Specified ConcurrentExecutions for function is greater than account's unreserved "
        "concurrency [" +
        std::to_string(most_unreserved) + "].");
  }
  return {};
}

Result<> check_published(const FunctionName& name) {
  if (!name.qualifier.empty() && name.qualifier != "$LATEST") return {};
  return bad_parameter(
      "Provisioned Concurrency Configs cannot be applied to unpublished function versions.");
}

}  // namespace

// A version has its own, or its alias has; never both.
Result<> FunctionCatalog::check_provisioned_once(const FunctionName& name,
                                                 const FunctionConfiguration& latest) const {
  PD_TRY(version, find(name));
  for (const auto& [qualifier, wanted] : latest.provisioned) {
    if (qualifier == name.qualifier) continue;
    const auto other = find({name.tenant, name.name, qualifier});
    if (!other || (*other)->version != version->version) continue;
    if (qualifier == version->version) {
      return conflict(
          "Alias can't be used for Provisioned Concurrency configuration on an already Provisioned "
          "version");
    }
    if (name.qualifier == version->version) {
      return conflict("Version is pointed by a Provisioned Concurrency alias");
    }
  }
  return {};
}

void FunctionCatalog::provision(const FunctionName& name, int64_t count,
                                Done<FunctionConfiguration> done) {
  const auto change = [&](FunctionConfiguration& latest) -> Result<> {
    PD_CHECK(check_published(name));
    PD_CHECK(check_provisioned_once(name, latest));
    PD_CHECK(check_amount(latest, name.qualifier, count));
    latest.provisioned[name.qualifier] = {count, clock_.now_ms()};
    return {};
  };
  change_beside(name, change, std::move(done));
}

void FunctionCatalog::unprovision(const FunctionName& name, Done<FunctionConfiguration> done) {
  const auto change = [&](FunctionConfiguration& latest) -> Result<> {
    PD_CHECK(check_published(name));
    PD_CHECK(find(name));
    latest.provisioned.erase(name.qualifier);
    return {};
  };
  change_beside(name, change, std::move(done));
}

}  // namespace perdure::executors
