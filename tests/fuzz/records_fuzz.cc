// Any bytes as CSV, JSON lines and JSON of an ItemReader: refused, or items that are JSON, and that
// are found again from the place where each began.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "asl/value/value.h"
#include "engine/map_runs/readers/record_reader.h"

using namespace perdure;
using namespace perdure::engine;

namespace {

class Text final : public Bytes {
 public:
  Text(std::string_view text, int64_t most) : text_(text), most_(most) {}
  Result<std::string> read(int64_t offset, int64_t length) override {
    if (offset >= int64_t(text_.size())) return std::string();
    return std::string(text_.substr(size_t(offset), size_t(std::min(length, most_))));
  }

 private:
  const std::string_view text_;
  const int64_t most_;  // at a time
};

enum class Form { csv, csv_with_headers, lines, json, below };
constexpr Form forms[] = {Form::csv, Form::csv_with_headers, Form::lines, Form::json, Form::below};

std::unique_ptr<RecordReader> reader_of(Form form, std::string_view text, int64_t most) {
  auto bytes = std::make_unique<Text>(text, most);
  switch (form) {
    case Form::csv:
      return csv_rows(std::move(bytes), {});
    case Form::csv_with_headers:
      return csv_rows(std::move(bytes), {';', std::vector<std::string>{"a", "b"}});
    case Form::lines:
      return json_lines(std::move(bytes));
    case Form::json:
      return json_items(std::move(bytes), "");
    case Form::below:
      return json_items(std::move(bytes), "/a/0");
  }
  return nullptr;
}

void run(Form form, std::string_view text) {
  const auto reader = reader_of(form, text, 1 << 20);
  std::vector<std::string> positions, values;
  bool whole = false;
  while (values.size() < 50) {
    std::string position = reader->position();
    const auto item = reader->next();
    if (!item) PD_ASSERT(item.error().name.starts_with("States."));
    whole = item && !*item;
    if (!item || !*item) break;
    asl::Arena arena;
    PD_ASSERT(asl::parse_json((*item)->value.text(), arena).has_value());
    positions.push_back(std::move(position));
    values.emplace_back((*item)->value.text());
  }
  // In pieces as small as can be, from the middle on: the same items.
  if (!whole || values.empty()) return;
  const auto other = reader_of(form, text, 1);
  const size_t middle = values.size() / 2;
  PD_ASSERT(other->seek(positions[middle]).has_value());
  for (size_t i = middle; i < values.size(); ++i) {
    const auto item = other->next();
    PD_ASSERT(item && *item && (*item)->value.text() == values[i]);
  }
  const auto end = other->next();
  PD_ASSERT(end && !*end);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (size > 16 * 1024) return 0;
  for (const Form form : forms) run(form, text);
  return 0;
}
