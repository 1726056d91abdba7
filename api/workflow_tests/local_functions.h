#pragma once
// `functions: local`: the handlers that stand beside a test, for tasks that are not mocked. They
// run as on a server, on one of their own with an empty data folder, which is started by the first
// call.

#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "asl/machine.h"
#include "base/result.h"
#include "engine/executor.h"

namespace perdure::api::workflow_tests {

class LocalFunctions {
 public:
  // `folder` has a perdure.json that lists the functions.
  explicit LocalFunctions(std::string folder);
  ~LocalFunctions();  // ends the server and its workers, removes the data

  // The files of the functions: what a change of concerns their callers.
  Result<std::set<std::string>> files() const;

  // Calls the function that the task names and waits for its answer, which is what Step Functions
  // would make of it. An error: there is no such function, or none can be run here.
  Result<engine::TaskAnswer> call(const asl::TaskResource& resource, std::string_view parameters);

 private:
  class Running;

  const std::string folder_;
  std::unique_ptr<Running> running_;
};

}  // namespace perdure::api::workflow_tests
