#pragma once
// How an execution's record is spread over the columns of `actors`.

#include <array>
#include <string>
#include <string_view>

#include "engine/store/database.h"
#include "engine/store/store.h"

namespace perdure::engine {

// The numbers are written to disk: never change or reuse one.
inline constexpr std::array<std::string_view, 7> execution_statuses = {
    "", "RUNNING", "SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED", "PENDING_REDRIVE"};

// 0: no status that we know.
inline int64_t status_number(std::string_view status) {
  for (size_t i = 1; i < execution_statuses.size(); ++i) {
    if (execution_statuses[i] == status) return static_cast<int64_t>(i);
  }
  return 0;
}

// The ARN that an execution of this name has, unless it is a special one.
inline std::string usual_execution_arn(std::string_view machine_arn, std::string_view name) {
  constexpr std::string_view from = ":stateMachine:", to = ":execution:";
  std::string arn(machine_arn);
  if (const auto at = arn.find(from); at != arn.npos) arn.replace(at, from.size(), to);
  return arn.append(":").append(name);
}

// Children of a map run stand under its ARN where others stand under their machine's, so that they
// are listed by it: arn:aws:states:R:A:mapRun:NAME/LABEL:UUID.
inline const std::string& listed_under(const ExecutionRecord& record) {
  return record.map_run_arn.empty() ? record.machine_arn : record.map_run_arn;
}

// "arn:aws:states:R:A:stateMachine:NAME/LABEL" of such an ARN; empty for any other.
inline std::string machine_of_map_run(std::string_view arn) {
  constexpr std::string_view from = ":mapRun:", to = ":stateMachine:";
  const size_t at = arn.find(from);
  // A map run's own record stands under an ARN without the UUID.
  if (at == arn.npos || arn.find(':', at + from.size()) == arn.npos) return {};
  std::string machine(arn.substr(0, arn.rfind(':')));
  return machine.replace(at, from.size(), to);
}

inline std::string_view key_bytes(const ActorKey& key) {
  return {reinterpret_cast<const char*>(key.bytes.data()), key.bytes.size()};
}

inline ActorKey key_from(std::string_view bytes) {
  ActorKey key;
  PD_ASSERT(bytes.size() == key.bytes.size());
  std::copy(bytes.begin(), bytes.end(), key.bytes.begin());
  return key;
}

}  // namespace perdure::engine
