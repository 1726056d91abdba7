// How many invocations a function may have at once, and what the account has.

#include <utility>

#include "api/lambda/configuration_json.h"
#include "api/lambda/lambda.h"
#include "executors/functions/catalog/catalog.h"

namespace perdure::api {

namespace {

using executors::FunctionCatalog;
using executors::FunctionConfiguration;

// What AWS keeps of an account's quota for functions without a limit of their own. What this
// machine runs at once is another matter and bounds them all (docs/functions.md).
constexpr int64_t least_unreserved = 100;

int64_t reserved_by_others(const FunctionCatalog& catalog, const Call& call,
                           const std::string& function_arn) {
  int64_t sum = 0;
  for (const FunctionConfiguration& other : catalog.list(call.tenant)) {
    if (other.arn != function_arn) sum += other.reserved_concurrency.value_or(0);
  }
  return sum;
}

Json concurrency_json(const FunctionConfiguration& function) {
  if (!function.reserved_concurrency) return Json::object();
  return {{"ReservedConcurrentExecutions", *function.reserved_concurrency}};
}

void put_concurrency(FunctionCatalog& catalog, int64_t account, const Call& call, Done done) {
  const auto name = named_function(call);
  if (!name) return done(name.error());
  const int64_t limit = call.input().integer("ReservedConcurrentExecutions");
  if (limit + reserved_by_others(catalog, call, name->arn()) > account - least_unreserved) {
    return done(invalid("InvalidParameterValueException",
                        "Specified ReservedConcurrentExecutions for function decreases account's "
                        "UnreservedConcurrentExecution below its minimum value of [100]."));
  }
  catalog.change_beside(
      *name,
      [&](FunctionConfiguration& function) -> Result<> {
        function.reserved_concurrency = limit;
        return {};
      },
      [done = std::move(done)](Result<FunctionConfiguration> function) {
        if (!function) return done(function.error());
        done(Answer(concurrency_json(*function)));
      });
}

void delete_concurrency(FunctionCatalog& catalog, const Call& call, Done done) {
  const auto name = named_function(call);
  if (!name) return done(name.error());
  catalog.change_beside(
      *name,
      [](FunctionConfiguration& function) -> Result<> {
        function.reserved_concurrency.reset();
        return {};
      },
      [done = without_content(std::move(done))](Result<FunctionConfiguration> function) {
        if (!function) return done(function.error());
        done(true);
      });
}

Result<Answer> get_concurrency(const FunctionCatalog& catalog, const Call& call) {
  PD_TRY(name, named_function(call));
  PD_TRY(function, catalog.find({name.tenant, name.name, ""}));
  return Answer(concurrency_json(*function));
}

Result<Answer> account_settings(const FunctionCatalog& catalog, int64_t account, const Call& call) {
  int64_t count = 0;
  int64_t bytes = 0;
  for (const FunctionConfiguration& function : catalog.list(call.tenant)) {
    ++count;
    bytes += function.code_size;
  }
  return Answer(
      Json{{"AccountLimit",
            {{"TotalCodeSize", 80'530'636'800},
             {"CodeSizeUnzipped", 262'144'000},
             {"CodeSizeZipped", 52'428'800},
             {"ConcurrentExecutions", account},
             {"UnreservedConcurrentExecutions", account - reserved_by_others(catalog, call, "")}}},
           {"AccountUsage", {{"TotalCodeSize", bytes}, {"FunctionCount", count}}}});
}

Shape one_function() { return structure({in_uri("FunctionName", function_name_shape())}); }

constexpr const char* written_path = "/2017-10-31/functions/{FunctionName}/concurrency";
constexpr const char* read_path = "/2019-09-30/functions/{FunctionName}/concurrency";

}  // namespace

std::vector<Operation> limit_operations(const LambdaParts& parts) {
  executors::FunctionRuntime& runtime = parts.runtime;
  const int64_t account = parts.account_concurrency;
  std::vector<Operation> rows = {
      {"PutFunctionConcurrency",
       structure({in_uri("FunctionName", function_name_shape()),
                  required("ReservedConcurrentExecutions", integer(0))}),
       [&runtime, account](const auto& call, Done done) {
         put_concurrency(runtime.catalog(), account, *call, std::move(done));
       },
       "PUT", written_path},
      {"DeleteFunctionConcurrency", one_function(),
       [&runtime](const auto& call, Done done) {
         delete_concurrency(runtime.catalog(), *call, std::move(done));
       },
       "DELETE", written_path, 204},
      {"GetFunctionConcurrency", one_function(),
       at_once([&runtime](const Call& call) { return get_concurrency(runtime.catalog(), call); }),
       "GET", read_path},
      {"GetAccountSettings", structure({}), at_once([&runtime, account](const Call& call) {
         return account_settings(runtime.catalog(), account, call);
       }),
       "GET", "/2016-08-19/account-settings"}};
  for (Operation& row : rows) row.closed_to_functions = row.method != "GET";
  return rows;
}

}  // namespace perdure::api
