#include <array>

#include "asl/parse/paths.h"
#include "asl/parse/queries.h"
#include "asl/parse/state_readers.h"
#include "base/time.h"

namespace perdure::asl {
namespace {

std::optional<int64_t> read_moment(const ObjectReader& state) {
  const std::optional<std::string> text = state.text("Timestamp");
  if (!text) return std::nullopt;
  std::optional<int64_t> moment_ms = parse_iso8601(*text);
  if (!moment_ms) {
    state.diagnostics().schema("String does not match RFC3339 timestamp",
                               state.location("Timestamp"));
  }
  return moment_ms;
}

}  // namespace

WaitState read_wait(StateScope& scope) {
  static constexpr std::array<std::string_view, 4> times = {"SecondsPath", "Seconds",
                                                            "TimestampPath", "Timestamp"};
  const ObjectReader& state = scope.fields;
  state.exactly_one_of(times);
  WaitState wait{WaitState::Seconds{0}};
  const SecondsField seconds = {.seconds = state.integer("Seconds", {0, 99'999'999}),
                                .path = read_path(state, "SecondsPath", reference_path)};
  const std::optional<int64_t> moment_ms = read_moment(state);
  auto moment_path = read_path(state, "TimestampPath", reference_path);
  if (seconds.seconds) wait.until = WaitState::Seconds{*seconds.seconds};
  if (seconds.path) wait.until = WaitState::SecondsPath{*seconds.path};
  if (moment_ms) wait.until = WaitState::Timestamp{*moment_ms};
  if (moment_path) wait.until = WaitState::TimestampPath{*moment_path};
  if (auto query = read_expression(state, "Seconds")) wait.until = WaitState::SecondsQuery{*query};
  if (auto query = read_expression(state, "Timestamp")) {
    wait.until = WaitState::TimestampQuery{*query};
  }
  return wait;
}

}  // namespace perdure::asl
