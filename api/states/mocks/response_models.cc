#include "api/states/mocks/response_models.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>

#include "response_models_file.h"

namespace perdure::api {
namespace {

// The rest of the line that begins with the key.
std::optional<std::string_view> line_of(const std::string& key) {
  const std::string_view text = embedded::response_models_txt;
  const std::string begin = "\n" + key + " ";
  const size_t at = text.find(begin);
  if (at == std::string_view::npos) return std::nullopt;
  const size_t from = at + begin.size();
  return text.substr(from, text.find('\n', from) - from);
}

// Cuts off and returns what is before the separator, or everything.
std::string_view cut(std::string_view& text, char separator) {
  const size_t at = std::min(text.find(separator), text.size());
  const std::string_view head = text.substr(0, at);
  text.remove_prefix(std::min(at + 1, text.size()));
  return head;
}

std::optional<double> number_in(std::string_view text) {
  double number = 0;
  const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (wrong != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// A type of the table: its first letter says of what kind, `inner` what is in its brackets or the
// name of its structure.
struct Type {
  char kind = '*';
  std::string_view inner;
  std::optional<double> least, most;
};

Type type_in(std::string_view text) {
  Type type{text.empty() ? '*' : text.front()};
  if (text.ends_with(')')) {
    const size_t open = text.rfind('(');
    std::string_view bounds = text.substr(open + 1, text.size() - open - 2);
    type.least = number_in(cut(bounds, ','));
    type.most = number_in(bounds);
    text = text.substr(0, open);
  }
  const bool bracketed = type.kind == '[' || type.kind == '<';
  if (bracketed) text.remove_suffix(1);
  if (bracketed || type.kind == '#') type.inner = text.substr(1);
  return type;
}

size_t length_of(const std::string& text) {
  return static_cast<size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

Error refused(const std::string& what) {
  return invalid("ValidationException", "Mock result schema validation error: " + what);
}

class Checker {
 public:
  Checker(bool sdk, bool strict) : sdk_(sdk), strict_(strict) {}

  Result<> structure(const std::string& key, const Json& value) const {
    std::string_view members = line_of(key).value_or("");
    const std::string service = key.substr(0, key.find('#'));
    for (std::string_view rest = members; strict_ && !rest.empty();) {
      PD_CHECK(required(cut(rest, ' '), value));
    }
    while (!members.empty()) PD_CHECK(member(service, cut(members, ' '), value));
    return {};
  }

 private:
  struct Member {
    bool required = false;
    std::string name, other;  // the one that messages say, and another that is taken too
    std::string_view type;
  };

  Member member_in(std::string_view text) const {
    Member member;
    member.required = text.starts_with('!');
    if (member.required) text.remove_prefix(1);
    std::string_view names = cut(text, ':');
    member.type = text;
    member.name = cut(names, '=');
    member.other = names.empty() ? member.name : std::string(names);
    if (sdk_) std::swap(member.name, member.other);
    return member;
  }

  static const Json* find(const Member& member, const Json& value) {
    auto found = value.find(member.name);
    if (found == value.end()) found = value.find(member.other);
    return found == value.end() || found->is_null() ? nullptr : &*found;
  }

  Result<> required(std::string_view text, const Json& value) const {
    const Member member = member_in(text);
    if (!member.required || find(member, value) != nullptr) return {};
    return refused("Required field '" + member.name + "' is missing");
  }

  Result<> member(const std::string& service, std::string_view text, const Json& value) const {
    const Member member = member_in(text);
    const Json* found = find(member, value);
    return found == nullptr ? Result<>() : check(service, member.type, member.name, *found);
  }

  Result<> check(const std::string& service, std::string_view text, const std::string& name,
                 const Json& value) const {
    const Type type = type_in(text);
    const auto must_be = [&name](const char* what) {
      return refused("Field '" + name + "' must be " + what);
    };
    switch (type.kind) {
      case 's':
        if (!value.is_string()) return must_be("a string");
        return bounded_length(type, name, length_of(value.get_ref<const std::string&>()));
      case 'n':
        if (!value.is_number()) return must_be("a number");
        return bounded_value(type, name, value.get<double>());
      case 'b':
        return value.is_boolean() ? Result<>() : must_be("a boolean");
      case '[':
        if (!value.is_array()) return must_be("an array");
        PD_CHECK(bounded_length(type, name, value.size()));
        break;
      case '<':
      case '#':
        if (!value.is_object()) return must_be("an object");
        break;
      default:
        return {};
    }
    if (type.kind == '#') return structure(service + "#" + std::string(type.inner), value);
    for (const Json& item : value) PD_CHECK(check(service, type.inner, name, item));
    return {};
  }

  static Result<> bounded_length(const Type& type, const std::string& name, size_t length) {
    const auto size = static_cast<double>(length);
    if (type.least && size < *type.least) {
      return refused("Field '" + name + "' is smaller than the minimum length");
    }
    if (type.most && size > *type.most) {
      return refused("Field '" + name + "' exceeds the maximum length");
    }
    return {};
  }

  static Result<> bounded_value(const Type& type, const std::string& name, double value) {
    if (type.least && value < *type.least) {
      return refused("Field '" + name + "' is less than the minimum value");
    }
    if (type.most && value > *type.most) {
      return refused("Field '" + name + "' exceeds the maximum value");
    }
    return {};
  }

  bool sdk_, strict_;
};

}  // namespace

Result<> check_mocked_response(const std::string& integration, const Json& result,
                               MockValidation validation) {
  if (validation == MockValidation::none) return {};
  const auto shape = line_of(integration);
  if (!shape) return {};
  if (!result.is_object()) return refused("Mock result must be an object");
  const Checker checker(integration.starts_with("aws-sdk:"), validation == MockValidation::strict);
  return checker.structure(std::string(*shape), result);
}

}  // namespace perdure::api
