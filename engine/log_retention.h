#pragma once
// Acts on the retention of log groups: lines that are older are deleted, a while after nobody sees
// them any more (LogGroups::oldest_ms).

#include <memory>

#include "base/clock.h"
#include "base/runner.h"
#include "engine/log_groups.h"

namespace perdure::engine {

class LogRetention {
 public:
  // All outlive it. The runner's thread reads and writes the files.
  LogRetention(LogGroups& groups, Logs& logs, const Clock& clock, Runner& runner);
  // Looks at once and then every ten minutes, until its end.
  void start() { later(0); }

 private:
  void later(int64_t delay_ms);
  void look();

  LogGroups& groups_;
  Logs& logs_;
  const Clock& clock_;
  Runner& runner_;
  std::shared_ptr<char> alive_ = std::make_shared<char>();
};

}  // namespace perdure::engine
