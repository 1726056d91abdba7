#pragma once
// From items to the inputs of children: reads, selects, gathers into batches. Blocks on the disk;
// lives on a runner that may.

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "asl/machine.h"
#include "asl/states/item_selection.h"
#include "base/clock.h"
#include "engine/map_runs/item_source.h"
#include "engine/map_runs/notes.h"
#include "engine/map_runs/order.h"

namespace perdure::engine {

struct FedChild {
  std::string input;  // compact JSON
  int64_t items = 0;
};

struct Feed {
  std::vector<FedChild> children;
  std::vector<map_note::Marked> marks;  // where the source stood before those items
  bool end = false;                     // nothing comes behind these children
  int64_t read = 0;                     // the number of the item that would come next
};

struct FeedParts {
  std::shared_ptr<const MapRunOrder> order;
  std::shared_ptr<const MapRunSettings> settings;
  std::shared_ptr<const asl::StateMachine> machine;  // of the execution that has the Map
  const Clock& clock;
  int64_t max_input_bytes = 262'144;  // of a child
  uint64_t seed = 0;                  // of what the ItemSelector draws
};

// For one thread at a time.
class ItemFeed {
 public:
  // `open` is called for an ItemReader only; `pin` as in OpenItems.
  static Result<std::unique_ptr<ItemFeed>> open(FeedParts parts, const OpenItems& open,
                                                const std::string& pin);

  // The next child begins with this item; `mark`: of a place at or before it.
  Result<> go_to(const map_note::Marked& mark, int64_t item);
  Result<> skip_to(int64_t item);  // one that has not been taken
  // At least one child unless it is the end, else about so many, or so many bytes of input.
  Result<Feed> next(int64_t max_children, int64_t max_bytes);
  // The input of a child that has exactly so many items: as it was made before.
  Result<std::string> again(int64_t items);
  int64_t next_item() const { return next_item_; }  // the number of the one that is taken next
  std::string pin() const { return source_->pin(); }
  std::vector<std::string> blobs() const { return source_->blobs(); }

 private:
  explicit ItemFeed(FeedParts parts) : parts_(std::move(parts)), random_(parts_.seed) {}
  Result<bool> have_item();  // false: the end
  Result<> read_page();
  Result<FedChild> next_child();
  Result<> take_item(std::vector<asl::Payload>& items);
  std::string input_of(const std::vector<asl::Payload>& items) const;
  Error too_large() const;

  FeedParts parts_;
  SeededRandom random_;
  std::unique_ptr<ItemSource> source_;
  std::unique_ptr<asl::ItemSelection> selection_;
  std::string source_name_;
  std::deque<Item> page_;  // read, not taken
  std::vector<map_note::Marked> marks_;
  std::string position_;   // of the page behind `page_`
  int64_t next_item_ = 0;  // the number of the one that is taken next
  bool source_end_ = false;
  asl::Payload held_;  // selected, but too large for the batch before it
};

// The items of the state's own input, a compact JSON array; keyed: of an object, in pairs.
std::unique_ptr<ItemSource> array_source(std::string items, bool keyed = false);
// How many it has.
int64_t array_length(std::string_view items);

}  // namespace perdure::engine
