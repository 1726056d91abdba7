#include "base/log.h"

#include <spdlog/formatter.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <memory>
#include <string>

#include "base/json.h"
#include "base/time.h"

namespace perdure {
namespace {

spdlog::level::level_enum level_of(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return spdlog::level::debug;
    case LogLevel::info:
      return spdlog::level::info;
    case LogLevel::warning:
      return spdlog::level::warn;
    case LogLevel::error:
      return spdlog::level::err;
  }
  return spdlog::level::err;
}

// Writes one entry as one line: a message with line ends in it stays one entry.
class LineFormatter final : public spdlog::formatter {
 public:
  explicit LineFormatter(LogFormat format) : format_(format) {}

  void format(const spdlog::details::log_msg& entry, spdlog::memory_buf_t& out) override {
    const std::string line = format_ == LogFormat::json ? json_line(entry) : text_line(entry);
    out.append(line.data(), line.data() + line.size());
  }
  std::unique_ptr<spdlog::formatter> clone() const override {
    return std::make_unique<LineFormatter>(format_);
  }

 private:
  static std::string moment(const spdlog::details::log_msg& entry) {
    const auto since_epoch = entry.time.time_since_epoch();
    return iso8601_ms(std::chrono::duration_cast<std::chrono::milliseconds>(since_epoch).count());
  }
  static std::string_view level(const spdlog::details::log_msg& entry) {
    const auto name = spdlog::level::to_string_view(entry.level);
    return {name.data(), name.size()};
  }
  static std::string json_line(const spdlog::details::log_msg& entry) {
    const Json message = std::string(entry.payload.data(), entry.payload.size());
    return fmt::format("{{\"time\":\"{}\",\"level\":\"{}\",\"message\":{}}}\n", moment(entry),
                       level(entry), dump_json(message));
  }
  static std::string text_line(const spdlog::details::log_msg& entry) {
    std::string message(entry.payload.data(), entry.payload.size());
    for (char& c : message) {
      if (static_cast<unsigned char>(c) < 0x20) c = ' ';  // no line ends, no terminal codes
    }
    return fmt::format("{} {:7} {}\n", moment(entry), level(entry), message);
  }

  const LogFormat format_;
};

std::shared_ptr<spdlog::logger> make_logger(LogFormat format, LogLevel lowest) {
  auto sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
  auto made = std::make_shared<spdlog::logger>("perdure", std::move(sink));
  made->set_formatter(std::make_unique<LineFormatter>(format));
  made->set_level(level_of(lowest));
  return made;
}

std::shared_ptr<spdlog::logger>& logger() {
  static std::shared_ptr<spdlog::logger> instance = make_logger(LogFormat::text, LogLevel::info);
  return instance;
}

}  // namespace

std::optional<LogFormat> log_format_named(std::string_view name) {
  if (name == "text") return LogFormat::text;
  if (name == "json") return LogFormat::json;
  return std::nullopt;
}

std::optional<LogLevel> log_level_named(std::string_view name) {
  if (name == "debug") return LogLevel::debug;
  if (name == "info") return LogLevel::info;
  if (name == "warning") return LogLevel::warning;
  if (name == "error") return LogLevel::error;
  return std::nullopt;
}

void start_log(LogFormat format, LogLevel lowest) {
  logger()->set_formatter(std::make_unique<LineFormatter>(format));
  logger()->set_level(level_of(lowest));
}

bool log_writes(LogLevel level) { return logger()->should_log(level_of(level)); }

void write_log(LogLevel level, std::string_view message) {
  logger()->log(level_of(level), spdlog::string_view_t(message.data(), message.size()));
}

}  // namespace perdure
