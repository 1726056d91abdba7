#include "engine/journal/codec.h"

#include <gtest/gtest.h>

#include "base/hash.h"
#include "engine/journal/varint.h"
#include "tests/engine/journal/unhex.h"

namespace perdure::engine::journal {
namespace {

using asl::Entry;
using asl::EntryType;
using asl::Field;
using asl::Payload;
using asl::PayloadOrigin;

constexpr int64_t start_ms = 1'700'000'000'000;

Entry event(EntryType type, int64_t id, int64_t previous, int64_t at_ms = start_ms) {
  Entry entry(type, 0);
  entry.id = id;
  entry.previous = previous;
  entry.timestamp_ms = at_ms;
  return entry;
}
Entry note(EntryType type, asl::FrameId frame, int64_t at_ms = start_ms) {
  Entry entry(type, frame);
  entry.timestamp_ms = at_ms;
  return entry;
}
Payload written_at(std::string text, int64_t id, Field field) {
  return Payload(std::move(text)).with_origin({id, static_cast<uint8_t>(field)});
}

// The worked example of docs/journal.md.
std::vector<Entry> example() {
  const Payload input = written_at(R"({"a":1})", 1, Field::input);
  std::vector<Entry> entries = {event(EntryType::ExecutionStarted, 1, 0),
                                event(EntryType::WaitStateEntered, 2, 0),
                                note(EntryType::TimerArmed, 0, start_ms + 3)};
  entries[0].set(Field::input, input).set(Field::role_arn, "r");
  entries[1].set(Field::name, "W").set(Field::input, input);
  entries[2].set(Field::due_ms, start_ms + 5'000);
  return entries;
}

// What follows it: a text of the row before, the same text twice, two frames, a large payload.
std::vector<Entry> sequel() {
  const Payload input = written_at(R"({"a":1})", 1, Field::input);
  std::vector<Entry> entries = {event(EntryType::WaitStateExited, 3, 2, start_ms + 5'000),
                                event(EntryType::PassStateEntered, 4, 3, start_ms + 5'000),
                                event(EntryType::PassStateExited, 5, 4, start_ms + 4'990)};
  entries[0].set(Field::name, "W").set(Field::output, input).set(Field::next, "P");
  entries[1].frame = 7;
  entries[1].set(Field::name, "P").set(Field::input, std::string(70'000, 'x'));
  entries[2].frame = 7;
  entries[2].set(Field::name, "P").set(Field::output, std::string(300, 'y'));
  return entries;
}

const std::string example_hex =
    "010180a0abfef9620b00020201077b2261223a317d0c01017236040002010101570202010280020601410090ee"
    "abfef962";
const std::string sequel_hex =
    "010390eeabfef962370003010101570302010240010150260107020103010204f0a204bca09f4a757d5571c7d9f334"
    "1d4301f3c391c090826acc1a3013c6bcb7c01722270213020103010301ac02" +
    hex(std::string(300, 'y'));

std::unique_ptr<Blobs> blobs_of_the_sequel() {
  auto blobs = memory_blobs();
  EXPECT_TRUE(blobs->put(std::string(70'000, 'x')));
  return blobs;
}

std::string cause_of(std::string_view data) {
  const auto blobs = memory_blobs();
  const auto decoded = Decoder(*blobs).decode(data);
  return decoded ? "decoded" : decoded.error().cause;
}

TEST(Codec, FrozenRowsAreWrittenAndReadAsEver) {
  EXPECT_EQ(hex(encode(example()).data), example_hex);
  EXPECT_EQ(hex(encode(sequel()).data), sequel_hex);
  const auto blobs = blobs_of_the_sequel();
  Decoder decoder(*blobs);
  const auto first = decoder.decode(unhex(example_hex));
  ASSERT_TRUE(first) << first.error().cause;
  EXPECT_EQ(*first, example());
  const auto second = decoder.decode(unhex(sequel_hex));
  ASSERT_TRUE(second) << second.error().cause;
  EXPECT_EQ(*second, sequel());
}

TEST(Codec, ALargePayloadIsHandedOutForTheBlobs) {
  const EncodedBurst burst = encode(sequel());
  ASSERT_EQ(burst.large.size(), 1u);
  EXPECT_EQ(burst.large[0].hash, hex(sha256(std::string(70'000, 'x'))));
  EXPECT_EQ(*burst.large[0].content, std::string(70'000, 'x'));
  EXPECT_LT(burst.data.size(), 500u);
}

TEST(Codec, ARowWithoutItsBlobIsAnError) {
  const auto blobs = memory_blobs();
  Decoder decoder(*blobs);
  ASSERT_TRUE(decoder.decode(unhex(example_hex)));
  const auto decoded = decoder.decode(unhex(sequel_hex));
  ASSERT_FALSE(decoded);
  EXPECT_EQ(decoded.error().kind, ErrorKind::not_found);
}

TEST(Codec, DecodedPayloadsNameWhereTheyWereFirstWritten) {
  const auto blobs = blobs_of_the_sequel();
  Decoder decoder(*blobs);
  const auto first = decoder.decode(unhex(example_hex));
  const auto second = decoder.decode(unhex(sequel_hex));
  ASSERT_TRUE(first && second);
  const PayloadOrigin input{1, static_cast<uint8_t>(Field::input)};
  EXPECT_EQ((*first)[0].payload(Field::input).origin(), input);
  EXPECT_EQ((*first)[1].payload(Field::input).origin(), input);
  EXPECT_EQ((*second)[0].payload(Field::output).origin(), input);
  const PayloadOrigin own{5, static_cast<uint8_t>(Field::output)};
  EXPECT_EQ((*second)[2].payload(Field::output).origin(), own);
  // Written again, it costs no more than before.
  EXPECT_LE(encode(*first).data.size(), example_hex.size() / 2);
}

TEST(Codec, NumbersOfEverySizeReturn) {
  std::vector<Entry> entries = {note(EntryType::RetryScheduled, 0xffff'ffff, 0)};
  for (const int64_t number : {INT64_MIN, INT64_MAX, int64_t{-1}, int64_t{0}, int64_t{64}}) {
    entries[0].set(Field::due_ms, number);
  }
  const auto blobs = memory_blobs();
  const auto decoded = Decoder(*blobs).decode(encode(entries).data);
  ASSERT_TRUE(decoded);
  EXPECT_EQ(*decoded, entries);
}

TEST(Codec, TextsReturnByteByByteAtEveryBound) {
  std::vector<Entry> entries = {event(EntryType::TaskSucceeded, 9, 8)};
  const std::vector<size_t> sizes = {0, 1, 127, 128, 256, 257, 16'384, inline_payload_bytes};
  for (const size_t size : sizes) {
    for (int twice = 0; twice < 2; ++twice) {
      entries[0].set(Field::output, std::string(size, static_cast<char>(size % 255)));
    }
  }
  const EncodedBurst burst = encode(entries);
  EXPECT_TRUE(burst.large.empty());
  const auto blobs = memory_blobs();
  const auto decoded = Decoder(*blobs).decode(burst.data);
  ASSERT_TRUE(decoded);
  EXPECT_EQ(*decoded, entries);
}

TEST(Codec, NoEntriesAreAHeaderAlone) {
  const auto blobs = memory_blobs();
  const auto decoded = Decoder(*blobs).decode(encode({}).data);
  ASSERT_TRUE(decoded);
  EXPECT_TRUE(decoded->empty());
}

TEST(Codec, WhatALaterVersionAddsIsSkippedOrKept) {
  std::string row = unhex(
      "0105"
      "00");  // next event id 5, time 0
  row += unhex(
      "28"
      "00"
      "03");  // SucceedStateEntered with three fields:
  row += unhex(
      "c8"
      "09"
      "02"
      "6162");  // a tag and a kind that nobody knows yet
  row += unhex(
      "01"
      "05"
      "00");  // a name of a kind that nobody knows yet
  row += unhex(
      "c9"
      "00"
      "08");  // a number under an unknown tag
  row += unhex(
      "f0"
      "00"
      "01"
      "41"
      "00"
      "02");  // an unknown note with a due time of 1
  row += unhex(
      "29"
      "00"
      "01"
      "01"
      "01"
      "0153");  // SucceedStateExited, name "S"
  const auto blobs = memory_blobs();
  const auto decoded = Decoder(*blobs).decode(row);
  ASSERT_TRUE(decoded) << decoded.error().cause;
  ASSERT_EQ(decoded->size(), 3u);
  EXPECT_EQ((*decoded)[0].fields.size(), 1u);
  EXPECT_EQ((*decoded)[0].number(static_cast<Field>(0xc9)), 4);
  EXPECT_EQ((*decoded)[1].id, 0);
  EXPECT_EQ((*decoded)[1].number(Field::due_ms), 1);
  EXPECT_EQ((*decoded)[2].id, 6);
  EXPECT_EQ((*decoded)[2].previous, 5);
  EXPECT_EQ((*decoded)[2].text(Field::name), "S");
}

TEST(Codec, BrokenRowsSayWhatIsBroken) {
  EXPECT_EQ(cause_of(""), "The journal is broken: unknown version of a row.");
  EXPECT_EQ(cause_of(unhex("020100")), "The journal is broken: unknown version of a row.");
  EXPECT_EQ(cause_of(unhex("01ffffffffffffffff7f00")),
            "The journal is broken: an event id is out of range.");
  EXPECT_EQ(cause_of(unhex("010500"
                           "2800"
                           "01"
                           "02"
                           "02"
                           "01"
                           "02")),
            "The journal is broken: a reference leads nowhere.");
  EXPECT_EQ(cause_of(unhex("010500"
                           "2800"
                           "01"
                           "02"
                           "03"
                           "00")),
            "The journal is broken: a repeated text is missing.");
  EXPECT_EQ(cause_of(unhex("010500"
                           "2800"
                           "01"
                           "02"
                           "01"
                           "05"
                           "4142")),
            "The journal is broken: a row ends early.");
  // A varint of eleven bytes.
  EXPECT_EQ(cause_of(unhex("01"
                           "8080808080808080808001")),
            "The journal is broken: a row ends early.");
}

// Between two entries the loss shows only by the missing ids; everywhere else it is an error.
TEST(Codec, ATruncatedRowIsAnErrorOrAPrefix) {
  const std::string whole = unhex(example_hex);
  size_t prefixes = 0;
  for (size_t size = 0; size < whole.size(); ++size) {
    const auto blobs = memory_blobs();
    const auto decoded = Decoder(*blobs).decode(std::string_view(whole).substr(0, size));
    if (!decoded) continue;
    auto expected = example();
    ASSERT_LT(decoded->size(), expected.size());
    expected.resize(decoded->size());
    EXPECT_EQ(*decoded, expected) << "cut at byte " << size;
    EXPECT_EQ(decoded->size(), prefixes++);
  }
  EXPECT_EQ(prefixes, example().size());
}

TEST(Codec, NoDamagedByteDoesHarm) {
  const auto blobs = blobs_of_the_sequel();
  const std::string whole = unhex(sequel_hex);
  const size_t structure = whole.size() - 300;  // the rest is one text
  size_t errors = 0;
  for (size_t at = 0; at < structure; ++at) {
    for (int change = 1; change < 256; ++change) {
      Decoder decoder(*blobs);
      ASSERT_TRUE(decoder.decode(unhex(example_hex)));
      std::string damaged = whole;
      damaged[at] = static_cast<char>(damaged[at] ^ change);
      const auto decoded = decoder.decode(damaged);
      if (!decoded) {
        ++errors;
      } else {
        EXPECT_LE(decoded->size(), whole.size());
      }
    }
  }
  EXPECT_GT(errors, structure);
}

}  // namespace
}  // namespace perdure::engine::journal
