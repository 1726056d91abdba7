#include <gtest/gtest.h>

#include "base/hash.h"
#include "engine/journal/codec.h"

namespace perdure::engine::journal {
namespace {

using asl::Entry;
using asl::EntryType;
using asl::Field;
using asl::Payload;

Entry event(EntryType type, int64_t id, asl::FrameId frame = 0) {
  Entry entry(type, frame);
  entry.id = id;
  entry.previous = id - 1;
  entry.timestamp_ms = 1'000;
  return entry;
}

// A row written by version 1, byte for byte: every later binary reads it.
constexpr std::string_view frozen =
    "01 01 d00f"                     // version, first event id 1, 1000 ms
    "0b 00 02 02 01 02 7b7d"         // ExecutionStarted: input inline "{}"
    "01 01 01 61"                    //   name inline "a"
    "26 00 02 01 03 01 02 02 01 02"  // PassStateEntered: name as the row's text 1, input from (1,
                                     // 2)
    "80 03 03 c801 01 41 00 d20f";   // TimerArmed, frame 3, 100 ms later: due_ms number 1001

std::string bytes(std::string_view text) {
  std::string out, digits;
  for (const char c : text) {
    if (c != ' ') digits += c;
  }
  for (size_t i = 0; i < digits.size(); i += 2) {
    out += static_cast<char>(std::stoi(digits.substr(i, 2), nullptr, 16));
  }
  return out;
}

std::vector<Entry> frozen_entries() {
  Entry started = event(EntryType::ExecutionStarted, 1);
  started.previous = 0;
  started.set(Field::input, Payload("{}").with_origin({1, 2})).set(Field::name, "a");
  Entry entered = event(EntryType::PassStateEntered, 2);
  entered.set(Field::name, "a").set(Field::input, Payload("{}").with_origin({1, 2}));
  Entry armed(EntryType::TimerArmed, 3);
  armed.timestamp_ms = 1'100;
  armed.set(Field::due_ms, int64_t{1'001});
  return {started, entered, armed};
}

TEST(JournalFormat, WritesTheFrozenBytes) {
  const std::string data = encode(frozen_entries()).data;
  EXPECT_EQ(hex(data), hex(bytes(frozen)));
}

TEST(JournalFormat, ReadsTheFrozenBytes) {
  const auto blobs = memory_blobs();
  const auto entries = Decoder(*blobs).decode(bytes(frozen));
  ASSERT_TRUE(entries) << entries.error().cause;
  EXPECT_EQ(*entries, frozen_entries());
}

TEST(JournalFormat, ReferencesLeadToEarlierRowsAndShareTheText) {
  const auto blobs = memory_blobs();
  Decoder decoder(*blobs);
  Entry started = event(EntryType::ExecutionStarted, 1);
  const Payload input = Payload(std::string(5'000, 'x')).with_origin({1, 2});
  started.set(Field::input, input);
  Entry entered = event(EntryType::PassStateEntered, 2);
  entered.set(Field::input, input);
  ASSERT_TRUE(decoder.decode(encode({started}).data));
  const std::string second = encode({entered}).data;
  EXPECT_LT(second.size(), 20u);
  const auto entries = decoder.decode(second);
  ASSERT_TRUE(entries);
  EXPECT_EQ(entries->front().payload(Field::input).text(), input.text());
  EXPECT_EQ(entries->front().payload(Field::input).origin(), input.origin());
}

TEST(JournalFormat, LargePayloadsAreBlobs) {
  const auto blobs = memory_blobs();
  Entry started = event(EntryType::ExecutionStarted, 1);
  started.set(Field::input, Payload(std::string(inline_payload_bytes + 1, 'y')));
  const EncodedBurst burst = encode({started});
  EXPECT_LT(burst.data.size(), 100u);
  ASSERT_EQ(burst.large.size(), 1u);
  EXPECT_FALSE(Decoder(*blobs).decode(burst.data));
  EXPECT_EQ(*blobs->put(*burst.large[0].content), burst.large[0].hash);
  const auto entries = Decoder(*blobs).decode(burst.data);
  ASSERT_TRUE(entries);
  EXPECT_EQ(*entries, std::vector{started});
}

TEST(JournalFormat, SkipsWhatALaterVersionAdds) {
  const auto blobs = memory_blobs();
  // A field of an unknown kind (9) is length-delimited.
  const auto entries =
      Decoder(*blobs).decode(bytes("01 01 d00f 0b 00 02 fa 09 03 616263 01 01 01 61"));
  ASSERT_TRUE(entries);
  EXPECT_EQ(entries->front().text(Field::name), "a");
}

TEST(JournalFormat, EveryTruncationIsAnErrorAndNoneIsACrash) {
  const auto blobs = memory_blobs();
  const std::string data = bytes(frozen);
  for (size_t size = 0; size < data.size(); ++size) {
    const auto entries = Decoder(*blobs).decode(data.substr(0, size));
    EXPECT_TRUE(!entries || entries->size() < 3);
  }
  std::string other = data;
  other[0] = 2;
  EXPECT_FALSE(Decoder(*blobs).decode(other));
}

}  // namespace
}  // namespace perdure::engine::journal
