// Journals that this format's first binary wrote: every later one reads them. The files in
// fixtures/ are frozen; a change of this test or of a file means that old data folders break.
#include <gtest/gtest.h>

#include <fstream>

#include "asl/execution/execution.h"
#include "asl/parse/parse.h"
#include "engine/journal/codec.h"
#include "source_dir.h"
#include "tests/engine/journal/unhex.h"

namespace perdure::engine::journal {
namespace {

struct Journal {
  std::string definition;
  std::vector<std::string> rows;
};

// Lines: "# comment", "definition JSON", "row HEX".
Journal read_journal(const std::string& name) {
  std::ifstream file(PERDURE_SOURCE_DIR "/tests/engine/journal/fixtures/" + name);
  EXPECT_TRUE(file) << name;
  Journal journal;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("definition ")) journal.definition = line.substr(11);
    if (line.starts_with("row ")) journal.rows.push_back(unhex(line.substr(4)));
  }
  return journal;
}

struct Folded {
  std::unique_ptr<asl::Execution> execution;
  std::vector<asl::Entry> entries;
};

Folded fold(const std::string& name) {
  const Journal journal = read_journal(name);
  const auto parsed = asl::parse_definition(journal.definition);
  if (!parsed.ok()) throw std::runtime_error("the fixture's definition is not accepted");
  Folded folded{std::make_unique<asl::Execution>(parsed.machine), {}};
  const auto blobs = memory_blobs();
  Decoder decoder(*blobs);
  for (const std::string& row : journal.rows) {
    const auto entries = decoder.decode(row);
    if (!entries) throw std::runtime_error(entries.error().cause);
    for (const asl::Entry& entry : *entries) {
      folded.execution->apply(entry);
      folded.entries.push_back(entry);
    }
  }
  return folded;
}

TEST(Fixtures, PassChoiceWait) {
  const auto [execution, entries] = fold("pass_choice.hex");
  EXPECT_EQ(status_name(execution->status()), "SUCCEEDED");
  EXPECT_EQ(execution->last_event(), 10);
  EXPECT_EQ(execution->input().text(), R"({"text":"sn\u00f6 \u2603","n":1})");
  EXPECT_EQ(execution->output().text(), R"({"text":"snö ☃","n":7})");
  EXPECT_EQ(execution->identity().name, "one");
  EXPECT_EQ(execution->identity().machine_name, "choice");
  EXPECT_EQ(execution->next_due_ms(), std::nullopt);
  EXPECT_EQ(entries.size(), 11u);
  EXPECT_EQ(entries[6].type, asl::EntryType::TimerArmed);
}

TEST(Fixtures, ATaskWithRetryAndTokenThenOneUnderWay) {
  const auto [execution, entries] = fold("task_token.hex");
  EXPECT_EQ(status_name(execution->status()), "RUNNING");
  EXPECT_EQ(execution->last_event(), 13);
  EXPECT_TRUE(execution->has_open_attempts());
  EXPECT_EQ(execution->next_due_ms(), 1'763'702'939'123);
  const asl::Frame* frame = execution->frame_of_attempt(12);
  ASSERT_NE(frame, nullptr);
  EXPECT_EQ(frame->phase, asl::Phase::task);
  EXPECT_TRUE(frame->attempt.started);
  EXPECT_EQ(frame->input.text(), R"({"q":"why","answer":{"because":[1,2.50]}})");
  EXPECT_EQ(frame->attempt.schedule.text(asl::Field::resource),
            "arn:aws:lambda:us-east-1:000000000000:function:work");
  EXPECT_EQ(entries.size(), 14u);
}

TEST(Fixtures, AMapInAParallel) {
  const auto [execution, entries] = fold("map_parallel.hex");
  EXPECT_EQ(status_name(execution->status()), "SUCCEEDED");
  EXPECT_EQ(execution->last_event(), 35);
  EXPECT_EQ(execution->output().text(),
            R"([[{"twice":2},{"twice":4},{"twice":6}],{"Error":"Oops","Cause":"it broke"}])");
  EXPECT_FALSE(execution->has_open_attempts());
  EXPECT_EQ(execution->next_due_ms(), std::nullopt);
  EXPECT_EQ(entries.size(), 38u);
}

}  // namespace
}  // namespace perdure::engine::journal
