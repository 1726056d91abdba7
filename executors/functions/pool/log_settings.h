#pragma once
// LoggingConfig of a function: where and how its log is written.

#include <string>

#include "executors/functions/function_types.h"

namespace perdure::executors {

struct LogSettings {
  bool json = false;                      // the platform's own records too
  std::string application_level{"INFO"};  // what the runtime lets through, with JSON
  bool failures_only = false;             // SystemLogLevel WARN: of the platform's records
};

LogSettings log_settings_of(const FunctionConfiguration& function);

}  // namespace perdure::executors
