#include "api/workflow_tests/matching.h"

#include <fnmatch.h>

#include <algorithm>

#include "base/yaml.h"

namespace perdure::api::workflow_tests {
namespace {

using asl::Kind;
using asl::Value;

std::string shown(const Value& value) { return value.defined() ? asl::to_json(value) : "nothing"; }

class Comparison {
 public:
  explicit Comparison(std::vector<Difference>& differences) : differences_(differences) {}

  void compare(const Value& expected, const Value& actual, const std::string& at, bool exact) {
    if (!exact && is_rule(expected)) {
      const auto& [name, argument] = expected.members().front();
      return apply(name, argument, actual, at);
    }
    if (!actual.defined()) return differ(at, shown(expected), actual);
    if (expected.is(Kind::object) && actual.is(Kind::object)) {
      return compare_objects(expected, actual, at, exact);
    }
    if (expected.is(Kind::array) && actual.is(Kind::array)) {
      return compare_arrays(expected, actual, at, exact);
    }
    if (!asl::equal(expected, actual)) differ(at, shown(expected), actual);
  }

 private:
  static bool is_rule(const Value& expected) {
    if (!expected.is(Kind::object) || expected.size() != 1) return false;
    static constexpr std::string_view rules[] = {"$exact", "$any", "$absent", "$like", "$contains"};
    return std::find(std::begin(rules), std::end(rules), expected.members().front().key) !=
           std::end(rules);
  }

  void differ(const std::string& at, std::string expected, const Value& actual) {
    differences_.push_back({at, std::move(expected), shown(actual)});
  }

  void apply(std::string_view rule, const Value& argument, const Value& actual,
             const std::string& at) {
    if (rule == "$exact") return compare(argument, actual, at, true);
    if (rule == "$any") {
      if (!actual.defined()) differ(at, "anything", actual);
    } else if (rule == "$absent") {
      if (actual.defined()) differ(at, "nothing", actual);
    } else if (rule == "$like") {
      const bool text = argument.is(Kind::string) && actual.is(Kind::string);
      if (!text || !like(actual.as_string(), std::string(argument.as_string()))) {
        differ(at, "like " + shown(argument), actual);
      }
    } else if (!contains(actual, argument)) {
      differ(at, "an array with " + shown(argument), actual);
    }
  }

  static bool contains(const Value& actual, const Value& wanted) {
    if (!actual.is(Kind::array)) return false;
    const auto items = actual.items();
    return std::any_of(items.begin(), items.end(), [&](const Value& item) {
      std::vector<Difference> differences;
      Comparison(differences).compare(wanted, item, "", false);
      return differences.empty();
    });
  }

  void compare_objects(const Value& expected, const Value& actual, const std::string& at,
                       bool exact) {
    for (const auto& [key, value] : expected.members()) {
      compare(value, actual.get(key), pointer_to(at, key), exact);
    }
    if (!exact) return;
    for (const auto& [key, value] : actual.members()) {
      if (!expected.get(key).defined()) differ(pointer_to(at, key), "nothing", value);
    }
  }

  void compare_arrays(const Value& expected, const Value& actual, const std::string& at,
                      bool exact) {
    const auto wanted = expected.items(), given = actual.items();
    for (size_t i = 0; i < std::max(wanted.size(), given.size()); ++i) {
      const std::string place = pointer_to(at, std::to_string(i));
      if (i >= wanted.size()) {
        differ(place, "nothing", given[i]);
      } else {
        compare(wanted[i], i < given.size() ? given[i] : Value(), place, exact);
      }
    }
  }

  std::vector<Difference>& differences_;
};

}  // namespace

void compare(const Value& expected, const Value& actual, const std::string& pointer,
             std::vector<Difference>& differences) {
  Comparison(differences).compare(expected, actual, pointer, false);
}

bool like(std::string_view text, const std::string& pattern) {
  return fnmatch(pattern.c_str(), std::string(text).c_str(), 0) == 0;
}

}  // namespace perdure::api::workflow_tests
