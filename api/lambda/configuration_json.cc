#include "api/lambda/configuration_json.h"

#include <algorithm>
#include <cstdio>
#include <ctime>

#include "api/states/names.h"

namespace perdure::api {

using executors::FunctionConfiguration;

namespace {

std::string shown_arn(const FunctionConfiguration& function, const std::string& qualifier) {
  if (!qualifier.empty()) return function.arn + ":" + qualifier;
  return function.version == "$LATEST" ? function.arn : function.version_arn();
}

Json layers_json(const FunctionConfiguration& function) {
  Json layers = Json::array();
  for (const auto& layer : function.layers) {
    layers.push_back({{"Arn", layer.arn}, {"CodeSize", layer.code_size}});
  }
  return layers;
}

// Levels exist with JSON only.
Json logging_json(const FunctionConfiguration& function) {
  Json json = function.extra.value("LoggingConfig", Json::object());
  json["LogFormat"] = json.value("LogFormat", "Text");
  json["LogGroup"] = function.log_group();
  for (const char* level : {"ApplicationLogLevel", "SystemLogLevel"}) {
    if (json["LogFormat"] == "JSON") {
      json[level] = json.value(level, "INFO");
    } else {
      json.erase(level);
    }
  }
  return json;
}

}  // namespace

std::string lambda_time(int64_t ms) {
  const auto seconds = static_cast<std::time_t>(ms / 1000);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char text[64];
  std::snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02d.%03d+0000", parts.tm_year + 1900,
                parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec,
                int(ms % 1000));
  return text;
}

Json configuration_json(const executors::FunctionRuntime& runtime,
                        const FunctionConfiguration& function, const std::string& qualifier) {
  Json json = {{"Architectures", {"x86_64"}},
               {"EphemeralStorage", {{"Size", 512}}},
               {"TracingConfig", {{"Mode", "PassThrough"}}}};
  json.update(function.extra);
  json["LoggingConfig"] = logging_json(function);
  json["SnapStart"] = {{"ApplyOn", function.extra.value("/SnapStart/ApplyOn"_json_pointer, "None")},
                       {"OptimizationStatus", runtime.is_optimized(function) ? "On" : "Off"}};
  if (json.value("/DeadLetterConfig/TargetArn"_json_pointer, "").empty()) {
    json.erase("DeadLetterConfig");  // taken away by an empty one
  }
  if (json.value("KMSKeyArn", "").empty()) json.erase("KMSKeyArn");
  json.erase("Tags");      // shown by GetFunction and ListTags
  json.erase("Policies");  // by GetPolicy
  json.update(Json{{"FunctionName", function.name},
                   {"FunctionArn", shown_arn(function, qualifier)},
                   {"Runtime", function.runtime},
                   {"Role", function.role},
                   {"Handler", function.handler},
                   {"CodeSize", function.code_size},
                   {"CodeSha256", function.code_sha256},
                   {"Description", function.description},
                   {"Timeout", function.timeout_s},
                   {"MemorySize", function.memory_mib},
                   {"LastModified", lambda_time(function.modified_ms)},
                   {"Version", function.version},
                   {"RevisionId", function.revision_id},
                   {"PackageType", "Zip"},
                   {"State", "Active"},
                   {"LastUpdateStatus", "Successful"}});
  if (!function.environment.empty()) json["Environment"] = {{"Variables", function.environment}};
  if (!function.layers.empty()) json["Layers"] = layers_json(function);
  return json;
}

Result<executors::FunctionName> named_function(const Call& call) {
  PD_TRY(name, executors::parse_function_name(call.tenant, call.input().text("FunctionName")));
  PD_CHECK(executors::add_qualifier(name, call.input().text("Qualifier")));
  return name;
}

std::string qualifier_of(const Call& call) {
  const auto name = named_function(call);
  return name ? name->qualifier : std::string();
}

std::string version_place(const FunctionConfiguration& version) {
  const std::string& number = version.version;
  const std::string zeros(number.size() < 20 ? 20 - number.size() : 0, '0');
  return version.name + ":" + zeros + number;
}

Result<Answer> page_of(std::string_view operation, const char* member, std::vector<Listed> listed,
                       const Call& call) {
  const Input input = call.input();
  const std::string question = std::string(operation) + " " + call.tenant.account + " " +
                               call.tenant.region + " " + input.text("FunctionName") +
                               input.text("LayerName");
  auto from = listed.begin();
  if (input.has("Marker")) {
    const auto last = read_page_token(question, input.text("Marker"));
    if (!last) return invalid("InvalidParameterValueException", "Invalid pagination token");
    from = std::find_if(listed.begin(), listed.end(),
                        [&](const Listed& each) { return each.first > *last; });
  }
  const auto count = std::min<int64_t>(input.integer("MaxItems", 50), listed.end() - from);
  Json items = Json::array();
  for (auto it = from; it != from + count; ++it) items.push_back(std::move(it->second));
  Json json = {{member, std::move(items)}, {"NextMarker", nullptr}};
  if (from + count != listed.end()) {
    json["NextMarker"] = make_page_token(question, (from + count - 1)->first);
  }
  return Answer(std::move(json));
}

executors::Done<bool> without_content(Done done) {
  return [done = std::move(done)](Result<bool> result) {
    if (!result) return done(result.error());
    Answer answer;
    answer.status = 204;
    done(std::move(answer));
  };
}

}  // namespace perdure::api
