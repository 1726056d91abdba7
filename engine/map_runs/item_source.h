#pragma once
// Where the items of a distributed Map come from: the state's input, or what its ItemReader names.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "asl/value/payload.h"
#include "base/result.h"
#include "engine/keys.h"

namespace perdure::engine {

// An ItemReader with everything in it evaluated.
struct ItemReaderSpec {
  enum class Resource : uint8_t { get_object, list_objects_v2 };
  Resource resource = Resource::get_object;
  std::string arguments;      // compact JSON: Parameters or Arguments: {"Bucket": ..., "Key": ...}
  std::string input_type;     // "JSON", "JSONL", "CSV", "MANIFEST", "PARQUET"; empty for lists
  bool header_given = false;  // CSVHeaderLocation GIVEN
  std::vector<std::string> headers;  // CSVHeaders
  std::string delimiter = "COMMA";   // CSVDelimiter
  std::string items_pointer;         // ItemsPointer, a JSON pointer; empty: the whole
  std::string manifest_type;         // ManifestType: "ATHENA_DATA", "S3_INVENTORY", or empty
  std::string transformation;        // Transformation: "NONE", "LOAD_AND_FLATTEN", or empty
  bool operator==(const ItemReaderSpec&) const = default;
};

struct Item {
  asl::Payload value;  // compact JSON
  std::string key{};   // of a member of an object: `$$.Map.Item.Key`
};

struct ItemPage {
  std::vector<Item> items;
  std::string position;  // where the next page begins; opaque, at most a few hundred bytes
  bool end = false;      // nothing comes behind these items
};

// Items in their order, page by page. For one thread at a time; calls may block on the disk, and
// what is held in memory is bounded by the page that is asked for. Errors have AWS's name
// (States.ItemReaderFailed, States.DataLimitExceeded) and text, and end the map run.
class ItemSource {
 public:
  virtual ~ItemSource() = default;
  // The next page begins at a position that an earlier page of the same content gave, also one of
  // another process; "": at the beginning.
  virtual Result<> seek(const std::string& position) = 0;
  // At most so many items, and about so many bytes of values at most; at least one unless it is the
  // end.
  virtual Result<ItemPage> next(int64_t max_items, int64_t max_bytes) = 0;
  // What `$$.Map.Item.Source` says: "S3://bucket/key".
  virtual std::string name() const = 0;
  // Names the very content that was opened, for opening it again after a restart although its key
  // has another one by then.
  virtual std::string pin() const = 0;
  // Hashes of the blobs that must stay as long as the map run reads.
  virtual std::vector<std::string> blobs() const { return {}; }
};

// Opens what the spec names; `pin`: empty, or that of the content that was opened before. May
// block.
using OpenItems = std::function<Result<std::unique_ptr<ItemSource>>(
    const Tenant& tenant, const ItemReaderSpec& spec, const std::string& pin)>;

}  // namespace perdure::engine
