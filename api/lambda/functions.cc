// Create, read, change, delete and list functions.

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <utility>

#include "api/lambda/lambda.h"
#include "api/states/names.h"
#include "base/hash.h"
#include "executors/functions/catalog/function_name.h"

namespace perdure::api {

namespace {

using executors::FunctionConfiguration;
using executors::FunctionRuntime;

Error invalid_parameter(std::string text) {
  return invalid("InvalidParameterValueException", std::move(text));
}

// "2026-11-21T05:07:49.123+0000": Lambda's own form.
std::string last_modified(int64_t ms) {
  const auto seconds = static_cast<std::time_t>(ms / 1000);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char text[64];
  std::snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02d.%03d+0000", parts.tm_year + 1900,
                parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec,
                int(ms % 1000));
  return text;
}

Json configuration_json(const FunctionConfiguration& function) {
  Json json = {{"Architectures", {"x86_64"}},
               {"EphemeralStorage", {{"Size", 512}}},
               {"TracingConfig", {{"Mode", "PassThrough"}}},
               {"LoggingConfig", {{"LogFormat", "Text"}, {"LogGroup", function.log_group()}}},
               {"SnapStart", {{"ApplyOn", "None"}, {"OptimizationStatus", "Off"}}}};
  json.update(function.extra);
  json.erase("Tags");  // shown by GetFunction and ListTags
  json.update(Json{{"FunctionName", function.name},
                   {"FunctionArn", function.arn},
                   {"Runtime", function.runtime},
                   {"Role", function.role},
                   {"Handler", function.handler},
                   {"CodeSize", function.code_size},
                   {"CodeSha256", function.code_sha256},
                   {"Description", function.description},
                   {"Timeout", function.timeout_s},
                   {"MemorySize", function.memory_mib},
                   {"LastModified", last_modified(function.modified_ms)},
                   {"Version", "$LATEST"},
                   {"RevisionId", function.revision_id},
                   {"PackageType", "Zip"},
                   {"State", "Active"},
                   {"LastUpdateStatus", "Successful"}});
  if (!function.environment.empty()) json["Environment"] = {{"Variables", function.environment}};
  return json;
}

// Members that are kept and shown again but not acted on.
constexpr const char* kept_members[] = {
    "Architectures",    "EphemeralStorage", "TracingConfig", "LoggingConfig", "VpcConfig",
    "DeadLetterConfig", "KMSKeyArn",        "SnapStart",     "Tags",          "FileSystemConfigs"};

Json kept(const Json& given) {
  Json extra = Json::object();
  for (const char* name : kept_members) {
    if (const Json* value = Input(given).find(name)) extra[name] = *value;
  }
  return extra;
}

Result<> refuse_unsupported(const Input& input) {
  if (const Json* layers = input.find("Layers"); layers && !layers->empty()) {
    return invalid_parameter("Layers are not supported yet: put their files into the package");
  }
  if (input.text("PackageType") == "Image") {
    return invalid_parameter("Container images are not supported: use PackageType Zip");
  }
  if (input.flag("Publish")) {
    return invalid_parameter("Publishing versions is not supported yet: leave Publish out");
  }
  return {};
}

// S3Bucket "hot-reload" names a folder of this machine that is used in place, as LocalStack's users
// write it.
Result<executors::FunctionCode> read_code(const LambdaParts& parts, const engine::Tenant& tenant,
                                          const Json& code) {
  const Input input(code);
  if (auto zip = input.maybe_text("ZipFile")) {
    auto bytes = base64_decode(*zip);
    if (!bytes) return invalid("SerializationException", "ZipFile is not base64");
    return executors::FunctionCode(executors::ZipCode{std::move(*bytes)});
  }
  if (input.text("S3Bucket") == "hot-reload") {
    return executors::FunctionCode(executors::FolderCode{input.text("S3Key")});
  }
  if (input.has("S3Bucket") && parts.read_object) {
    constexpr int64_t max_zip_bytes = 50 << 20;
    auto zip =
        parts.read_object(tenant, input.text("S3Bucket"), input.text("S3Key"), max_zip_bytes);
    if (zip) return executors::FunctionCode(executors::ZipCode{std::move(*zip)});
    return invalid_parameter("Error occurred while GetObject. S3 Error Code: " + zip.error().name +
                             ". S3 Error Message: " + zip.error().cause);
  }
  if (input.has("ImageUri")) {
    return invalid_parameter("Container images are not supported: give ZipFile");
  }
  return invalid_parameter("Please provide a source for function code.");
}

std::optional<std::map<std::string, std::string>> read_environment(const Input& input) {
  const Json* environment = input.find("Environment");
  if (!environment) return std::nullopt;
  const Json* variables = Input(*environment).find("Variables");
  if (!variables) return std::map<std::string, std::string>{};
  return variables->get<std::map<std::string, std::string>>();
}

std::optional<int64_t> maybe_integer(const Input& input, const char* name) {
  if (!input.has(name)) return std::nullopt;
  return input.integer(name);
}

Result<executors::CreateFunction> read_create(const LambdaParts& parts, const Call& call) {
  const Input input = call.input();
  PD_CHECK(refuse_unsupported(input));
  if (!input.has("Runtime") || !input.has("Handler")) {
    return invalid_parameter(
        "Runtime and Handler are mandatory parameters for functions created "
        "with deployment packages.");
  }
  executors::CreateFunction create;
  create.tenant = call.tenant;
  create.name = input.text("FunctionName");
  create.runtime = input.text("Runtime");
  create.handler = input.text("Handler");
  create.role = input.text("Role");
  create.description = input.text("Description");
  create.timeout_s = maybe_integer(input, "Timeout");
  create.memory_mib = maybe_integer(input, "MemorySize");
  create.environment = read_environment(input).value_or(std::map<std::string, std::string>{});
  PD_TRY(code, read_code(parts, call.tenant, call.json.at("Code")));
  create.code = std::move(code);
  create.extra = kept(call.json);
  return create;
}

executors::Done<FunctionConfiguration> show_configuration(Done done) {
  return [done = std::move(done)](Result<FunctionConfiguration> function) {
    if (!function) return done(function.error());
    done(Answer(configuration_json(*function)));
  };
}

void create(const LambdaParts& parts, const Call& call, Done done) {
  auto request = read_create(parts, call);
  if (!request) return done(request.error());
  parts.runtime.create(std::move(*request), show_configuration(std::move(done)));
}

void update_code(const LambdaParts& parts, const Call& call, Done done) {
  const Input input = call.input();
  executors::UpdateFunction update;
  const auto supported = refuse_unsupported(input);
  if (!supported) return done(supported.error());
  auto code = read_code(parts, call.tenant, call.json);
  if (!code) return done(code.error());
  update.code = std::move(*code);
  update.expected_revision_id = input.maybe_text("RevisionId");
  update.extra = kept(call.json);
  if (!input.flag("DryRun")) {
    return parts.runtime.update(call.tenant, input.text("FunctionName"), std::move(update),
                                show_configuration(std::move(done)));
  }
  show_configuration(std::move(done))(parts.runtime.find(call.tenant, input.text("FunctionName")));
}

void update_configuration(FunctionRuntime& runtime, const Call& call, Done done) {
  const Input input = call.input();
  const auto supported = refuse_unsupported(input);
  if (!supported) return done(supported.error());
  executors::UpdateFunction update;
  update.runtime = input.maybe_text("Runtime");
  update.handler = input.maybe_text("Handler");
  update.role = input.maybe_text("Role");
  update.description = input.maybe_text("Description");
  update.timeout_s = maybe_integer(input, "Timeout");
  update.memory_mib = maybe_integer(input, "MemorySize");
  update.environment = read_environment(input);
  update.expected_revision_id = input.maybe_text("RevisionId");
  update.extra = kept(call.json);
  runtime.update(call.tenant, input.text("FunctionName"), std::move(update),
                 show_configuration(std::move(done)));
}

Result<FunctionConfiguration> find(const FunctionRuntime& runtime, const Call& call) {
  const Input input = call.input();
  return runtime.find(call.tenant, input.text("FunctionName"), input.text("Qualifier"));
}

Result<Answer> get_function(const FunctionRuntime& runtime, const Call& call) {
  PD_TRY(function, find(runtime, call));
  Json code = {{"RepositoryType", "S3"}};
  if (!function.code_folder.empty()) code["Location"] = "file://" + function.code_folder;
  Json json = {{"Configuration", configuration_json(function)}, {"Code", std::move(code)}};
  if (const Json* tags = Input(function.extra).find("Tags")) json["Tags"] = *tags;
  return Answer(std::move(json));
}

Result<Answer> get_configuration(const FunctionRuntime& runtime, const Call& call) {
  PD_TRY(function, find(runtime, call));
  return Answer(configuration_json(function));
}

// With a qualifier one version is meant, never the function. There are no versions but $LATEST.
Result<> check_removed(const FunctionRuntime& runtime, const Call& call) {
  PD_TRY(name, executors::parse_function_name(call.tenant, call.input().text("FunctionName")));
  PD_CHECK(executors::add_qualifier(name, call.input().text("Qualifier")));
  if (name.qualifier.empty()) return {};
  PD_CHECK(runtime.find(call.tenant, name.name, name.qualifier));
  return invalid_parameter("$LATEST version cannot be deleted without deleting the function.");
}

void remove(FunctionRuntime& runtime, const Call& call, Done done) {
  if (const auto checked = check_removed(runtime, call); !checked) return done(checked.error());
  runtime.remove(call.tenant, call.input().text("FunctionName"),
                 [done = std::move(done)](Result<bool> removed) {
                   if (!removed) return done(removed.error());
                   Answer answer;
                   answer.status = 204;
                   done(std::move(answer));
                 });
}

Result<Answer> list(const FunctionRuntime& runtime, const Call& call) {
  const Input input = call.input();
  const std::string question = "ListFunctions " + call.tenant.account + " " + call.tenant.region;
  std::string after;
  if (input.has("Marker")) {
    auto position = read_page_token(question, input.text("Marker"));
    if (!position) return invalid_parameter("Invalid pagination token");
    after = std::move(*position);
  }
  const std::vector<FunctionConfiguration> all = runtime.list(call.tenant);
  const auto from =
      std::find_if(all.begin(), all.end(), [&](const auto& f) { return f.name > after; });
  const auto count = std::min<int64_t>(input.integer("MaxItems", 50), all.end() - from);
  Json functions = Json::array();
  for (auto it = from; it != from + count; ++it) functions.push_back(configuration_json(*it));
  Json json = {{"Functions", std::move(functions)}, {"NextMarker", nullptr}};
  if (from + count != all.end()) {
    json["NextMarker"] = make_page_token(question, (from + count - 1)->name);
  }
  return Answer(std::move(json));
}

std::vector<Field> configuration_fields() {
  return {optional("Runtime", text()),
          optional("Handler", text(0, 128, "[^\\s]+")),
          optional("Description", text(0, 256)),
          optional("Timeout", integer(1, 900)),
          optional("MemorySize", integer(128, 10'240)),
          optional("Environment", structure({optional("Variables", map_of(text()))})),
          optional("Layers", list_of(text())),
          optional("EphemeralStorage", structure({required("Size", integer(512, 10'240))})),
          optional("RevisionId", text())};
}

Shape role_shape() {
  return text(0, 10'000, "arn:(aws[a-zA-Z-]*)?:iam::\\d{12}:role/?[a-zA-Z_0-9+=,.@\\-_/]+");
}

Shape code_shape(std::vector<Field> more = {}) {
  std::vector<Field> fields = {optional("ZipFile", blob()), optional("S3Bucket", text()),
                               optional("S3Key", text()), optional("ImageUri", text())};
  std::move(more.begin(), more.end(), std::back_inserter(fields));
  return structure(std::move(fields));
}

Shape create_shape() {
  std::vector<Field> fields = configuration_fields();
  fields.push_back(required("FunctionName", function_name_shape()));
  fields.push_back(required("Role", role_shape()));
  fields.push_back(required("Code", code_shape()));
  fields.push_back(optional("Publish", flag()));
  fields.push_back(optional("PackageType", one_of({"Image", "Zip"})));
  fields.push_back(optional("Tags", map_of(text(0, 256), 50)));
  fields.push_back(optional("Architectures", list_of(one_of({"x86_64", "arm64"}), 1, 1)));
  return structure(std::move(fields));
}

Shape update_shape() {
  std::vector<Field> fields = configuration_fields();
  fields.push_back(in_uri("FunctionName", function_name_shape()));
  fields.push_back(optional("Role", role_shape()));
  return structure(std::move(fields));
}

Shape one_function() {
  return structure({in_uri("FunctionName", function_name_shape()),
                    in_query("Qualifier", text(1, 128), "Qualifier")});
}

constexpr const char* functions_path = "/2015-03-31/functions";
constexpr const char* function_path = "/2015-03-31/functions/{FunctionName}";
constexpr const char* configuration_path = "/2015-03-31/functions/{FunctionName}/configuration";

}  // namespace

std::vector<Operation> function_operations(const LambdaParts& parts) {
  FunctionRuntime& runtime = parts.runtime;
  std::vector<Operation> rows = {
      {"CreateFunction", create_shape(),
       [parts](const auto& call, Done done) { create(parts, *call, std::move(done)); }, "POST",
       functions_path, 201},
      {"ListFunctions",
       structure({in_query("Marker", text(), "Marker"),
                  in_query("MaxItems", integer(1, 10'000), "MaxItems"),
                  in_query("FunctionVersion", one_of({"ALL"}), "FunctionVersion")}),
       at_once([&runtime](const Call& call) { return list(runtime, call); }), "GET",
       functions_path},
      {"GetFunction", one_function(),
       at_once([&runtime](const Call& call) { return get_function(runtime, call); }), "GET",
       function_path},
      {"GetFunctionConfiguration", one_function(),
       at_once([&runtime](const Call& call) { return get_configuration(runtime, call); }), "GET",
       configuration_path},
      {"UpdateFunctionCode",
       code_shape({in_uri("FunctionName", function_name_shape()), optional("Publish", flag()),
                   optional("DryRun", flag()), optional("RevisionId", text())}),
       [parts](const auto& call, Done done) { update_code(parts, *call, std::move(done)); }, "PUT",
       "/2015-03-31/functions/{FunctionName}/code"},
      {"UpdateFunctionConfiguration", update_shape(),
       [&runtime](const auto& call, Done done) {
         update_configuration(runtime, *call, std::move(done));
       },
       "PUT", configuration_path},
      {"DeleteFunction", one_function(),
       [&runtime](const auto& call, Done done) { remove(runtime, *call, std::move(done)); },
       "DELETE", function_path, 204},
  };
  // Whoever can change code can become any other function.
  for (Operation& row : rows) row.closed_to_functions = row.method != "GET";
  return rows;
}

}  // namespace perdure::api
