// Patterns over messages of fields that spaces divide: [ip, user, ..., status = 4*, bytes > 1000].

#include <algorithm>
#include <utility>

#include "api/logs/filter_condition.h"
#include "api/logs/filter_pattern.h"

namespace perdure::api {

namespace {

struct Fields {
  std::vector<std::string> names;
  std::optional<size_t> gap;  // before this one there may be any number of others
  std::vector<Condition> conditions;

  // Which of `count` values a name has; nothing if there is no such name.
  std::optional<size_t> place_of(const std::string& name, size_t count) const {
    const auto found = std::find(names.begin(), names.end(), name);
    if (found == names.end()) return std::nullopt;
    const auto index = static_cast<size_t>(found - names.begin());
    return gap && index >= *gap ? count - (names.size() - index) : index;
  }

  bool want(std::string_view message) const;
};

// Brackets and quotes hold a value together and are not part of it.
std::vector<std::string> values_of(std::string_view message) {
  std::vector<std::string> values;
  while (true) {
    message.remove_prefix(std::min(message.find_first_not_of(" \t\n\r"), message.size()));
    if (message.empty()) return values;
    const char closing = message[0] == '[' ? ']' : message[0] == '"' ? '"' : '\0';
    const size_t end = closing != '\0' ? message.find(closing, 1) : message.npos;
    if (end != message.npos) {
      values.emplace_back(message.substr(1, end - 1));
      message.remove_prefix(end + 1);
    } else {
      const size_t space = std::min(message.find_first_of(" \t\n\r"), message.size());
      values.emplace_back(message.substr(0, space));
      message.remove_prefix(space);
    }
  }
}

bool Fields::want(std::string_view message) const {
  const std::vector<std::string> values = values_of(message);
  if (gap ? values.size() < names.size() : values.size() != names.size()) return false;
  const FindValues find = [&](const std::string& name) {
    const auto place = place_of(name, values.size());
    std::vector<FoundValue> found;
    if (place) found.push_back({FoundValue::Kind::text, values[*place]});
    return found;
  };
  return std::all_of(conditions.begin(), conditions.end(),
                     [&](const Condition& condition) { return condition(find); });
}

std::string read_name(PatternText& text) {
  text.skip_spaces();
  return std::string(text.take_until(" \t\n\r=!<>()&|,[]\""));
}

// A name alone, or the condition for it, whose first name it is.
Result<> read_field(PatternText& text, Fields& fields) {
  PatternText ahead = text;
  while (ahead.take("(")) {
  }
  const std::string name = read_name(ahead);
  if (name.empty()) return invalid_filter_pattern();
  if (name == "...") {
    if (fields.gap) return invalid_filter_pattern();
    fields.gap = fields.names.size();
    text = ahead;
    return {};
  }
  fields.names.push_back(name);
  if (ahead.at_end() || ahead.peek() == ',') {
    text = ahead;
    return {};
  }
  PD_TRY(condition, read_condition(text, [](PatternText& from) -> Result<std::string> {
           std::string selector = read_name(from);
           if (selector.empty()) return invalid_filter_pattern();
           return selector;
         }));
  fields.conditions.push_back(std::move(condition));
  return {};
}

}  // namespace

Result<LogMatcher> read_fields_pattern(std::string_view pattern) {
  if (!pattern.ends_with(']')) return invalid_filter_pattern();
  PatternText text(pattern.substr(1, pattern.size() - 2));
  Fields fields;
  do {
    PD_CHECK(read_field(text, fields));
  } while (text.take(","));
  if (!text.at_end()) return invalid_filter_pattern();
  return LogMatcher(
      [fields = std::move(fields)](std::string_view message) { return fields.want(message); });
}

}  // namespace perdure::api
