#include <array>
#include <utility>

#include "asl/parse/paths.h"
#include "asl/parse/state_readers.h"
#include "asl/parse/templates.h"

namespace perdure::asl {
namespace {

constexpr auto path = FieldRule::Language::jsonpath;
constexpr auto jsonata = FieldRule::Language::jsonata;

constexpr std::array retrier_fields = {
    FieldRule{"Comment"},        FieldRule{"ErrorEquals"}, FieldRule{"IntervalSeconds"},
    FieldRule{"MaxAttempts"},    FieldRule{"BackoffRate"}, FieldRule{"MaxDelaySeconds"},
    FieldRule{"JitterStrategy"},
};

constexpr std::array catcher_fields = {
    FieldRule{"Comment"}, FieldRule{"ErrorEquals"},      FieldRule{"Next"},
    FieldRule{"Assign"},  FieldRule{"ResultPath", path}, FieldRule{"Output", jsonata},
};

void check_states_all(const ObjectReader& entry, const std::vector<std::string>& names, bool last) {
  bool all = false;
  for (const std::string& name : names) all = all || name == "States.ALL";
  if (!all || (names.size() == 1 && last)) return;
  entry.diagnostics().schema("States.ALL must appear alone and at end of list",
                             entry.location("ErrorEquals"));
}

std::vector<std::string> read_error_names(const ObjectReader& entry, bool last) {
  std::vector<std::string> names;
  const auto items = entry.array("ErrorEquals", false);
  if (!items) return names;
  size_t i = 0;
  for (const Value& item : *items) {
    if (item.is(Kind::string)) {
      names.emplace_back(item.as_string());
    } else {
      entry.diagnostics().schema("Expected value of type [STRING]",
                                 entry.location("ErrorEquals").item(i));
    }
    ++i;
  }
  check_states_all(entry, names, last);
  return names;
}

Retrier read_retrier(const ObjectReader& entry, bool last) {
  static constexpr std::array<std::string_view, 2> strategies = {"NONE", "FULL"};
  entry.allow(retrier_fields);
  entry.require("ErrorEquals");
  Retrier retrier;
  retrier.error_equals = read_error_names(entry, last);
  retrier.interval_seconds = entry.integer("IntervalSeconds", {0, 99'999'999}).value_or(1);
  retrier.max_attempts = entry.integer("MaxAttempts", {0, 99'999'999}).value_or(3);
  retrier.backoff_rate = entry.number("BackoffRate", {.min = 1.0}).value_or(2.0);
  retrier.max_delay_seconds = entry.integer("MaxDelaySeconds", {1, 31'622'400});
  retrier.full_jitter = entry.word("JitterStrategy", strategies) == "FULL";
  return retrier;
}

Catcher read_catcher(StateScope& scope, const ObjectReader& entry, bool last) {
  static constexpr std::array<std::string_view, 2> required = {"ErrorEquals", "Next"};
  entry.allow(catcher_fields);
  entry.require(required);
  Catcher catcher;
  catcher.error_equals = read_error_names(entry, last);
  catcher.next = read_transition(scope, entry, "Next");
  catcher.result_path = read_path_or_null(entry, "ResultPath", reference_path_or_null);
  catcher.output = read_query(entry, "Output", {.error_output = true});
  catcher.assign = read_assign(entry, {.error_output = true});
  return catcher;
}

// Calls `read(entry, last)` for each object of the list in `field`.
template <class Read>
void for_each_entry(const ObjectReader& state, std::string_view field, const Read& read) {
  const auto items = state.array(field);
  if (!items) return;
  const Location at = state.location(field);
  for (size_t i = 0; i < items->size(); ++i) {
    const auto entry =
        ObjectReader::open((*items)[i], at.item(i), state.language(), state.context());
    if (entry) read(*entry, i + 1 == items->size());
  }
}

}  // namespace

void read_retry_and_catch(StateScope& scope, ResultFields& fields) {
  for_each_entry(scope.fields, "Retry", [&](const ObjectReader& entry, bool last) {
    fields.retry.push_back(read_retrier(entry, last));
  });
  for_each_entry(scope.fields, "Catch", [&](const ObjectReader& entry, bool last) {
    fields.catchers.push_back(read_catcher(scope, entry, last));
  });
}

}  // namespace perdure::asl
