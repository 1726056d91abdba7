#pragma once
// Draws a progress tree again and again in its place on a terminal (stderr). Where nobody watches,
// nothing is drawn before the end.

#include "api/cli/progress_tree.h"

namespace perdure::api::cli {

class LiveView {
 public:
  LiveView();
  void draw(const ProgressTree& tree, int64_t now_ms);
  void finish(const ProgressTree& tree, int64_t now_ms);  // the last drawing stays

 private:
  void put(const std::vector<std::string>& lines);

  bool live_ = false;
  bool colour_ = false;
  size_t drawn_ = 0;  // lines on the screen
};

}  // namespace perdure::api::cli
