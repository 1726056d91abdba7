#include "api/cli/live_view.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include "api/cli/terminal.h"

namespace perdure::api::cli {

LiveView::LiveView() : live_(is_terminal(STDERR_FILENO)), colour_(has_colour(STDERR_FILENO)) {}

void LiveView::put(const std::vector<std::string>& lines) {
  std::string out;
  if (drawn_ > 0) out += "\x1b[" + std::to_string(drawn_) + "A\x1b[J";
  for (const std::string& line : lines) out += line + "\n";
  write_err(out);
}

// Only what fits on the screen can be drawn over: of a long tree its end, where things happen.
void LiveView::draw(const ProgressTree& tree, int64_t now_ms) {
  if (!live_) return;
  winsize size{};
  const bool known = ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 2;
  const size_t room = known ? size.ws_row - 1u : 23u;
  const size_t width = known && size.ws_col > 0 ? size.ws_col : 80u;
  std::vector<std::string> lines = tree.lines(now_ms, colour_);
  if (lines.size() > room) lines.erase(lines.begin(), lines.end() - static_cast<long>(room));
  // A line that wraps would take two lines on the screen.
  for (std::string& line : lines) line = cut_to_width(line, width);
  put(lines);
  drawn_ = lines.size();
}

void LiveView::finish(const ProgressTree& tree, int64_t now_ms) {
  put(tree.lines(now_ms, colour_));
  drawn_ = 0;
}

}  // namespace perdure::api::cli
