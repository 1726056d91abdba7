// From items to the inputs of children: pages, batches, places to go on from.
#include "engine/map_runs/item_feed.h"

#include <gtest/gtest.h>

#include "tests/engine/support/world.h"

namespace perdure::engine {
namespace {

// Numbers from 0 on, a few a page; its positions are the numbers.
class Counting final : public ItemSource {
 public:
  explicit Counting(int64_t count) : count_(count) {}
  Result<> seek(const std::string& position) override {
    next_ = position.empty() ? 0 : std::stoll(position);
    return {};
  }
  Result<ItemPage> next(int64_t, int64_t) override {
    ItemPage page;
    for (int i = 0; i < 3 && next_ < count_; ++i) {
      page.items.push_back({asl::Payload(std::to_string(next_++))});
    }
    page.position = std::to_string(next_);
    page.end = next_ == count_;
    return page;
  }
  std::string name() const override { return "S3://b/k"; }
  std::string pin() const override { return "pin"; }

 private:
  const int64_t count_;
  int64_t next_ = 0;
};

class ItemFeedTest : public testing::Test {
 protected:
  std::unique_ptr<ItemFeed> opened(const std::string& fields, const std::string& settings,
                                   int64_t count = 10) {
    const std::string text = R"({"StartAt":"M","States":{"M":{"Type":"Map","End":true,)" + fields +
                             R"("ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED",
        "ExecutionType":"EXPRESS"},"StartAt":"P","States":{"P":{"Type":"Succeed"}}}}}})";
    auto order = std::make_shared<MapRunOrder>();
    order->selector_input = "{}";
    auto read = read_map_run_settings(
        R"({"state":"M","resource":"getObject","headers":[],"context":{"c":1})" + settings + "}");
    EXPECT_TRUE(read.has_value());
    FeedParts parts{order, std::make_shared<MapRunSettings>(std::move(*read)),
                    asl::load_definition(text), clock_};
    auto feed = ItemFeed::open(
        parts,
        [count](auto&&...) -> Result<std::unique_ptr<ItemSource>> {
          return std::unique_ptr<ItemSource>(std::make_unique<Counting>(count));
        },
        "");
    if (!feed) error_ = feed.error();
    return feed ? std::move(*feed) : nullptr;
  }
  static std::string inputs(const Feed& feed) {
    std::string text;
    for (const FedChild& child : feed.children) text += child.input + ";";
    return text;
  }

  ManualClock clock_;
  Error error_;
};

TEST_F(ItemFeedTest, GivesChildrenUntilTheEnd) {
  const auto feed = opened("", "");
  ASSERT_NE(feed, nullptr);
  auto first = feed->next(4, 1'000);
  EXPECT_EQ(inputs(*first), "0;1;2;3;");
  EXPECT_FALSE(first->end);
  ASSERT_EQ(first->marks.size(), 2u);
  EXPECT_EQ(first->marks[1].item, 3);
  EXPECT_EQ(first->marks[1].position, "3");
  const auto rest = feed->next(100, 1'000);
  EXPECT_EQ(inputs(*rest), "4;5;6;7;8;9;");
  EXPECT_TRUE(rest->end);
  EXPECT_EQ(rest->read, 10);
}

TEST_F(ItemFeedTest, GoesOnFromAMark) {
  const auto feed = opened("", "");
  ASSERT_TRUE(feed->go_to({6, "6"}, 8));
  EXPECT_EQ(inputs(*feed->next(100, 1'000)), "8;9;");
  ASSERT_TRUE(feed->go_to({3, "3"}, 3));
  ASSERT_TRUE(feed->skip_to(4));
  EXPECT_EQ(*feed->again(1), "4");
  EXPECT_FALSE(feed->go_to({9, "9"}, 11));
}

TEST_F(ItemFeedTest, MaxItemsIsTheEnd) {
  const auto feed = opened("", R"(,"maxItems":4)");
  const auto all = feed->next(100, 1'000);
  EXPECT_EQ(inputs(*all), "0;1;2;3;");
  EXPECT_TRUE(all->end);
  EXPECT_EQ(opened("", R"(,"maxItems":-1)"), nullptr);
  EXPECT_EQ(error_.cause, "field MaxItems must be positive");
}

TEST_F(ItemFeedTest, ABatchEndsWhereTheNextItemDoesNotFit) {
  const auto feed = opened("", R"(,"batched":true,"maxInputBytesPerBatch":17)");
  const auto all = feed->next(100, 1'000);
  EXPECT_EQ(inputs(*all),
            R"({"Items":[0,1,2]};{"Items":[3,4,5]};{"Items":[6,7,8]};{"Items":[9]};)");
  EXPECT_TRUE(all->end);
}

TEST_F(ItemFeedTest, AnItemThatFitsNowhereIsAnError) {
  const auto feed = opened("", R"(,"batched":true,"maxInputBytesPerBatch":5)");
  EXPECT_EQ(feed->next(1, 1'000).error().name, "States.DataLimitExceeded");
}

TEST_F(ItemFeedTest, TheSelectorKnowsWhereItemsComeFrom) {
  const auto feed = opened(R"("ItemSelector":{"s.$":"$$.Map.Item.Source",
      "i.$":"$$.Map.Item.Index","c.$":"$$.c"},)",
                           "");
  EXPECT_EQ(inputs(*feed->next(1, 10)), R"({"s":"S3://b/k","i":0,"c":1};)");
}

TEST_F(ItemFeedTest, ASelectorThatFailsSaysSo) {
  const auto feed = opened(R"("ItemSelector":{"x.$":"$.no"},)", R"(,"enteredEvent":2)");
  const auto fed = feed->next(1, 10);
  ASSERT_FALSE(fed);
  EXPECT_EQ(fed.error().name, "States.Runtime");
  EXPECT_EQ(fed.error().cause.find("An error occurred while executing the state 'M' (entered at "
                                   "the event id #2). "),
            0u);
}

}  // namespace
}  // namespace perdure::engine
