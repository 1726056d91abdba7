#pragma once
// What runtimes write to _LAMBDA_TELEMETRY_LOG_FD: log entries in frames, so that an entry of many
// lines stays one. A frame is its type (4 bytes, 0xa55a in front), the length of the entry (4
// bytes), in newer types a moment (8 bytes), the entry. Numbers are big-endian.

#include <string>
#include <string_view>

namespace perdure::executors::bridge {

class LogFrames {
 public:
  // The entries that are complete, a line each: line breaks within one become carriage returns, as
  // AWS shows them. What is no frame passes as it is.
  std::string lines_of(std::string_view bytes);

 private:
  std::string buffer_;
};

}  // namespace perdure::executors::bridge
