#include "executors/functions/pool/log_settings.h"

namespace perdure::executors {

LogSettings log_settings_of(const FunctionConfiguration& function) {
  LogSettings settings;
  const Json config = function.extra.value("LoggingConfig", Json::object());
  settings.json = config.value("LogFormat", "") == "JSON";
  settings.application_level = config.value("ApplicationLogLevel", settings.application_level);
  settings.failures_only = config.value("SystemLogLevel", "") == "WARN";
  return settings;
}

}  // namespace perdure::executors
