#include "engine/map_runs/readers/sources.h"

#include <utility>

#include "base/json.h"

namespace perdure::engine {
namespace {

class ContentSource final : public ItemSource {
 public:
  ContentSource(ObjectInfo info, std::unique_ptr<RecordReader> reader, std::string name)
      : info_(std::move(info)), reader_(std::move(reader)), name_(std::move(name)) {}

  Result<> seek(const std::string& position) override { return reader_->seek(position); }
  Result<ItemPage> next(int64_t max_items, int64_t max_bytes) override {
    return read_page({[this] { return reader_->next(); }, [this] { return reader_->position(); }},
                     max_items, max_bytes);
  }
  std::string name() const override { return name_; }
  std::string pin() const override {
    Json segments = Json::array();
    for (const Segment& segment : info_.segments) {
      segments.push_back({segment.blob, segment.size});
    }
    return dump_json({{"key", info_.key}, {"size", info_.size}, {"segments", segments}});
  }
  std::vector<std::string> blobs() const override {
    std::vector<std::string> hashes;
    for (const Segment& segment : info_.segments) hashes.push_back(segment.blob);
    return hashes;
  }

 private:
  const ObjectInfo info_;
  const std::unique_ptr<RecordReader> reader_;
  const std::string name_;
};

constexpr std::string_view gzip_mark = "\x1f\x8b";

class FilesSource final : public ItemSource {
 public:
  FilesSource(Objects& objects, const Tenant& tenant, ItemReaderSpec spec,
              std::unique_ptr<ObjectNames> names, std::string name)
      : objects_(objects),
        tenant_(tenant),
        spec_(std::move(spec)),
        names_(std::move(names)),
        name_(std::move(name)) {}

  // "17|NAMES' POSITION|POSITION WITHIN": the first number is how long the second part is.
  Result<> seek(const std::string& position) override {
    reader_.reset();
    file_ = "";
    if (position.empty()) return names_->seek("");
    const size_t bar = position.find('|');
    if (bar == position.npos) return internal_error("No position of a reader: " + position);
    const size_t length = std::stoul(position);
    PD_CHECK(names_->seek(position.substr(bar + 1, length)));
    const std::string within = position.substr(bar + 2 + length);
    if (within.empty()) return {};
    PD_CHECK(open_next());
    return reader_ ? reader_->seek(within) : Result<>();
  }

  Result<ItemPage> next(int64_t max_items, int64_t max_bytes) override {
    return read_page({[this] { return next_item(); }, [this] { return position(); }}, max_items,
                     max_bytes);
  }
  std::string name() const override { return name_; }
  std::string pin() const override { return ""; }

 private:
  std::string position() const {
    const std::string at = reader_ ? file_ : names_->position();
    return std::to_string(at.size()) + "|" + at + "|" + (reader_ ? reader_->position() : "");
  }

  Result<std::optional<Item>> next_item() {
    for (;;) {
      if (!reader_) PD_CHECK(open_next());
      if (!reader_) return std::optional<Item>();
      PD_TRY(item, reader_->next());
      if (item) return std::optional(std::move(*item));
      reader_.reset();
    }
  }

  // No reader: there are no more files.
  Result<> open_next() {
    file_ = names_->position();
    PD_TRY(name, names_->next());
    if (!name) return {};
    auto content = objects_.open(tenant_, name->bucket, name->key);
    if (!content) return item_reader_failed(content.error().cause);
    PD_TRY(begin, (*content)->read(0, static_cast<int64_t>(gzip_mark.size())));
    auto bytes = content_bytes(std::move(*content));
    if (begin == gzip_mark) bytes = gunzipped(std::move(bytes));
    PD_TRY(reader, record_reader(spec_, std::move(bytes)));
    reader_ = std::move(reader);
    return {};
  }

  Objects& objects_;
  const Tenant tenant_;
  const ItemReaderSpec spec_;
  const std::unique_ptr<ObjectNames> names_;
  const std::string name_;
  std::unique_ptr<RecordReader> reader_;  // of the file that is being read
  std::string file_;                      // where its name stands
};

}  // namespace

Result<ItemPage> read_page(const PagedItems& items, int64_t max_items, int64_t max_bytes) {
  ItemPage page;
  int64_t bytes = 0;
  while (static_cast<int64_t>(page.items.size()) < max_items && bytes < max_bytes) {
    PD_TRY(item, items.next());
    if (!item) {
      page.end = true;
      break;
    }
    bytes += static_cast<int64_t>(item->value.size());
    page.items.push_back(std::move(*item));
  }
  page.position = items.position();
  return page;
}

Result<std::unique_ptr<ItemSource>> content_source(const ItemReaderSpec& spec,
                                                   std::unique_ptr<ObjectContent> content,
                                                   std::string name) {
  ObjectInfo info = content->info();
  PD_TRY(reader, record_reader(spec, content_bytes(std::move(content))));
  return std::unique_ptr<ItemSource>(
      std::make_unique<ContentSource>(std::move(info), std::move(reader), std::move(name)));
}

std::unique_ptr<ItemSource> files_source(Objects& objects, const Tenant& tenant,
                                         ItemReaderSpec spec, std::unique_ptr<ObjectNames> names,
                                         std::string name) {
  return std::make_unique<FilesSource>(objects, tenant, std::move(spec), std::move(names),
                                       std::move(name));
}

}  // namespace perdure::engine
