#include "asl/execution/entry.h"

#include <array>

namespace perdure::asl {
namespace {

constexpr std::array<std::string_view, 63> event_names = {"",
                                                          "ActivityFailed",
                                                          "ActivityScheduled",
                                                          "ActivityScheduleFailed",
                                                          "ActivityStarted",
                                                          "ActivitySucceeded",
                                                          "ActivityTimedOut",
                                                          "ChoiceStateEntered",
                                                          "ChoiceStateExited",
                                                          "ExecutionAborted",
                                                          "ExecutionFailed",
                                                          "ExecutionStarted",
                                                          "ExecutionSucceeded",
                                                          "ExecutionTimedOut",
                                                          "FailStateEntered",
                                                          "LambdaFunctionFailed",
                                                          "LambdaFunctionScheduled",
                                                          "LambdaFunctionScheduleFailed",
                                                          "LambdaFunctionStarted",
                                                          "LambdaFunctionStartFailed",
                                                          "LambdaFunctionSucceeded",
                                                          "LambdaFunctionTimedOut",
                                                          "MapIterationAborted",
                                                          "MapIterationFailed",
                                                          "MapIterationStarted",
                                                          "MapIterationSucceeded",
                                                          "MapStateAborted",
                                                          "MapStateEntered",
                                                          "MapStateExited",
                                                          "MapStateFailed",
                                                          "MapStateStarted",
                                                          "MapStateSucceeded",
                                                          "ParallelStateAborted",
                                                          "ParallelStateEntered",
                                                          "ParallelStateExited",
                                                          "ParallelStateFailed",
                                                          "ParallelStateStarted",
                                                          "ParallelStateSucceeded",
                                                          "PassStateEntered",
                                                          "PassStateExited",
                                                          "SucceedStateEntered",
                                                          "SucceedStateExited",
                                                          "TaskFailed",
                                                          "TaskScheduled",
                                                          "TaskStarted",
                                                          "TaskStartFailed",
                                                          "TaskStateAborted",
                                                          "TaskStateEntered",
                                                          "TaskStateExited",
                                                          "TaskSubmitFailed",
                                                          "TaskSubmitted",
                                                          "TaskSucceeded",
                                                          "TaskTimedOut",
                                                          "WaitStateAborted",
                                                          "WaitStateEntered",
                                                          "WaitStateExited",
                                                          "MapRunAborted",
                                                          "MapRunFailed",
                                                          "MapRunStarted",
                                                          "MapRunSucceeded",
                                                          "ExecutionRedriven",
                                                          "MapRunRedriven",
                                                          "EvaluationFailed"};

}  // namespace

std::string_view entry_type_name(EntryType type) {
  switch (type) {
    case EntryType::TimerArmed:
      return "TimerArmed";
    case EntryType::RetryScheduled:
      return "RetryScheduled";
    default:
      break;
  }
  const auto index = static_cast<size_t>(type);
  return index < event_names.size() ? event_names[index] : std::string_view("Unknown");
}

Entry& Entry::set(Field field, int64_t number) { return add({field, true, number, Payload()}); }

Entry& Entry::set(Field field, Payload text) {
  return text ? add({field, false, 0, std::move(text)}) : *this;
}

// Most entries have two to four fields: one piece of memory for all of them.
Entry& Entry::add(FieldValue value) {
  if (fields.empty()) fields.reserve(4);
  fields.push_back(std::move(value));
  return *this;
}

Entry& Entry::set(Field field, std::string_view text) {
  return set(field, Payload(std::string(text)));
}

const Entry::FieldValue* Entry::find(Field field) const {
  for (const FieldValue& value : fields) {
    if (value.field == field) return &value;
  }
  return nullptr;
}

int64_t Entry::number(Field field, int64_t otherwise) const {
  const FieldValue* value = find(field);
  return value != nullptr && value->is_number ? value->number : otherwise;
}

Payload Entry::payload(Field field) const {
  const FieldValue* value = find(field);
  return value != nullptr ? value->text : Payload();
}

std::string_view Entry::text(Field field) const {
  const FieldValue* value = find(field);
  return value != nullptr ? value->text.text() : std::string_view();
}

}  // namespace perdure::asl
