#pragma once
// Where a worker finds what its layers bring.

#include <array>
#include <map>
#include <string>

#include "executors/functions/function_types.h"
#include "executors/functions/pool/launch.h"

namespace perdure::executors {

// Where Debian and npm put modules of Node.js that are installed for everybody. AWS has its SDK at
// such a place.
inline constexpr std::array<const char*, 3> usual_node_folders = {
    "/usr/local/lib/node_modules", "/usr/lib/node_modules", "/usr/share/nodejs"};

// The folder in which a function's layers are merged, as AWS does it in /opt; empty without layers.
std::string opt_root_of(const FunctionConfiguration& function, const RuntimePlaces& places);

// The search paths of programs, libraries and modules. What the function has set itself comes
// first for modules, and is left alone for the rest.
void add_search_paths(std::map<std::string, std::string>& environment,
                      const FunctionConfiguration& function, Language language,
                      const std::string& code_root, const std::string& opt_root);

}  // namespace perdure::executors
