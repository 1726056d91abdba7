#include <deque>

#include "engine/map_runs/readers/json_text.h"
#include "engine/map_runs/readers/sources.h"

namespace perdure::engine {
namespace {

// The objects of a bucket in the order of their keys, page by page.
class Listing {
 public:
  Listing(Objects& objects, const Tenant& tenant, std::string bucket, std::string prefix)
      : objects_(objects),
        tenant_(tenant),
        bucket_(std::move(bucket)),
        prefix_(std::move(prefix)) {}

  const std::string& bucket() const { return bucket_; }
  const std::string& last() const { return last_; }  // the key before the next one
  void seek(const std::string& last) {
    last_ = last;
    page_.clear();
    end_ = false;
  }
  Result<std::optional<ObjectInfo>> next() {
    if (page_.empty() && !end_) {
      auto list = objects_.list(tenant_, {bucket_, prefix_, "", last_, page_size});
      if (!list) return item_reader_failed(list.error().cause);
      end_ = !list->truncated;
      for (auto& entry : list->entries) page_.push_back(std::move(*entry.info));
    }
    if (page_.empty()) return std::optional<ObjectInfo>();
    ObjectInfo info = std::move(page_.front());
    page_.pop_front();
    last_ = info.key;
    return std::optional(std::move(info));
  }

 private:
  static constexpr int64_t page_size = 1'000;

  Objects& objects_;
  const Tenant tenant_;
  const std::string bucket_, prefix_;
  std::string last_;
  std::deque<ObjectInfo> page_;
  bool end_ = false;
};

class ListSource final : public ItemSource {
 public:
  explicit ListSource(Listing listing) : listing_(std::move(listing)) {}

  Result<> seek(const std::string& position) override {
    listing_.seek(position);
    return {};
  }
  Result<ItemPage> next(int64_t max_items, int64_t max_bytes) override {
    return read_page({[this] { return next_item(); }, [this] { return listing_.last(); }},
                     max_items, max_bytes);
  }
  std::string name() const override { return "S3://" + listing_.bucket(); }
  std::string pin() const override { return ""; }

 private:
  // As AWS writes these items, which is another way than the API's own.
  Result<std::optional<Item>> next_item() {
    PD_TRY(info, listing_.next());
    if (!info) return std::optional<Item>();
    std::string json = "{\"Etag\":";
    append_json_text("\"" + info->etag + "\"", json);
    json += ",\"Key\":";
    append_json_text(info->key, json);
    json += ",\"LastModified\":" + std::to_string(info->modified_ms / 1000);
    json += ",\"Size\":" + std::to_string(info->size) + ",\"StorageClass\":\"STANDARD\"}";
    return std::optional(Item{asl::Payload(std::move(json))});
  }

  Listing listing_;
};

class ListedNames final : public ObjectNames {
 public:
  explicit ListedNames(Listing listing) : listing_(std::move(listing)) {}

  // What stands for a folder has no items.
  Result<std::optional<Name>> next() override {
    for (;;) {
      PD_TRY(info, listing_.next());
      if (!info) return std::optional<Name>();
      if (info->size == 0) continue;
      return std::optional(Name{listing_.bucket(), std::move(info->key)});
    }
  }
  std::string position() const override { return listing_.last(); }
  Result<> seek(const std::string& position) override {
    listing_.seek(position);
    return {};
  }

 private:
  Listing listing_;
};

}  // namespace

std::unique_ptr<ItemSource> list_source(Objects& objects, const Tenant& tenant, std::string bucket,
                                        std::string prefix) {
  return std::make_unique<ListSource>(
      Listing(objects, tenant, std::move(bucket), std::move(prefix)));
}

std::unique_ptr<ObjectNames> listed_names(Objects& objects, const Tenant& tenant,
                                          std::string bucket, std::string prefix) {
  return std::make_unique<ListedNames>(
      Listing(objects, tenant, std::move(bucket), std::move(prefix)));
}

}  // namespace perdure::engine
