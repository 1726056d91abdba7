#pragma once
#include <string>

#include "base/result.h"

namespace perdure::api::cli {

// What -i says: "-" is stdin, "@FILE" the file's text, empty "{}", anything else the JSON itself.
Result<std::string> input_text(const std::string& option);

// Everything that stdin has.
std::string read_stdin();

}  // namespace perdure::api::cli
