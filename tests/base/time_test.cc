#include "base/time.h"

#include <gtest/gtest.h>

namespace perdure {
namespace {

TEST(Time, writes_milliseconds) {
  EXPECT_EQ(iso8601_ms(0), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(iso8601_ms(1'795'237'669'123), "2026-11-21T05:07:49.123Z");
  EXPECT_EQ(iso8601_ms(-1), "1969-12-31T23:59:59.999Z");
  EXPECT_EQ(iso8601_ms(951'782'400'000), "2000-02-29T00:00:00.000Z");
}

TEST(Time, reads_what_it_writes) {
  for (int64_t ms = -4'000'000'000'000; ms < 9'000'000'000'000; ms += 86'399'123'457) {
    EXPECT_EQ(parse_iso8601(iso8601_ms(ms)), ms);
  }
}

TEST(Time, reads_offsets_fractions_and_missing_seconds) {
  EXPECT_EQ(parse_iso8601("2012-10-09T19:00:55Z"), 1'349'809'255'000);
  EXPECT_EQ(parse_iso8601("2016-03-05T21:29:29.243167252Z"), 1'457'213'369'243);
  EXPECT_EQ(parse_iso8601("2024-01-01T00:00:00.5+01:30"), 1'704'067'200'500 - 5'400'000);
  EXPECT_EQ(parse_iso8601("2024-01-01T00:00-18:00"), 1'704'067'200'000 + 18 * 3'600'000);
  EXPECT_EQ(parse_iso8601("2024-01-01t00:00z"), 1'704'067'200'000);
  EXPECT_EQ(parse_iso8601("2024-01-01T00:00:00.12345678901234567890Z"), 1'704'067'200'123);
}

// The first six are texts that AWS refuses in its recorded answers.
TEST(Time, refuses_any_other_text) {
  for (const char* wrong : {"2016-13-05T21:29:29Z",
                            "2016-12-05T25:29:29Z",
                            "2016-12-05T21:29:29",
                            "2016-12-05 21:29:29Z",
                            "2024-01-01T00:00:00.000000",
                            "2023-02-24 12:15:56.832957",
                            "2023-02-29T00:00:00Z",
                            "2023-00-10T00:00:00Z",
                            "2023-01-00T00:00:00Z",
                            "2024-01-01T24:00:00Z",
                            "2024-01-01T00:00:60Z",
                            "2024-01-01T00:00:00.Z",
                            "2024-01-01T00:00:00+18:01",
                            "2024-01-01T00:00:00+0100",
                            "2024-01-01T00:00:00Z ",
                            " 2024-01-01T00:00:00Z",
                            "2024-1-01T00:00:00Z",
                            "2024-01-01",
                            "2024-01-01T00Z",
                            "",
                            "Z"}) {
    EXPECT_EQ(parse_iso8601(wrong), std::nullopt) << wrong;
  }
}

}  // namespace
}  // namespace perdure
