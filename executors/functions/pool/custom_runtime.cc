#include "executors/functions/pool/custom_runtime.h"

#include "base/files.h"

namespace perdure::executors {

bool is_custom_runtime(std::string_view runtime) {
  return runtime == "provided" || runtime == "provided.al2" || runtime == "provided.al2023";
}

Result<bool> custom_program_is_in_package(const std::string& code_root,
                                          const std::string& opt_root) {
  if (file_exists(code_root + "/bootstrap")) return true;
  if (!opt_root.empty() && file_exists(opt_root + "/bootstrap")) return false;
  return invalid("Runtime.InvalidEntrypoint",
                 "Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]");
}

bool has_extensions(const std::string& opt_root) {
  return !opt_root.empty() && file_exists(opt_root + "/extensions");
}

std::vector<std::string> behind_bridge(std::vector<std::string> program,
                                       const std::string& opt_root, bool is_ours,
                                       const RuntimePlaces& places) {
  std::vector<std::string> command = {places.bootstrap_folder + "/bridge", places.endpoint_socket};
  if (places.level == sandbox::Level::a) command.push_back("--alone");
  if (!opt_root.empty()) {
    command.insert(command.end(), {"--extensions", opt_root + "/extensions"});
  }
  if (is_ours) command.push_back("--ours");
  command.push_back("--");
  command.insert(command.end(), program.begin(), program.end());
  return command;
}

}  // namespace perdure::executors
