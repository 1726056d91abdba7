// Pages of any size, in both directions, show what decoding the whole journal shows.
#include "engine/journal/page_reader.h"

#include <gtest/gtest.h>

#include "engine/journal/codec.h"
#include "tests/engine/support/world.h"

namespace perdure::engine::journal {
namespace {

// Many rows, rows of several events, payloads that lead back to earlier rows, and large ones.
const std::string loop = R"j({"StartAt":"Wait","States":{
    "Wait":{"Type":"Wait","Seconds":1,"Next":"Count"},
    "Count":{"Type":"Pass","Parameters":{"n.$":"States.MathAdd($.n,1)","order.$":"$.order"},
             "Next":"Work"},
    "Work":{"Type":"Task","Resource":"arn:aws:lambda:us-east-1:1:function:f","ResultPath":"$.r",
            "Retry":[{"ErrorEquals":["Again"],"IntervalSeconds":1,"MaxAttempts":3}],
            "Next":"More"},
    "More":{"Type":"Choice","Choices":[{"Variable":"$.n","NumericLessThan":9,"Next":"Wait"}],
            "Default":"End"},
    "End":{"Type":"Succeed"}}})j";

class PageReaderTest : public testing::Test {
 protected:
  PageReaderTest() {
    const std::string machine = world_.machine("m", loop);
    world_.start(machine, "e", R"({"n":0,"order":")" + std::string(70'000, 'o') + "\"}");
    world_.pass(120'000);
    EXPECT_EQ(world_.status(machine, "e"), "SUCCEEDED");
    arn_ = execution_arn({}, "m", "e");
    Decoder decoder(*world_.blobs);
    const auto rows = world_.store->load_journal(actor_key(arn_), 1, INT64_MAX);
    EXPECT_GT(rows->size(), 20u);
    for (const JournalRow& row : *rows) {
      const auto entries = decoder.decode(row.data);
      for (const asl::Entry& entry : *entries) {
        if (entry.id != 0) all_.push_back(entry);
      }
    }
  }

  int calls_ = 0;
  World world_{[this](const TaskRequest&) -> std::optional<TaskAnswer> {
    if (++calls_ % 3 == 0) return answer::Failed{"Again", "no"};
    return answer::Succeeded{asl::Payload(R"({"done":true})")};
  }};
  std::string arn_;
  std::vector<asl::Entry> all_;
};

TEST_F(PageReaderTest, PagesOfAnySizeHoldWhatTheJournalHolds) {
  for (int64_t limit = 1; limit < 12; ++limit) {
    std::vector<asl::Entry> forward, backward;
    for (bool more = true; more;) {
      const auto page =
          world_.engine().history(arn_, forward.empty() ? 0 : forward.back().id, false, limit);
      ASSERT_TRUE(page) << page.error().cause;
      forward.insert(forward.end(), page->events.begin(), page->events.end());
      more = page->more;
    }
    EXPECT_EQ(forward, all_);
    for (bool more = true; more;) {
      const auto page =
          world_.engine().history(arn_, backward.empty() ? 0 : backward.back().id, true, limit);
      ASSERT_TRUE(page) << page.error().cause;
      backward.insert(backward.end(), page->events.begin(), page->events.end());
      more = page->more;
    }
    std::reverse(backward.begin(), backward.end());
    EXPECT_EQ(backward, all_);
  }
}

TEST_F(PageReaderTest, AnEventStandsWhereItsNumberSays) {
  PageReader reader(*world_.store, *world_.blobs, actor_key(arn_));
  EXPECT_EQ(*reader.last_event(), static_cast<int64_t>(all_.size()));
  for (const asl::Entry& entry : all_) {
    EXPECT_EQ(*reader.events(entry.id, entry.id), std::vector{entry});
  }
}

}  // namespace
}  // namespace perdure::engine::journal
