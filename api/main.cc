#include "api/cli/commands.h"

int main(int argc, char** argv) { return perdure::api::cli::run_command_line(argc, argv); }
