#include "api/states/settings.h"

#include <algorithm>

#include "engine/execution_log.h"

namespace perdure::api {

Shape logging_shape() {
  Shape group = structure({optional("logGroupArn", text(1, 256))});
  Shape destination = structure({optional("cloudWatchLogsLogGroup", std::move(group))});
  return structure({optional("level", one_of({"ALL", "ERROR", "FATAL", "OFF"})),
                    optional("includeExecutionData", flag()),
                    optional("destinations", list_of(std::move(destination)))});
}

Shape tracing_shape() { return structure({optional("enabled", flag())}); }

Shape encryption_shape() {
  return structure({optional("kmsKeyId", text(1, 2048)),
                    optional("kmsDataKeyReusePeriodSeconds", integer(60, 900)),
                    required("type", one_of({"AWS_OWNED_KEY", "CUSTOMER_MANAGED_KMS_KEY"}))});
}

namespace {

Error invalid_logging(const std::string& why) {
  return invalid("InvalidLoggingConfiguration", "Invalid Logging Configuration: " + why);
}

Json default_logging() { return {{"level", "OFF"}, {"includeExecutionData", false}}; }

Result<> check_destination(const Json& destination, const engine::LogGroups* groups) {
  const Json* group = Input(destination).find("cloudWatchLogsLogGroup");
  const auto name = engine::parse_log_group_arn(group ? Input(*group).text("logGroupArn") : "");
  if (name.name.empty()) {
    return invalid_logging("Log Destination must be the ARN of a log group that ends with ':*'.");
  }
  if (groups != nullptr && !groups->created(name.tenant, name.name)) {
    return invalid_logging("Log Destination not found.");
  }
  return {};
}

Result<Json> read_logging(const Json& given, const engine::LogGroups* groups) {
  Json logging = default_logging();
  for (const auto& [name, value] : given.items()) {
    if (!value.is_null()) logging[name] = value;
  }
  const size_t count = logging.contains("destinations") ? logging["destinations"].size() : 0;
  if (count > 1 || (count == 0 && logging["level"] != "OFF")) {
    return invalid_logging("Must specify exactly one Log Destination.");
  }
  if (count == 1) PD_CHECK(check_destination(logging["destinations"][0], groups));
  return logging;
}

Result<Json> read_encryption(const Json& given) {
  const Input input(given);
  const bool own_key = input.text("type") == "CUSTOMER_MANAGED_KMS_KEY";
  if (own_key != input.has("kmsKeyId")) {
    return invalid("InvalidEncryptionConfiguration",
                   own_key ? "Invalid Encryption Configuration: kmsKeyId is required for "
                             "CUSTOMER_MANAGED_KMS_KEY."
                           : "Invalid Encryption Configuration: kmsKeyId is not allowed for "
                             "AWS_OWNED_KEY.");
  }
  Json encryption = given;
  if (own_key && !input.has("kmsDataKeyReusePeriodSeconds")) {
    encryption["kmsDataKeyReusePeriodSeconds"] = 300;
  }
  return encryption;
}

}  // namespace

Error too_many_tags(const std::string& resource) {
  return invalid("TooManyTags", "Too many tags for resource: '" + resource + "'");
}

Result<Json> read_settings(const Json& input, const engine::LogGroups* groups) {
  Json settings = Json::object();
  const Input given(input);
  if (const Json* logging = given.find("loggingConfiguration")) {
    PD_TRY(read, read_logging(*logging, groups));
    settings["loggingConfiguration"] = std::move(read);
  }
  if (const Json* tracing = given.find("tracingConfiguration")) {
    settings["tracingConfiguration"] = {{"enabled", Input(*tracing).flag("enabled")}};
  }
  if (const Json* encryption = given.find("encryptionConfiguration")) {
    PD_TRY(read, read_encryption(*encryption));
    settings["encryptionConfiguration"] = std::move(read);
  }
  if (const Json* tags = given.find("tags")) {
    Json merged = merge_tags(Json::array(), *tags);
    if (merged.size() > max_tags) return too_many_tags(given.text("name"));
    settings["tags"] = std::move(merged);
  }
  return settings;
}

void show_settings(const Json& settings, Json& answer) {
  const auto stored = [&settings](const char* name, Json otherwise) {
    const auto found = settings.find(name);
    return found == settings.end() ? otherwise : *found;
  };
  answer["loggingConfiguration"] = stored("loggingConfiguration", default_logging());
  answer["tracingConfiguration"] = stored("tracingConfiguration", {{"enabled", false}});
  answer["encryptionConfiguration"] =
      stored("encryptionConfiguration", {{"type", "AWS_OWNED_KEY"}});
}

Json merge_tags(const Json& tags, const Json& added) {
  Json merged = tags;
  for (const Json& tag : added) {
    const Input given(tag);
    Json entry = {{"key", given.text("key")}, {"value", given.text("value")}};
    const auto same = std::find_if(merged.begin(), merged.end(),
                                   [&](const Json& t) { return t["key"] == entry["key"]; });
    if (same == merged.end()) {
      merged.push_back(std::move(entry));
    } else {
      *same = std::move(entry);
    }
  }
  return merged;
}

Json without_tags(const Json& tags, const Json& keys) {
  Json left = Json::array();
  for (const Json& tag : tags) {
    if (std::find(keys.begin(), keys.end(), tag["key"]) == keys.end()) left.push_back(tag);
  }
  return left;
}

void show_variable_references(const asl::StateMachine* machine, Json& answer) {
  if (machine == nullptr || machine->variable_references.empty()) return;
  answer["variableReferences"] = machine->variable_references;
}

}  // namespace perdure::api
