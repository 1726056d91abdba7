#include "engine/map_runs/readers/json_text.h"
#include "engine/map_runs/readers/record_reader.h"

namespace perdure::engine {
namespace {

constexpr std::string_view spaces = " \t\r";

class JsonLines final : public RecordReader {
 public:
  explicit JsonLines(std::unique_ptr<Bytes> bytes) : cursor_(std::move(bytes)) {}

  Result<std::optional<Item>> next() override {
    if (cursor_.position() == 0) PD_CHECK(cursor_.skip_mark());
    for (;;) {
      PD_TRY(filled, cursor_.fill());
      if (!filled) return std::optional<Item>();
      PD_TRY(size, line_size());
      const std::string_view line = cursor_.rest().substr(0, size);
      const int64_t begin = cursor_.position();
      if (line.find_first_not_of(spaces) == line.npos) {
        skip_line(size);
        continue;
      }
      std::string json;
      json.reserve(line.size());
      if (const auto read = compactor_.append(line, json); !read) {
        return item_reader_failed("The line at byte " + std::to_string(begin) +
                                  " of the dataset is no valid JSON: " +
                                  std::string(asl::without_location(read.error().cause)));
      }
      skip_line(size);
      return std::optional(Item{asl::Payload(std::move(json))});
    }
  }

  std::string position() const override { return std::to_string(cursor_.position()); }
  Result<> seek(const std::string& position) override {
    cursor_.seek(position.empty() ? 0 : std::stoll(position));
    return {};
  }

 private:
  // Without the end of the line.
  Result<size_t> line_size() {
    size_t from = 0;
    for (;;) {
      const size_t end = cursor_.rest().find('\n', from);
      if (end != std::string_view::npos) return end;
      from = cursor_.rest().size();
      PD_TRY(more, cursor_.more());
      if (!more) return from;
    }
  }
  void skip_line(size_t size) { cursor_.skip(std::min(size + 1, cursor_.rest().size())); }

  ByteCursor cursor_;
  JsonCompactor compactor_;
};

}  // namespace

std::unique_ptr<RecordReader> json_lines(std::unique_ptr<Bytes> bytes) {
  return std::make_unique<JsonLines>(std::move(bytes));
}

}  // namespace perdure::engine
