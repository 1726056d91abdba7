#include "api/states/test_state_items.h"

#include <limits>
#include <utility>

#include "engine/map_runs/readers/record_reader.h"

namespace perdure::api {
namespace {

class TextBytes final : public engine::Bytes {
 public:
  explicit TextBytes(std::string text) : text_(std::move(text)) {}
  Result<std::string> read(int64_t offset, int64_t length) override {
    const size_t from = std::min(size_t(offset), text_.size());
    return text_.substr(from, size_t(length));
  }

 private:
  const std::string text_;
};

engine::ItemReaderSpec spec_of(const asl::ItemReader& reader) {
  engine::ItemReaderSpec spec;
  // What lists a bucket has put its list down as JSON here.
  spec.input_type = reader.lists || reader.input_type.empty() ? "JSON" : reader.input_type;
  spec.header_given = reader.header_given;
  spec.headers = reader.headers;
  if (!reader.delimiter.empty()) spec.delimiter = reader.delimiter;
  spec.items_pointer = reader.items_pointer;
  return spec;
}

}  // namespace

Result<asl::Payload> read_items(const asl::ItemReader& reader, const std::string& data) {
  PD_TRY(records, engine::record_reader(spec_of(reader), std::make_unique<TextBytes>(data)));
  int64_t left = reader.max_items.seconds.value_or(0);
  if (left == 0) left = std::numeric_limits<int64_t>::max();
  std::string items = "[";
  while (left-- > 0) {
    PD_TRY(item, records->next());
    if (!item) break;
    if (items.size() > 1) items += ',';
    items += item->value.text();
  }
  return asl::Payload(items + "]");
}

}  // namespace perdure::api
