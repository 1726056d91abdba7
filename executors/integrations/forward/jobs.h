#pragma once
// .sync of services where a job is asked for until it has ended.

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/json.h"

namespace perdure::executors {

struct JobKind {
  std::string_view service, action;  // "batch", "submitJob"
  std::string_view poll;             // the operation that tells of it: "DescribeJobs"
  // Its parameters, a pattern (filled_in) of the task's parameters and of what the start has given.
  std::string_view poll_parameters;
  std::string_view job;     // pointer to the job in the poll's answer; empty: it is the answer
  std::string_view status;  // pointer to its status within the job
  std::string_view good;    // statuses that end it, between spaces
  std::string_view bad;
  // The poll's error that means that what was to go is gone; empty: none does.
  std::string_view gone{};
  // What the task gets of a job that has ended well, as a pattern of what the start has given and
  // of the poll's answer; empty: the job.
  std::string_view result{};
};

std::span<const JobKind> job_kinds();
const JobKind* job_kind(std::string_view service, std::string_view action);  // null: none

struct JobEnd {
  bool good = false;
  Json job;
};
// Nothing: it runs on.
std::optional<JobEnd> job_end(const JobKind& kind, const Json& polled);

}  // namespace perdure::executors
