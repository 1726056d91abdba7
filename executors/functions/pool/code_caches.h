#pragma once
// What V8 has made of the code of Node functions, kept so that later workers need not compile it: a
// file for each code of each function. A worker of that function made it, and only workers of the
// same code of the same function get it, so that it can harm nobody else; it is never looked into
// here.

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/runner.h"
#include "executors/functions/function_types.h"

namespace perdure::executors {

// Safe from any thread.
class CodeCaches {
 public:
  static constexpr std::string_view file_name = "code";  // in the folder of an Offer
  static constexpr size_t max_bytes = max_response_bytes;

  // `folder` is made with the first cache. What blocks on the disk runs on the runner, in order.
  CodeCaches(std::string folder, Runner& runner);

  struct Offer {
    std::string folder;    // holds the cache; empty: there is none
    bool wanted = false;   // one that a worker makes is taken, if it is the first
    uint64_t edition = 0;  // how many have been taken
  };
  Offer offer(const FunctionConfiguration& function);
  // A worker that got an offer has made one. False: it is not wanted (any more). One that cannot be
  // written costs a line in the log.
  bool take(const FunctionConfiguration& function, uint64_t edition, std::string bytes);

  // Removes what the function has for other code than that of these versions; none: all.
  void keep_only(const std::string& function_arn,
                 const std::vector<FunctionConfiguration>& versions);
  // Removes what functions have that are not among these.
  void keep_functions(const std::vector<std::string>& function_arns);

 private:
  std::string folder_of(const FunctionConfiguration& function) const;

  const std::string folder_;
  Runner& runner_;
  std::mutex mutex_;
  std::map<std::string, uint64_t> editions_;  // by folder
  // Bytes on their way to the disk: what waits there is bounded.
  std::shared_ptr<std::atomic<size_t>> unwritten_ = std::make_shared<std::atomic<size_t>>(0);
};

}  // namespace perdure::executors
