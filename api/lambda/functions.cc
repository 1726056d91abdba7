// Create, read, change, delete and list functions.

#include <algorithm>
#include <utility>

#include "api/lambda/configuration_json.h"
#include "api/lambda/lambda.h"
#include "api/lambda/package_route.h"
#include "base/hash.h"
#include "executors/functions/catalog/catalog.h"
#include "executors/functions/catalog/package.h"

namespace perdure::api {

namespace {

using executors::FunctionConfiguration;
using executors::FunctionRuntime;

Error invalid_parameter(std::string text) {
  return invalid("InvalidParameterValueException", std::move(text));
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

// What would change how a function works, and is not there: better refused than forgotten.
constexpr std::pair<const char*, const char*> unsupported_members[] = {
    {"ImageConfig", "Container images are not supported: leave ImageConfig out"},
    {"DurableConfig", "Durable functions are not supported: leave DurableConfig out"},
    {"TenancyConfig", "Tenant isolation is not supported: leave TenancyConfig out"},
    {"CapacityProviderConfig",
     "Capacity providers are not supported: leave CapacityProviderConfig out"},
    {"PublishTo", "Capacity providers are not supported: leave PublishTo out"}};

Result<> refuse_unsupported(const Input& input) {
  if (input.text("PackageType") == "Image") {
    return invalid_parameter("Container images are not supported: use PackageType Zip");
  }
  for (const auto& [member, why] : unsupported_members) {
    if (input.has(member)) return invalid_parameter(why);
  }
  if (const std::string arn = input.text("CodeSigningConfigArn"); !arn.empty()) {
    return no_signing_config(arn);
  }
  return {};
}

// S3Bucket "hot-reload" names a folder of this machine that is used in place, as LocalStack's users
// write it.
Result<executors::FunctionCode> read_code(const LambdaParts& parts, const engine::Tenant& tenant,
                                          const Json& code) {
  const Input input(code);
  if (input.text("S3Bucket") == "hot-reload") {
    return executors::FunctionCode(executors::FolderCode{input.text("S3Key")});
  }
  if (input.has("ImageUri")) {
    return invalid_parameter("Container images are not supported: give ZipFile");
  }
  PD_TRY(zip, read_package(parts, tenant, code, "Please provide a source for function code."));
  return executors::FunctionCode(executors::ZipCode{std::move(zip)});
}

std::optional<std::vector<std::string>> read_layers(const Input& input) {
  const Json* layers = input.find("Layers");
  if (!layers) return std::nullopt;
  return layers->get<std::vector<std::string>>();
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
  create.layers = read_layers(input).value_or(std::vector<std::string>{});
  PD_TRY(code, read_code(parts, call.tenant, call.json.at("Code")));
  create.code = std::move(code);
  create.extra = kept(call.json);
  return create;
}

executors::Done<FunctionConfiguration> show_configuration(const FunctionRuntime& runtime,
                                                          Done done) {
  return [&runtime, done = std::move(done)](Result<FunctionConfiguration> function) {
    if (!function) return done(function.error());
    done(Answer(configuration_json(runtime, *function)));
  };
}

// Shows what it has become; with Publish that is a new version.
executors::Done<FunctionConfiguration> show_changed(FunctionRuntime& runtime, const Call& call,
                                                    Done done) {
  auto show = show_configuration(runtime, std::move(done));
  if (!call.input().flag("Publish")) return show;
  return [&runtime, show = std::move(show)](Result<FunctionConfiguration> function) {
    if (!function) return show(function.error());
    runtime.publish(function->tenant, function->name, {}, show);
  };
}

void create(const LambdaParts& parts, const Call& call, Done done) {
  auto request = read_create(parts, call);
  if (!request) return done(request.error());
  parts.runtime.create(std::move(*request), show_changed(parts.runtime, call, std::move(done)));
}

// All that an update is refused for, without it.
Result<FunctionConfiguration> try_update(const FunctionRuntime& runtime, const Call& call,
                                         const executors::UpdateFunction& update) {
  PD_TRY(function, runtime.find(call.tenant, call.input().text("FunctionName")));
  if (update.expected_revision_id && *update.expected_revision_id != function.revision_id) {
    return executors::outdated_revision();
  }
  if (const auto* zip = std::get_if<executors::ZipCode>(&*update.code)) {
    PD_CHECK(executors::check_package(zip->bytes));
  }
  return function;
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
                                show_changed(parts.runtime, call, std::move(done)));
  }
  show_configuration(parts.runtime, std::move(done))(try_update(parts.runtime, call, update));
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
  update.layers = read_layers(input);
  update.expected_revision_id = input.maybe_text("RevisionId");
  update.extra = kept(call.json);
  runtime.update(call.tenant, input.text("FunctionName"), std::move(update),
                 show_configuration(runtime, std::move(done)));
}

Result<FunctionConfiguration> find(const FunctionRuntime& runtime, const Call& call) {
  const Input input = call.input();
  return runtime.find(call.tenant, input.text("FunctionName"), input.text("Qualifier"));
}

Result<Answer> get_function(const LambdaParts& parts, const Call& call) {
  const FunctionRuntime& runtime = parts.runtime;
  PD_TRY(function, find(runtime, call));
  PD_TRY(latest, runtime.find(function.tenant, function.name));
  Json code = {{"RepositoryType", "S3"},
               {"Location", function.code_blob.empty()
                                ? "file://" + function.code_folder
                                : package_url(parts, function.version_arn(), function.code_blob)}};
  Json json = {{"Configuration", configuration_json(runtime, function, qualifier_of(call))},
               {"Code", std::move(code)}};
  if (const Json* tags = Input(latest.extra).find("Tags")) json["Tags"] = *tags;
  if (latest.reserved_concurrency) {
    json["Concurrency"] = {{"ReservedConcurrentExecutions", *latest.reserved_concurrency}};
  }
  return Answer(std::move(json));
}

Result<Answer> get_configuration(const FunctionRuntime& runtime, const Call& call) {
  PD_TRY(function, find(runtime, call));
  return Answer(configuration_json(runtime, function, qualifier_of(call)));
}

// With a qualifier one version is meant, never the function.
void remove(FunctionRuntime& runtime, const Call& call, Done done) {
  const auto name = named_function(call);
  if (!name) return done(name.error());
  if (name->qualifier.empty()) {
    return runtime.remove(name->tenant, name->name, without_content(std::move(done)));
  }
  if (name->qualifier == "$LATEST") {
    return done(
        invalid_parameter("$LATEST version cannot be deleted without deleting the function."));
  }
  runtime.remove_version(*name, without_content(std::move(done)));
}

Result<Answer> list(FunctionRuntime& runtime, const Call& call) {
  std::vector<FunctionConfiguration> all = runtime.list(call.tenant);
  const bool versions = call.input().text("FunctionVersion") == "ALL";
  std::vector<Listed> listed;
  for (const FunctionConfiguration& function : all) {
    listed.push_back(
        {function.name, configuration_json(runtime, function, versions ? "$LATEST" : "")});
    if (!versions) continue;
    for (const FunctionConfiguration& version : runtime.catalog().versions(function)) {
      listed.push_back({version_place(version), configuration_json(runtime, version)});
    }
  }
  return page_of("ListFunctions", "Functions", std::move(listed), call);
}

Shape logging_shape() {
  return structure({optional("LogFormat", one_of({"JSON", "Text"})),
                    optional("ApplicationLogLevel",
                             one_of({"TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"})),
                    optional("SystemLogLevel", one_of({"DEBUG", "INFO", "WARN"})),
                    optional("LogGroup", text(1, 512, "[\\.\\-_/#A-Za-z0-9]+"))});
}

Shape vpc_shape() {
  return structure({optional("SubnetIds", list_of(text(), 0, 16)),
                    optional("SecurityGroupIds", list_of(text(), 0, 5)),
                    optional("Ipv6AllowedForDualStack", flag())});
}

// Of things that are kept and shown only; an empty one takes away what was there.
Shape arn_shape() { return text(0, unlimited, "(arn:(aws[a-zA-Z-]*)?:[a-z0-9-.]+:.*)|()"); }

Shape architectures_shape() { return list_of(one_of({"x86_64", "arm64"}), 1, 1); }

std::vector<Field> configuration_fields() {
  return {
      optional("Runtime", text()),
      optional("Handler", text(0, 128, "[^\\s]+")),
      optional("Description", text(0, 256)),
      optional("Timeout", integer(1, 900)),
      optional("MemorySize", integer(128, 10'240)),
      optional("Environment", structure({optional("Variables", map_of(text()))})),
      optional("Layers", list_of(text())),
      optional("EphemeralStorage", structure({required("Size", integer(512, 10'240))})),
      optional("LoggingConfig", logging_shape()),
      optional("TracingConfig", structure({optional("Mode", one_of({"Active", "PassThrough"}))})),
      optional("DeadLetterConfig", structure({optional("TargetArn", arn_shape())})),
      optional("KMSKeyArn", arn_shape()),
      optional("VpcConfig", vpc_shape()),
      optional(
          "FileSystemConfigs",
          list_of(structure({required("Arn", text(0, 256)),
                             required("LocalMountPath", text(0, 160, "/mnt/[a-zA-Z0-9-_.]+"))}),
                  0, 1)),
      optional("SnapStart",
               structure({optional("ApplyOn", one_of({"PublishedVersions", "None"}))})),
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
  fields.push_back(optional("Architectures", architectures_shape()));
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

Result<std::string> read_package(const LambdaParts& parts, const engine::Tenant& tenant,
                                 const Json& code, const char* missing) {
  const Input input(code);
  if (auto zip = input.maybe_text("ZipFile")) {
    auto bytes = base64_decode(*zip);
    if (!bytes) return invalid("SerializationException", "ZipFile is not base64");
    return std::move(*bytes);
  }
  if (!input.has("S3Bucket") || !parts.read_object) return invalid_parameter(missing);
  constexpr int64_t max_zip_bytes = 50 << 20;
  auto zip = parts.read_object(tenant, input.text("S3Bucket"), input.text("S3Key"), max_zip_bytes);
  if (zip) return std::move(*zip);
  return invalid_parameter("Error occurred while GetObject. S3 Error Code: " + zip.error().name +
                           ". S3 Error Message: " + zip.error().cause);
}

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
       at_once([parts](const Call& call) { return get_function(parts, call); }), "GET",
       function_path},
      {"GetFunctionConfiguration", one_function(),
       at_once([&runtime](const Call& call) { return get_configuration(runtime, call); }), "GET",
       configuration_path},
      {"UpdateFunctionCode",
       code_shape({in_uri("FunctionName", function_name_shape()), optional("Publish", flag()),
                   optional("DryRun", flag()), optional("RevisionId", text()),
                   optional("Architectures", architectures_shape())}),
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
