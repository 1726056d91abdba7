// A function's resource policy: kept and shown as tools expect it. Who may call is decided by
// account and credentials, not by it.

#include <algorithm>
#include <utility>

#include "api/lambda/configuration_json.h"
#include "api/lambda/lambda.h"
#include "base/hash.h"
#include "base/ids.h"
#include "executors/functions/catalog/catalog.h"

namespace perdure::api {

namespace {

using executors::FunctionCatalog;
using executors::FunctionConfiguration;
using executors::FunctionName;

// Statements are kept in `extra` under this name, by qualifier; it is not shown with the function.
constexpr const char* policies = "Policies";

Json& statements_of(FunctionConfiguration& function, const std::string& qualifier) {
  Json& all = function.extra[policies];
  if (!all.is_object()) all = Json::object();
  Json& statements = all[qualifier];
  if (!statements.is_array()) statements = Json::array();
  return statements;
}

auto find_statement(Json& statements, const std::string& id) {
  return std::find_if(statements.begin(), statements.end(),
                      [&](const Json& each) { return each.at("Sid") == id; });
}

Result<Json> principal_json(const std::string& principal) {
  if (principal == "*") return Json("*");
  if (principal.starts_with("arn:")) return Json{{"AWS", principal}};
  if (principal.find('.') != principal.npos) return Json{{"Service", principal}};
  const bool account =
      principal.size() == 12 && principal.find_first_not_of("0123456789") == principal.npos;
  if (account) return Json{{"AWS", "arn:aws:iam::" + principal + ":root"}};
  return bad_parameter(
      "The provided principal was invalid. Please check the principal and try again.");
}

Result<Json> statement_json(const Input& input, const FunctionName& name) {
  PD_TRY(principal, principal_json(input.text("Principal")));
  Json statement = {{"Sid", input.text("StatementId")},
                    {"Effect", "Allow"},
                    {"Principal", std::move(principal)},
                    {"Action", input.text("Action")},
                    {"Resource", name.qualified_arn()}};
  Json condition = Json::object();
  if (input.has("SourceAccount")) {
    condition["StringEquals"]["AWS:SourceAccount"] = input.text("SourceAccount");
  }
  if (input.has("PrincipalOrgID")) {
    condition["StringEquals"]["aws:PrincipalOrgID"] = input.text("PrincipalOrgID");
  }
  if (input.has("EventSourceToken")) {
    condition["StringEquals"]["lambda:EventSourceToken"] = input.text("EventSourceToken");
  }
  if (input.has("FunctionUrlAuthType")) {
    condition["StringEquals"]["lambda:FunctionUrlAuthType"] = input.text("FunctionUrlAuthType");
  }
  if (input.flag("InvokedViaFunctionUrl")) {
    condition["Bool"]["lambda:InvokedViaFunctionUrl"] = "true";
  }
  if (input.has("SourceArn")) {
    condition["ArnLike"]["AWS:SourceArn"] = input.text("SourceArn");
  }
  if (!condition.empty()) statement["Condition"] = std::move(condition);
  return statement;
}

Error no_policy() {
  return Error{ErrorKind::not_found, "ResourceNotFoundException",
               "The resource you requested does not exist."};
}

// A policy has a revision of its own, which follows from what it says.
std::string revision_of(const Json& statements) { return uuid_of(sha256(dump_json(statements))); }

Result<> check_revision(const Input& input, const Json& statements) {
  if (!input.has("RevisionId") || input.text("RevisionId") == revision_of(statements)) return {};
  return Error{ErrorKind::conflict, "PreconditionFailedException",
               "The RevisionId provided does not match the latest RevisionId. Call the GetPolicy "
               "API to retrieve the latest Revision Id"};
}

// The function whose policy is to have one more statement.
Result<FunctionName> opened_function(const FunctionCatalog& catalog, const Call& call) {
  PD_TRY(name, named_function(call));
  PD_CHECK(catalog.find(name));
  if (name.qualifier == "$LATEST") {
    return bad_parameter("We currently do not support adding policies for $LATEST.");
  }
  return name;
}

void add(FunctionCatalog& catalog, const Call& call, Done done) {
  const auto name = opened_function(catalog, call);
  if (!name) return done(name.error());
  const auto made = statement_json(call.input(), *name);
  if (!made) return done(made.error());
  const std::string id = call.input().text("StatementId");
  const Json& statement = *made;
  const auto with_statement = [&](FunctionConfiguration& function) -> Result<> {
    Json& statements = statements_of(function, name->qualifier);
    PD_CHECK(check_revision(call.input(), statements));
    if (find_statement(statements, id) != statements.end()) {
      return Error{ErrorKind::conflict, "ResourceConflictException",
                   "The statement id (" + id +
                       ") provided already exists. Please provide a new statement id, or remove "
                       "the existing statement."};
    }
    statements.push_back(statement);
    return {};
  };
  catalog.change_beside(
      *name, with_statement,
      [done = std::move(done), statement](Result<FunctionConfiguration> function) {
        if (!function) return done(function.error());
        done(Answer(Json{{"Statement", dump_json(statement)}}));
      });
}

void remove(FunctionCatalog& catalog, const Call& call, Done done) {
  const auto name = named_function(call);
  if (!name) return done(name.error());
  const std::string id = call.input().text("StatementId");
  const auto without_statement = [&](FunctionConfiguration& function) -> Result<> {
    Json& statements = statements_of(function, name->qualifier);
    PD_CHECK(check_revision(call.input(), statements));
    const auto found = find_statement(statements, id);
    if (found == statements.end()) {
      return Error{ErrorKind::not_found, "ResourceNotFoundException",
                   "Statement " + id + " is not found in resource policy."};
    }
    statements.erase(found);
    return {};
  };
  catalog.change_beside(
      *name, without_statement,
      [done = without_content(std::move(done))](Result<FunctionConfiguration> function) {
        if (!function) return done(function.error());
        done(true);
      });
}

Result<Answer> get(const FunctionCatalog& catalog, const Call& call) {
  PD_TRY(name, named_function(call));
  PD_TRY(found, catalog.find({name.tenant, name.name, ""}));
  FunctionConfiguration function = *found;
  const Json& statements = statements_of(function, name.qualifier);
  if (statements.empty()) return no_policy();
  const Json policy = {{"Version", "2012-10-17"}, {"Id", "default"}, {"Statement", statements}};
  return Answer(Json{{"Policy", dump_json(policy)}, {"RevisionId", revision_of(statements)}});
}

Shape add_shape() {
  return structure(
      {in_uri("FunctionName", function_name_shape()),
       in_query("Qualifier", text(1, 128), "Qualifier"),
       required("StatementId", text(1, 100, "([a-zA-Z0-9-_]+)")),
       required("Action", text(0, unlimited, "(lambda:[*]|lambda:[a-zA-Z]+|[*])")),
       required("Principal", text(0, unlimited, "[^\\s]+")), optional("SourceArn", text()),
       optional("SourceAccount", text(0, 12, "\\d{12}")),
       optional("EventSourceToken", text(0, 256)), optional("PrincipalOrgID", text(12, 34)),
       optional("FunctionUrlAuthType", one_of({"NONE", "AWS_IAM"})),
       optional("InvokedViaFunctionUrl", flag()), optional("RevisionId", text())});
}

constexpr const char* policy_path = "/2015-03-31/functions/{FunctionName}/policy";

}  // namespace

std::vector<Operation> permission_operations(const LambdaParts& parts) {
  executors::FunctionRuntime& runtime = parts.runtime;
  std::vector<Operation> rows = {
      {"AddPermission", add_shape(),
       [&runtime](const auto& call, Done done) { add(runtime.catalog(), *call, std::move(done)); },
       "POST", policy_path, 201},
      {"RemovePermission",
       structure({in_uri("FunctionName", function_name_shape()),
                  in_uri("StatementId", text(1, 100)),
                  in_query("Qualifier", text(1, 128), "Qualifier"),
                  in_query("RevisionId", text(), "RevisionId")}),
       [&runtime](const auto& call, Done done) {
         remove(runtime.catalog(), *call, std::move(done));
       },
       "DELETE", "/2015-03-31/functions/{FunctionName}/policy/{StatementId}", 204},
      {"GetPolicy",
       structure({in_uri("FunctionName", function_name_shape()),
                  in_query("Qualifier", text(1, 128), "Qualifier")}),
       at_once([&runtime](const Call& call) { return get(runtime.catalog(), call); }), "GET",
       policy_path}};
  for (Operation& row : rows) row.closed_to_functions = row.method != "GET";
  return rows;
}

}  // namespace perdure::api
