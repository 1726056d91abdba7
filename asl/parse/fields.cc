// Which fields each state type has (Amazon States Language, "State Types"; what AWS accepts was
// measured per type).

#include <array>

#include "asl/parse/state_readers.h"

namespace perdure::asl {
namespace {

constexpr auto path = FieldRule::Language::jsonpath;
constexpr auto jsonata = FieldRule::Language::jsonata;

constexpr std::array pass_fields = {
    FieldRule{"Type"},
    FieldRule{"Comment"},
    FieldRule{"QueryLanguage"},
    FieldRule{"Next"},
    FieldRule{"End"},
    FieldRule{"Assign"},
    FieldRule{"InputPath", path},
    FieldRule{"OutputPath", path},
    FieldRule{"Parameters", path},
    FieldRule{"Result", path},
    FieldRule{"ResultPath", path},
    FieldRule{"Output", jsonata},
};

constexpr std::array task_fields = {
    FieldRule{"Type"},
    FieldRule{"Comment"},
    FieldRule{"QueryLanguage"},
    FieldRule{"Next"},
    FieldRule{"End"},
    FieldRule{"Assign"},
    FieldRule{"Resource"},
    FieldRule{"Credentials"},
    FieldRule{"Retry"},
    FieldRule{"Catch"},
    FieldRule{"TimeoutSeconds"},
    FieldRule{"TimeoutSecondsPath", path},
    FieldRule{"HeartbeatSeconds"},
    FieldRule{"HeartbeatSecondsPath", path},
    FieldRule{"InputPath", path},
    FieldRule{"OutputPath", path},
    FieldRule{"Parameters", path},
    FieldRule{"ResultSelector", path},
    FieldRule{"ResultPath", path},
    FieldRule{"Arguments", jsonata},
    FieldRule{"Output", jsonata},
};

constexpr std::array choice_fields = {
    FieldRule{"Type"},
    FieldRule{"Comment"},
    FieldRule{"QueryLanguage"},
    FieldRule{"Choices"},
    FieldRule{"Default"},
    FieldRule{"Assign"},
    FieldRule{"InputPath", path},
    FieldRule{"OutputPath", path},
    FieldRule{"Output", jsonata},
};

constexpr std::array wait_fields = {
    FieldRule{"Type"},
    FieldRule{"Comment"},
    FieldRule{"QueryLanguage"},
    FieldRule{"Next"},
    FieldRule{"End"},
    FieldRule{"Assign"},
    FieldRule{"Seconds"},
    FieldRule{"Timestamp"},
    FieldRule{"SecondsPath", path},
    FieldRule{"TimestampPath", path},
    FieldRule{"InputPath", path},
    FieldRule{"OutputPath", path},
    FieldRule{"Output", jsonata},
};

constexpr std::array succeed_fields = {
    FieldRule{"Type"},
    FieldRule{"Comment"},
    FieldRule{"QueryLanguage"},
    FieldRule{"InputPath", path},
    FieldRule{"OutputPath", path},
    FieldRule{"Output", jsonata},
};

constexpr std::array fail_fields = {
    FieldRule{"Type"},
    FieldRule{"Comment"},
    FieldRule{"QueryLanguage"},
    FieldRule{"Error"},
    FieldRule{"Cause"},
    FieldRule{"ErrorPath", path},
    FieldRule{"CausePath", path},
};

constexpr std::array parallel_fields = {
    FieldRule{"Type"},
    FieldRule{"Comment"},
    FieldRule{"QueryLanguage"},
    FieldRule{"Next"},
    FieldRule{"End"},
    FieldRule{"Assign"},
    FieldRule{"Branches"},
    FieldRule{"Retry"},
    FieldRule{"Catch"},
    FieldRule{"InputPath", path},
    FieldRule{"OutputPath", path},
    FieldRule{"Parameters", path},
    FieldRule{"ResultSelector", path},
    FieldRule{"ResultPath", path},
    FieldRule{"Arguments", jsonata},
    FieldRule{"Output", jsonata},
};

constexpr std::array map_fields = {
    FieldRule{"Type"},
    FieldRule{"Comment"},
    FieldRule{"QueryLanguage"},
    FieldRule{"Next"},
    FieldRule{"End"},
    FieldRule{"Assign"},
    FieldRule{"ItemProcessor"},
    FieldRule{"Iterator"},
    FieldRule{"ItemSelector"},
    FieldRule{"Retry"},
    FieldRule{"Catch"},
    FieldRule{"MaxConcurrency"},
    FieldRule{"MaxConcurrencyPath", path},
    FieldRule{"ToleratedFailurePercentage"},
    FieldRule{"ToleratedFailurePercentagePath", path},
    FieldRule{"ToleratedFailureCount"},
    FieldRule{"ToleratedFailureCountPath", path},
    FieldRule{"ItemReader"},
    FieldRule{"ItemBatcher"},
    FieldRule{"ResultWriter"},
    FieldRule{"Label"},
    FieldRule{"InputPath", path},
    FieldRule{"OutputPath", path},
    FieldRule{"Parameters", path},
    FieldRule{"ItemsPath", path},
    FieldRule{"ResultSelector", path},
    FieldRule{"ResultPath", path},
    FieldRule{"Items", jsonata},
    FieldRule{"Output", jsonata},
};

}  // namespace

std::span<const FieldRule> allowed_fields(std::string_view type) {
  if (type == "Pass") return pass_fields;
  if (type == "Task") return task_fields;
  if (type == "Choice") return choice_fields;
  if (type == "Wait") return wait_fields;
  if (type == "Succeed") return succeed_fields;
  if (type == "Fail") return fail_fields;
  if (type == "Parallel") return parallel_fields;
  return map_fields;
}

}  // namespace perdure::asl
