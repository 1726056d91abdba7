#include "engine/map_runs/item_feed.h"

#include <charconv>
#include <utility>

#include "asl/value/split.h"
#include "asl/value/value.h"

namespace perdure::engine {
namespace {

constexpr int64_t page_items = 1'000;
constexpr int64_t page_bytes = 1 << 20;
constexpr int64_t most_items = 100'000'000;  // AWS: of one map run

std::string key_of(const asl::Payload& pair) {
  asl::Arena arena;
  const auto value = asl::parse(pair, arena);
  return value ? std::string(value->get("Key").as_string()) : std::string();
}

class ArraySource final : public ItemSource {
 public:
  ArraySource(std::string text, bool keyed)
      : text_(std::move(text)), items_(asl::split_array(text_)), keyed_(keyed) {}

  Result<> seek(const std::string& position) override {
    next_ = 0;
    std::from_chars(position.data(), position.data() + position.size(), next_);
    return {};
  }
  Result<ItemPage> next(int64_t max_items, int64_t max_bytes) override {
    ItemPage page;
    while (next_ < items_.size() && max_items-- > 0 && max_bytes > 0) {
      max_bytes -= static_cast<int64_t>(items_[next_].size());
      Item item{asl::Payload(std::string(items_[next_++]))};
      if (keyed_) item.key = key_of(item.value);
      page.items.push_back(std::move(item));
    }
    page.position = std::to_string(next_);
    page.end = next_ == items_.size();
    return page;
  }
  std::string name() const override { return "STATE_DATA"; }
  std::string pin() const override { return {}; }

 private:
  const std::string text_;
  const std::vector<std::string_view> items_;
  const bool keyed_;
  size_t next_ = 0;
};

asl::Payload payload_or_none(const std::string& text) {
  return text.empty() ? asl::Payload() : asl::Payload(text);
}

}  // namespace

std::unique_ptr<ItemSource> array_source(std::string items, bool keyed) {
  return std::make_unique<ArraySource>(std::move(items), keyed);
}

int64_t array_length(std::string_view items) {
  return static_cast<int64_t>(asl::split_array(items).size());
}

Result<std::unique_ptr<ItemFeed>> ItemFeed::open(FeedParts parts, const OpenItems& open,
                                                 const std::string& pin) {
  std::unique_ptr<ItemFeed> feed(new ItemFeed(std::move(parts)));
  const MapRunOrder& order = *feed->parts_.order;
  const MapRunSettings& settings = *feed->parts_.settings;
  if (settings.max_items < 0) {
    return Error{ErrorKind::runtime, "States.ItemReaderFailed", "field MaxItems must be positive"};
  }
  const asl::State* state = asl::find_nested_state(feed->parts_.machine->graph, settings.state);
  if (state == nullptr || !std::holds_alternative<asl::MapState>(state->kind)) {
    return internal_error("The definition has no Map of the name " + settings.state);
  }
  PD_TRY(selection, asl::ItemSelection::make(*state, payload_or_none(order.selector_input),
                                             payload_or_none(settings.context),
                                             payload_or_none(settings.variables),
                                             settings.entered_event, feed->random_));
  feed->selection_ = std::move(selection);
  if (!settings.reader) {
    feed->source_ = array_source(order.items, settings.keyed);
  } else if (open) {
    PD_TRY(source, open(order.tenant, *settings.reader, pin));
    feed->source_ = std::move(source);
  } else {
    return Error{ErrorKind::runtime, "States.ItemReaderFailed",
                 "This server has no objects that an ItemReader could read."};
  }
  feed->source_name_ = feed->source_->name();
  return feed;
}

Result<> ItemFeed::go_to(const map_note::Marked& mark, int64_t item) {
  page_.clear();
  marks_.clear();
  held_ = {};
  source_end_ = false;
  position_ = mark.position;
  next_item_ = mark.item;
  PD_CHECK(source_->seek(mark.position));
  return skip_to(item);
}

Result<> ItemFeed::skip_to(int64_t item) {
  while (next_item_ < item) {
    PD_TRY(more, have_item());
    if (!more) return internal_error("The items end before the one that comes next.");
    page_.pop_front();
    ++next_item_;
  }
  return {};
}

Result<> ItemFeed::read_page() {
  marks_.push_back({next_item_, position_});
  PD_TRY(page, source_->next(page_items, page_bytes));
  for (Item& item : page.items) page_.push_back(std::move(item));
  position_ = std::move(page.position);
  source_end_ = page.end;
  return {};
}

Result<bool> ItemFeed::have_item() {
  const int64_t most = parts_.settings->max_items;
  if (most > 0 && next_item_ >= most) return false;
  while (page_.empty() && !source_end_) PD_CHECK(read_page());
  if (page_.empty()) return false;
  if (next_item_ < most_items) return true;
  return Error{ErrorKind::runtime, "States.ItemReaderFailed",
               "The maximum number of items is 100,000,000."};
}

// Takes the next item, selected.
Result<> ItemFeed::take_item(std::vector<asl::Payload>& items) {
  Item& item = page_.front();
  PD_TRY(selected,
         selection_->select(next_item_, item.value, item.key, source_name_, parts_.clock.now_ms()));
  items.push_back(std::move(selected));
  page_.pop_front();
  ++next_item_;
  return {};
}

std::string ItemFeed::input_of(const std::vector<asl::Payload>& items) const {
  const MapRunSettings& settings = *parts_.settings;
  if (!settings.batched) return std::string(items.front().text());
  std::string input = "{";
  if (!settings.batch_input.empty()) input += "\"BatchInput\":" + settings.batch_input + ",";
  input += "\"Items\":[";
  for (size_t i = 0; i < items.size(); ++i) {
    if (i > 0) input += ',';
    input += items[i].text();
  }
  return input += "]}";
}

Error ItemFeed::too_large() const {
  return Error{ErrorKind::too_large, "States.DataLimitExceeded",
               "The input of a child workflow execution exceeds the maximum number of bytes "
               "service limit."};
}

// A batch takes items while it stays within its bounds; the one that does not fit is the first of
// the next.
Result<FedChild> ItemFeed::next_child() {
  const MapRunSettings& settings = *parts_.settings;
  const int64_t most = settings.batched ? settings.max_items_per_batch.value_or(INT64_MAX) : 1;
  const int64_t limit = std::min(parts_.max_input_bytes,
                                 settings.max_bytes_per_batch.value_or(parts_.max_input_bytes));
  std::vector<asl::Payload> items;
  if (held_) items.push_back(std::exchange(held_, {}));
  int64_t bytes = static_cast<int64_t>(input_of({asl::Payload(std::string())}).size());
  for (const asl::Payload& item : items) bytes += static_cast<int64_t>(item.size());
  while (static_cast<int64_t>(items.size()) < std::max<int64_t>(most, 1)) {
    PD_TRY(more, have_item());
    if (!more) break;
    PD_CHECK(take_item(items));
    const auto grown = bytes + static_cast<int64_t>(items.back().size()) + (items.size() > 1);
    if (grown > limit && items.size() > 1) {
      held_ = std::move(items.back());
      items.pop_back();
      break;
    }
    bytes = grown;
  }
  if (bytes > limit) return too_large();
  return FedChild{items.empty() ? std::string() : input_of(items),
                  static_cast<int64_t>(items.size())};
}

Result<Feed> ItemFeed::next(int64_t max_children, int64_t max_bytes) {
  Feed feed;
  while (static_cast<int64_t>(feed.children.size()) < max_children && max_bytes > 0) {
    PD_TRY(child, next_child());
    if (child.items == 0) break;
    max_bytes -= static_cast<int64_t>(child.input.size());
    feed.children.push_back(std::move(child));
  }
  PD_TRY(more, have_item());
  feed.end = !more && !held_;
  feed.marks = std::exchange(marks_, {});
  feed.read = next_item_;
  return feed;
}

Result<std::string> ItemFeed::again(int64_t count) {
  std::vector<asl::Payload> items;
  while (static_cast<int64_t>(items.size()) < count) {
    PD_TRY(more, have_item());
    if (!more) return internal_error("The items of a child are gone.");
    PD_CHECK(take_item(items));
  }
  return input_of(items);
}

}  // namespace perdure::engine
