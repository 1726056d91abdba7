#pragma once
// The kinds of item sources in the object store.

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "engine/map_runs/item_source.h"
#include "engine/map_runs/readers/record_reader.h"
#include "engine/objects/objects.h"

namespace perdure::engine {

// One after the other, each by a function that gives the next item and says where it stands.
struct PagedItems {
  std::function<Result<std::optional<Item>>()> next;
  std::function<std::string()> position;
};
Result<ItemPage> read_page(const PagedItems& items, int64_t max_items, int64_t max_bytes);

// The items of one content, which is the same after a restart.
Result<std::unique_ptr<ItemSource>> content_source(const ItemReaderSpec& spec,
                                                   std::unique_ptr<ObjectContent> content,
                                                   std::string name);

// What a list of a bucket says of each object, as ListObjectsV2 has it.
std::unique_ptr<ItemSource> list_source(Objects& objects, const Tenant& tenant, std::string bucket,
                                        std::string prefix);

// Names of objects, in an order that stays.
class ObjectNames {
 public:
  struct Name {
    std::string bucket, key;
  };
  virtual ~ObjectNames() = default;
  virtual Result<std::optional<Name>> next() = 0;  // nothing: the end
  // Where the next name stands; "" is the beginning.
  virtual std::string position() const = 0;
  virtual Result<> seek(const std::string& position) = 0;
};
std::unique_ptr<ObjectNames> listed_names(Objects& objects, const Tenant& tenant,
                                          std::string bucket, std::string prefix);

// The items of many contents. `spec` says how each is to be read; packed ones are unpacked.
std::unique_ptr<ItemSource> files_source(Objects& objects, const Tenant& tenant,
                                         ItemReaderSpec spec, std::unique_ptr<ObjectNames> names,
                                         std::string name);

// The content is the manifest of an inventory of S3, or that of an UNLOAD of Athena.
Result<std::unique_ptr<ItemSource>> manifest_source(Objects& objects, const Tenant& tenant,
                                                    const ItemReaderSpec& spec,
                                                    std::unique_ptr<ObjectContent> content,
                                                    std::string name);

}  // namespace perdure::engine
