#include <utility>

#include "base/json.h"
#include "engine/map_runs/readers/sources.h"

namespace perdure::engine {
namespace {

using Names = std::vector<ObjectNames::Name>;

// A manifest is a list of files; it is small beside them.
constexpr int64_t max_manifest_bytes = 64 << 20;

class GivenNames final : public ObjectNames {
 public:
  explicit GivenNames(Names names) : names_(std::move(names)) {}
  Result<std::optional<Name>> next() override {
    if (next_ >= names_.size()) return std::optional<Name>();
    return std::optional(names_[next_++]);
  }
  std::string position() const override { return next_ == 0 ? "" : std::to_string(next_); }
  Result<> seek(const std::string& position) override {
    next_ = position.empty() ? 0 : std::stoul(position);
    return {};
  }

 private:
  const Names names_;
  size_t next_ = 0;
};

std::string trimmed(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t\r\n\"");
  if (first == text.npos) return {};
  return std::string(text.substr(first, text.find_last_not_of(" \t\r\n\"") - first + 1));
}

std::vector<std::string> parts_of(const std::string& text, char separator) {
  std::vector<std::string> parts;
  for (size_t at = 0; at <= text.size();) {
    const size_t end = std::min(text.find(separator, at), text.size());
    if (std::string part = trimmed(std::string_view(text).substr(at, end - at)); !part.empty()) {
      parts.push_back(std::move(part));
    }
    at = end + 1;
  }
  return parts;
}

struct Inventory {
  Names files;
  std::vector<std::string> columns;
};

// {"destinationBucket":"arn:aws:s3:::B","fileFormat":"CSV","fileSchema":"Bucket, Key",
//  "files":[{"key":...}]}
Result<Inventory> read_inventory(const std::string& text) {
  const Error broken = item_reader_failed("The manifest is not that of an Amazon S3 inventory.");
  const auto json = parse_json(text);
  if (!json || !json->is_object()) return broken;
  const auto member = [&](const char* name) {
    const auto found = json->find(name);
    return found != json->end() && found->is_string() ? found->get<std::string>() : std::string();
  };
  if (member("fileFormat") != "CSV") {
    return item_reader_failed("Only inventories in the CSV format can be read.");
  }
  const std::string bucket = member("destinationBucket");
  Inventory inventory;
  inventory.columns = parts_of(member("fileSchema"), ',');
  const auto files = json->find("files");
  if (bucket.empty() || inventory.columns.empty() || files == json->end() || !files->is_array()) {
    return broken;
  }
  for (const Json& file : *files) {
    if (!file.is_object() || !file.contains("key") || !file["key"].is_string()) return broken;
    inventory.files.push_back(
        {bucket.substr(bucket.rfind(':') + 1), file["key"].get<std::string>()});
  }
  return inventory;
}

// "s3://bucket/key" on each line.
Result<Names> read_unload(const std::string& text) {
  constexpr std::string_view scheme = "s3://";
  Names names;
  for (const std::string& line : parts_of(text, '\n')) {
    const size_t slash = line.find('/', scheme.size());
    if (!line.starts_with(scheme) || slash == line.npos) {
      return item_reader_failed("The manifest is not that of an Amazon Athena UNLOAD.");
    }
    names.push_back({line.substr(scheme.size(), slash - scheme.size()), line.substr(slash + 1)});
  }
  return names;
}

}  // namespace

Result<std::unique_ptr<ItemSource>> manifest_source(Objects& objects, const Tenant& tenant,
                                                    const ItemReaderSpec& spec,
                                                    std::unique_ptr<ObjectContent> content,
                                                    std::string name) {
  if (content->info().size > max_manifest_bytes) {
    return item_reader_failed("The manifest is too large.");
  }
  PD_TRY(text, content->read(0, content->info().size));
  ItemReaderSpec of_files = spec;
  if (spec.manifest_type == "ATHENA_DATA") {
    PD_TRY(files, read_unload(text));
    return files_source(objects, tenant, std::move(of_files),
                        std::make_unique<GivenNames>(std::move(files)), std::move(name));
  }
  PD_TRY(inventory, read_inventory(text));
  of_files.input_type = "CSV";
  of_files.header_given = true;
  of_files.headers = std::move(inventory.columns);
  of_files.delimiter = "COMMA";
  return files_source(objects, tenant, std::move(of_files),
                      std::make_unique<GivenNames>(std::move(inventory.files)), std::move(name));
}

}  // namespace perdure::engine
