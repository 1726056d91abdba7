#include "executors/integrations/forward/wire_scalars.h"

#include <cmath>
#include <cstdlib>
#include <ctime>

#include "base/time.h"

namespace perdure::executors {
namespace {

std::optional<int64_t> milliseconds(const Json& value) {
  if (value.is_number()) return std::llround(value.get<double>() * 1000);
  if (!value.is_string()) return std::nullopt;
  const std::string text = value.get<std::string>();
  if (const auto moment = parse_iso8601(text)) return moment;
  std::tm parts{};
  const char* end = strptime(text.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
  if (end != nullptr && *end == '\0') return int64_t(timegm(&parts)) * 1000;
  char* number_end = nullptr;
  const double seconds = std::strtod(text.c_str(), &number_end);
  if (text.empty() || *number_end != '\0' || !std::isfinite(seconds)) return std::nullopt;
  return std::llround(seconds * 1000);
}

}  // namespace

std::string scalar_text(const Json& value) {
  return value.is_string() ? value.get<std::string>() : dump_json(value);
}

std::string moment_text(const Json& value, std::string_view format) {
  const auto ms = milliseconds(value);
  if (!ms) return scalar_text(value);
  if (format == "unixTimestamp") return dump_json(moment_seconds(value));
  if (format == "iso8601") return iso8601_ms(*ms);
  const std::time_t seconds = *ms / 1000;
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char text[64];
  strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts);
  return text;
}

Json moment_seconds(const Json& value) {
  const auto ms = milliseconds(value);
  if (!ms) return value;
  if (*ms % 1000 == 0) return *ms / 1000;
  return double(*ms) / 1000.0;
}

std::string moment_shown(const Json& value) {
  const auto ms = milliseconds(value);
  return ms ? iso8601_ms(*ms) : scalar_text(value);
}

}  // namespace perdure::executors
