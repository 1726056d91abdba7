#pragma once
// Copies of a database file, and whether it is whole. Each call opens connections of its own, so
// that they may run beside a store that is in use: commits go on meanwhile.

#include <string>
#include <vector>

#include "base/result.h"

namespace perdure::engine {

// The state of one moment, as a single file that did not exist before; durable when it returns.
Result<> copy_database(const std::string& from, const std::string& to);

enum class Check { quick, full };  // full: also that indexes and tables agree
// What is wrong with the file, at most a few lines; empty: nothing. Reads every page.
Result<std::vector<std::string>> check_database(const std::string& file, Check check);

}  // namespace perdure::engine
