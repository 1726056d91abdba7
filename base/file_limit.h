#pragma once

namespace perdure {

// As many open files as this process may allow itself. The soft limit, mostly 1,024, is for
// programs that cannot count further. Where that fails all stays as it is.
void allow_most_open_files();

}  // namespace perdure
