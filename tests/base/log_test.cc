#include "base/log.h"

#include <gtest/gtest.h>

#include "base/json.h"
#include "base/time.h"

namespace perdure {
namespace {

TEST(Log, json_entries_are_one_line_each) {
  testing::internal::CaptureStderr();
  start_log(LogFormat::json, LogLevel::info);
  log_info("hello {} \"{}\"\n{}", 42, "quoted", "\xff");
  log_debug("below the level");
  start_log(LogFormat::text, LogLevel::info);
  const std::string out = testing::internal::GetCapturedStderr();
  ASSERT_EQ(std::count(out.begin(), out.end(), '\n'), 1) << out;
  const auto entry = parse_json(out);
  ASSERT_TRUE(entry) << out;
  EXPECT_EQ((*entry)["level"], "info");
  EXPECT_EQ((*entry)["message"], "hello 42 \"quoted\"\n\xef\xbf\xbd");
  EXPECT_TRUE(parse_iso8601((*entry)["time"].get<std::string>()));
}

TEST(Log, text_entries_carry_no_control_characters) {
  testing::internal::CaptureStderr();
  log_warning("one\ntwo\x1b[31m");
  const std::string out = testing::internal::GetCapturedStderr();
  EXPECT_NE(out.find(" warning one two [31m\n"), std::string::npos) << out;
}

TEST(Log, knows_the_words_of_the_command_line) {
  EXPECT_EQ(log_format_named("json"), LogFormat::json);
  EXPECT_EQ(log_format_named("xml"), std::nullopt);
  EXPECT_EQ(log_level_named("warning"), LogLevel::warning);
  EXPECT_EQ(log_level_named("loud"), std::nullopt);
}

}  // namespace
}  // namespace perdure
