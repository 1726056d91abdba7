#include "api/workflow_tests/fields.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "base/yaml.h"

namespace perdure::api::workflow_tests {

using asl::Kind;
using asl::Value;

namespace {

constexpr int64_t longest_ms = 100LL * 366 * 24 * 3'600'000;

}  // namespace

std::optional<int64_t> parse_duration(std::string_view text) {
  static constexpr std::pair<std::string_view, double> units[] = {
      {"ms", 1}, {"s", 1e3}, {"m", 60e3}, {"h", 3600e3}, {"d", 86400e3}};
  double total = 0;
  if (text.empty()) return std::nullopt;
  while (!text.empty()) {
    const size_t digits = text.find_first_not_of("0123456789.");
    if (digits == 0 || digits == std::string_view::npos) return std::nullopt;
    const double n = std::strtod(std::string(text.substr(0, digits)).c_str(), nullptr);
    text.remove_prefix(digits);
    const std::string_view unit =
        text.substr(0, std::min(text.find_first_of("0123456789."), text.size()));
    const auto* const found = std::find_if(std::begin(units), std::end(units),
                                           [&](const auto& u) { return u.first == unit; });
    if (found == std::end(units)) return std::nullopt;
    total += n * found->second;
    text.remove_prefix(unit.size());
  }
  if (total > double(longest_ms)) return std::nullopt;
  return std::llround(total);
}

Fields::Fields(const cli::SourceFile& source, const Value& object, std::string at,
               std::optional<Error>& mistake)
    : source_(source), object_(object), at_(std::move(at)), mistake_(mistake) {
  if (!object.is(Kind::object)) {
    if (!mistake_) {
      mistake_ = invalid("InvalidTestFile", source_.place(at_) + ": an object is expected here");
    }
    object_ = Value();
  }
}

std::string Fields::at(std::string_view name) const { return pointer_to(at_, name); }

void Fields::fail(std::string_view name, const std::string& problem) {
  if (mistake_) return;
  mistake_ =
      invalid("InvalidTestFile", source_.place(name.empty() ? at_ : at(name)) + ": " + problem);
}

Value Fields::find(std::string_view name) {
  known_.emplace_back(name);
  return object_.is(Kind::object) ? object_.get(name) : Value();
}

std::optional<std::string> Fields::optional_text(std::string_view name) {
  const Value value = find(name);
  if (!value.defined()) return std::nullopt;
  if (value.is(Kind::string)) return std::string(value.as_string());
  fail(name, "`" + std::string(name) + "` must be a text");
  return std::nullopt;
}

std::string Fields::text(std::string_view name, std::string otherwise) {
  return optional_text(name).value_or(std::move(otherwise));
}

std::optional<int64_t> Fields::count(std::string_view name) {
  const Value value = find(name);
  if (!value.defined()) return std::nullopt;
  if (value.is(Kind::integer) && value.as_integer() >= 0) return value.as_integer();
  fail(name, "`" + std::string(name) + "` must be a whole number from 0 on");
  return std::nullopt;
}

std::optional<int64_t> Fields::duration(std::string_view name) {
  const Value value = find(name);
  if (!value.defined()) return std::nullopt;
  std::optional<int64_t> read;
  if (value.is(Kind::string)) read = parse_duration(value.as_string());
  if (value.is_number() && value.as_double() >= 0 &&
      value.as_double() <= double(longest_ms) / 1e3) {
    read = std::llround(value.as_double() * 1e3);
  }
  if (!read) {
    fail(name, "`" + std::string(name) + "` must be a number of seconds, or a text such as 1h30m");
  }
  return read;
}

std::optional<Fields> Fields::inner(std::string_view name) {
  const Value value = find(name);
  if (!value.defined()) return std::nullopt;
  return entry(value, at(name));
}

Fields Fields::entry(const Value& object, std::string at) const {
  return {source_, object, std::move(at), mistake_};
}

void Fields::finish() {
  for (const auto& [key, value] : members()) {
    if (std::find(known_.begin(), known_.end(), key) == known_.end()) {
      fail(key, "`" + std::string(key) + "` is not known here");
    }
  }
}

}  // namespace perdure::api::workflow_tests
