#pragma once
// Runtimes that a package or a layer brings with it, and the programs that go between a runtime and
// us: the bridge to TCP, a layer's wrapper.

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "executors/functions/function_types.h"
#include "executors/functions/pool/launch.h"

namespace perdure::executors {

// "provided", "provided.al2", "provided.al2023".
bool is_custom_runtime(std::string_view runtime);

// Whether its `bootstrap` is in the package, else it is in a layer. Runtime.InvalidEntrypoint if
// there is none.
Result<bool> custom_program_is_in_package(const std::string& code_root,
                                          const std::string& opt_root);

// What runs behind the bridge, which starts the extensions of the layers and offers the Runtime API
// at a TCP port. `opt_root`: where the extensions are, as the worker sees it; empty: there are
// none. `is_ours`: the program is a bootstrap of ours and speaks to the socket itself.
std::vector<std::string> behind_bridge(std::vector<std::string> program,
                                       const std::string& opt_root, bool is_ours,
                                       const RuntimePlaces& places);

// Whether a layer brings external extensions.
bool has_extensions(const std::string& opt_root);

}  // namespace perdure::executors
