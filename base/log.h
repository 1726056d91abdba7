#pragma once
// The log of the process, on stderr, one line an entry: the one thing that is global.
// Safe from any thread. Before start_log, entries of level info and above are written as text.

#include <fmt/format.h>

#include <optional>
#include <string_view>

namespace perdure {

enum class LogFormat { text, json };
enum class LogLevel { debug, info, warning, error };

// The words of --log-format and --log-level; nothing for another word.
std::optional<LogFormat> log_format_named(std::string_view name);
std::optional<LogLevel> log_level_named(std::string_view name);

// json: {"time":"2026-11-21T05:07:49.123Z","level":"info","message":"..."}
void start_log(LogFormat format, LogLevel lowest);
bool log_writes(LogLevel level);
void write_log(LogLevel level, std::string_view message);

template <class... Arguments>
void log_at(LogLevel level, fmt::format_string<Arguments...> format, Arguments&&... arguments) {
  if (log_writes(level))
    write_log(level, fmt::format(format, std::forward<Arguments>(arguments)...));
}
template <class... Arguments>
void log_debug(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
  log_at(LogLevel::debug, format, std::forward<Arguments>(arguments)...);
}
template <class... Arguments>
void log_info(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
  log_at(LogLevel::info, format, std::forward<Arguments>(arguments)...);
}
template <class... Arguments>
void log_warning(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
  log_at(LogLevel::warning, format, std::forward<Arguments>(arguments)...);
}
template <class... Arguments>
void log_error(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
  log_at(LogLevel::error, format, std::forward<Arguments>(arguments)...);
}

}  // namespace perdure
