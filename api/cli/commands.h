#pragma once

namespace perdure::api::cli {

// The command line: returns the exit code.
int run_command_line(int argc, char** argv);

}  // namespace perdure::api::cli
