#include <algorithm>
#include <set>

#include "engine/map_runs/readers/json_text.h"
#include "engine/map_runs/readers/record_reader.h"

namespace perdure::engine {
namespace {

constexpr size_t max_header_bytes = 10 << 10;

// One field of a row as it lies in the window; `unquoted` holds it if quotes had to be undone.
struct FieldText {
  std::string_view text;
  std::string unquoted;
  std::string_view value() const { return unquoted.empty() ? text : unquoted; }
};

class CsvRows final : public RecordReader {
 public:
  CsvRows(std::unique_ptr<Bytes> bytes, CsvFormat format)
      : cursor_(std::move(bytes)),
        delimiter_(format.delimiter),
        given_(std::move(format.headers)) {}

  Result<std::optional<Item>> next() override {
    PD_CHECK(begin());
    PD_TRY(size, next_row());
    if (!size) return std::optional<Item>();
    std::string json;
    json.reserve(*size + row_bytes_);
    PD_CHECK(append_row(cursor_.rest().substr(0, *size), json));
    skip_row(*size);
    return std::optional(Item{asl::Payload(std::move(json))});
  }

  std::string position() const override {
    return begun_ ? std::to_string(cursor_.position()) : std::string();
  }
  Result<> seek(const std::string& position) override {
    if (position.empty()) {
      cursor_.seek(0);
      begun_ = false;
      return {};
    }
    PD_CHECK(begin());
    cursor_.seek(std::stoll(position));
    return {};
  }

 private:
  // Reads over the mark and the headers.
  Result<> begin() {
    if (begun_) return {};
    PD_CHECK(cursor_.skip_mark());
    std::vector<std::string> headers = given_.value_or(std::vector<std::string>());
    if (!given_) {
      PD_TRY(size, next_row());
      if (!size) return item_reader_failed("The CSV file has no headers.");
      PD_CHECK(split(cursor_.rest().substr(0, *size), [&](const FieldText& field) {
        headers.emplace_back(field.value());
        return true;
      }));
      skip_row(*size);
    }
    PD_CHECK(take_headers(headers));
    begun_ = true;
    return {};
  }

  Result<> take_headers(const std::vector<std::string>& headers) {
    size_t bytes = 0;
    std::set<std::string_view> seen;
    names_.clear();
    row_bytes_ = 2;
    for (const std::string& header : headers) {
      bytes += header.size() + 1;
      if (!seen.insert(header).second) {
        return item_reader_failed("CSV headers cannot contain duplicates.");
      }
      std::string name = names_.empty() ? "{" : ",";
      append_json_text(header, name);
      names_.push_back(name + ":");
      row_bytes_ += names_.back().size() + 3;
    }
    if (bytes <= max_header_bytes + 1) return {};
    return item_reader_failed("CSV headers exceed the maximum size of 10 KiB.");
  }

  // How long the row at hand is, without its end; nothing: there is none. Empty lines are no rows.
  Result<std::optional<size_t>> next_row() {
    for (;;) {
      PD_TRY(filled, cursor_.fill());
      if (!filled) return std::optional<size_t>();
      const std::string_view rest = cursor_.rest();
      if (rest.front() != '\n' && rest.front() != '\r') break;
      cursor_.skip(1);
    }
    RowScan scan;
    for (;;) {
      const std::string_view rest = cursor_.rest();
      if (const auto end = row_end(rest, scan)) return end;
      scan.from = rest.size();
      PD_TRY(more, cursor_.more());
      if (more) continue;
      if (!scan.quoted) return std::optional(scan.from);
      return item_reader_failed("The CSV file ends within a quoted field.");
    }
  }

  // How far a row has been looked through for its end.
  struct RowScan {
    size_t from = 0;
    bool quoted = false;
    size_t closed = std::string_view::npos;  // the last quote that closed a field
  };
  // A line ends outside quotes only. A quote opens a field at its beginning, or again where one has
  // just closed it (an escaped one); elsewhere it is a character as any other.
  std::optional<size_t> row_end(std::string_view rest, RowScan& scan) const {
    for (;;) {
      if (scan.quoted) {
        const size_t quote = rest.find('"', scan.from);
        if (quote == rest.npos) return std::nullopt;
        scan = {quote + 1, false, quote};
        continue;
      }
      const size_t line = std::min(rest.find('\n', scan.from), rest.size());
      const size_t quote = rest.substr(0, line).find('"', scan.from);
      if (quote == rest.npos) {
        return line < rest.size() ? std::optional(line) : std::nullopt;
      }
      const bool opens = quote == 0 || rest[quote - 1] == delimiter_ || quote - 1 == scan.closed;
      scan = {quote + 1, opens, scan.closed};
    }
  }
  void skip_row(size_t size) { cursor_.skip(std::min(size + 1, cursor_.rest().size())); }

  // `take` gets each field and says whether it wants more.
  template <class Take>
  Result<> split(std::string_view row, Take&& take) {
    if (row.ends_with('\r')) row.remove_suffix(1);
    FieldText field;
    for (;;) {
      field.unquoted.clear();
      bool last = true;
      if (row.starts_with('"')) {
        PD_CHECK(quoted_field(row, field));
      } else {
        const size_t end = row.find(delimiter_);
        field.text = row.substr(0, end);
        row.remove_prefix(std::min(end, row.size()));
      }
      if (!row.empty()) {
        row.remove_prefix(1);  // the delimiter
        last = false;
      }
      if (!take(field) || last) return {};
    }
  }

  // Takes the field and its quotes from the row.
  Result<> quoted_field(std::string_view& row, FieldText& field) {
    size_t from = 1;
    bool escaped = false;
    for (;;) {
      const size_t quote = row.find('"', from);
      if (quote == row.npos) return broken_quotes();
      if (quote + 1 < row.size() && row[quote + 1] == '"') {
        escaped = true;
        from = quote + 2;
        continue;
      }
      field.text = row.substr(1, quote - 1);
      row.remove_prefix(quote + 1);
      break;
    }
    if (!row.empty() && row.front() != delimiter_) return broken_quotes();
    if (!escaped) return {};
    for (std::string_view left = field.text; !left.empty();) {
      const size_t quote = std::min(left.find('"'), left.size());  // the first of a pair
      field.unquoted += left.substr(0, quote + 1);
      left.remove_prefix(std::min(quote + 2, left.size()));
    }
    return {};
  }
  Error broken_quotes() const {
    return item_reader_failed("The CSV row at byte " + std::to_string(cursor_.position()) +
                              " has an invalid character between a quoted field and the "
                              "delimiter.");
  }

  Result<> append_row(std::string_view row, std::string& json) {
    size_t column = 0;
    PD_CHECK(split(row, [&](const FieldText& field) {
      if (column == names_.size()) return false;
      json += names_[column++];
      append_json_text(field.value(), json);
      return true;
    }));
    while (column < names_.size()) json.append(names_[column++]).append("\"\"");
    json += names_.empty() ? "{}" : "}";
    return {};
  }

  ByteCursor cursor_;
  const char delimiter_;
  const std::optional<std::vector<std::string>> given_;
  bool begun_ = false;              // the headers are known
  std::vector<std::string> names_;  // `{"H1":`, `,"H2":`
  size_t row_bytes_ = 0;            // of an empty row
};

}  // namespace

std::unique_ptr<RecordReader> csv_rows(std::unique_ptr<Bytes> bytes, CsvFormat format) {
  return std::make_unique<CsvRows>(std::move(bytes), std::move(format));
}

}  // namespace perdure::engine
