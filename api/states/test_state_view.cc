#include "api/states/test_state_view.h"

#include <charconv>

namespace perdure::api {
namespace {

using asl::DataStage;
using asl::TestOutcome;

const char* status_name(TestOutcome::Status status) {
  static constexpr const char* names[] = {"SUCCEEDED", "FAILED", "RETRIABLE", "CAUGHT_ERROR"};
  return names[size_t(status)];
}

bool is_number(DataStage stage) { return stage >= DataStage::max_concurrency; }

// Recorded: what a state type or the query language has no field for is not shown, and a Pass with
// a Result shows nothing of its way in.
bool is_shown(const asl::State& state, DataStage stage) {
  const bool parallel = std::holds_alternative<asl::ParallelState>(state.kind);
  const bool container = parallel || std::holds_alternative<asl::MapState>(state.kind);
  const bool jsonata = state.common.query_language == asl::QueryLanguage::jsonata;
  switch (stage) {
    case DataStage::variables:
      return false;  // of the state alone; all that there are are shown
    case DataStage::result:
      return !container;
    case DataStage::after_items_path:
      return !jsonata;
    case DataStage::after_input_path:
    case DataStage::after_parameters: {
      const auto* pass = std::get_if<asl::PassState>(&state.kind);
      return !jsonata && !parallel && !(pass != nullptr && pass->result);
    }
    default:
      return true;
  }
}

Json number(std::string_view text, bool fraction) {
  double value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return fraction ? Json(value) : Json(int64_t(value));
}

Json error_details(const TestOutcome& outcome) {
  Json details = Json::object();
  if (outcome.retry_index) details["retryIndex"] = *outcome.retry_index;
  if (outcome.retry_delay_ms) {
    details["retryBackoffIntervalSeconds"] = *outcome.retry_delay_ms / 1000;
  }
  if (outcome.catch_index) details["catchIndex"] = *outcome.catch_index;
  return details;
}

// "[Name: value, Name: value]"
std::string fields_text(const engine::HttpTrace::Fields& fields) {
  std::string text = "[";
  for (const auto& [name, value] : fields) {
    text += (text.size() > 1 ? ", " : "") + name + ": " + value;
  }
  return text + "]";
}

void show_trace(const engine::HttpTrace& trace, Json& data) {
  if (trace.protocol.empty()) return;
  data["request"] = {{"protocol", trace.protocol},
                     {"method", trace.method},
                     {"url", trace.url},
                     {"headers", fields_text(trace.request_headers)}};
  if (!trace.request_body.empty()) data["request"]["body"] = trace.request_body;
  if (trace.status == 0) return;
  data["response"] = {{"protocol", trace.protocol},
                      {"statusCode", std::to_string(trace.status)},
                      {"statusMessage", trace.status_message},
                      {"headers", fields_text(trace.response_headers)},
                      {"body", trace.response_body}};
}

Json inspection(const asl::StateTest& test, const TestOutcome& outcome, const std::string& input) {
  // By DataStage.
  static constexpr const char* names[] = {"afterInputPath",
                                          "afterParameters",
                                          "afterItemsPath",
                                          "afterItemSelector",
                                          "result",
                                          "afterResultSelector",
                                          "afterResultPath",
                                          "variables",
                                          "afterArguments",
                                          "maxConcurrency",
                                          "toleratedFailureCount",
                                          "toleratedFailurePercentage"};
  Json data = Json::object({{"input", input}});
  for (const auto& [stage, payload] : test.stages()) {
    if (!is_shown(test.state(), stage)) continue;
    const bool fraction = stage == DataStage::tolerated_failure_percentage;
    data[names[size_t(stage)]] =
        is_number(stage) ? number(payload.text(), fraction) : Json(payload.text());
  }
  if (test.pointed_items()) data["afterItemsPointer"] = test.pointed_items().text();
  if (test.batches()) data["afterItemBatcher"] = test.batches().text();
  if (const asl::Payload variables = test.variables()) data["variables"] = variables.text();
  if (Json details = error_details(outcome); !details.empty()) {
    data["errorDetails"] = std::move(details);
  }
  return data;
}

}  // namespace

Json test_answer(const asl::StateTest& test, const Input& input, const engine::HttpTrace* trace) {
  const TestOutcome outcome = test.outcome();
  Json json = Json::object({{"status", status_name(outcome.status)}});
  if (outcome.output) json["output"] = outcome.output.text();
  if (!outcome.next.empty()) json["nextState"] = outcome.next;
  if (outcome.error) json["error"] = *outcome.error;
  if (outcome.cause) json["cause"] = *outcome.cause;
  const std::string level = input.text("inspectionLevel");
  if (level == "DEBUG" || level == "TRACE") {
    json["inspectionData"] = inspection(test, outcome, input.maybe_text("input").value_or("{}"));
    if (trace != nullptr) show_trace(*trace, json["inspectionData"]);
  }
  return json;
}

}  // namespace perdure::api
