#include "executors/functions/pool/layer_paths.h"

#include <vector>

#include "base/files.h"
#include "executors/functions/catalog/layer_folder.h"

namespace perdure::executors {
namespace {

using Paths = std::vector<std::string>;

std::string joined(const Paths& paths) {
  std::string text;
  for (const std::string& path : paths) text += (text.empty() ? "" : ":") + path;
  return text;
}

Paths existing(const Paths& paths) {
  Paths there;
  for (const std::string& path : paths) {
    if (file_exists(path)) there.push_back(path);
  }
  return there;
}

void append(std::string& variable, const Paths& paths) {
  const std::string text = joined(paths);
  if (!text.empty()) variable += (variable.empty() ? "" : ":") + text;
}

// "nodejs20.x": "node20", as layers name the folder of one version.
std::string node_folder(const std::string& runtime) {
  return "node" + runtime.substr(6, runtime.find('.') - 6);
}

Paths node_modules(const std::string& runtime, const std::string& opt_root) {
  Paths paths;
  if (!opt_root.empty()) {
    paths = {opt_root + "/nodejs/" + node_folder(runtime) + "/node_modules",
             opt_root + "/nodejs/node_modules"};
  }
  const Paths installed = existing({usual_node_folders.begin(), usual_node_folders.end()});
  paths.insert(paths.end(), installed.begin(), installed.end());
  return paths;
}

}  // namespace

std::string opt_root_of(const FunctionConfiguration& function, const RuntimePlaces& places) {
  if (function.layers.empty()) return {};
  return places.layers_folder + "/" + merged_layers_name(function.layers);
}

void add_search_paths(std::map<std::string, std::string>& environment,
                      const FunctionConfiguration& function, Language language,
                      const std::string& code_root, const std::string& opt_root) {
  Paths programs = {"/usr/local/bin", "/usr/bin", "/bin"};
  Paths libraries;
  if (language == Language::custom || !opt_root.empty()) {
    libraries = {code_root, code_root + "/lib"};
  }
  if (!opt_root.empty()) {
    programs.push_back(opt_root + "/bin");
    libraries.push_back(opt_root + "/lib");
  }
  environment.try_emplace("PATH", joined(programs));
  if (!libraries.empty()) environment.try_emplace("LD_LIBRARY_PATH", joined(libraries));
  if (language == Language::python && !opt_root.empty()) {
    append(environment["PYTHONPATH"],
           {opt_root + "/python/lib/" + function.runtime + "/site-packages", opt_root + "/python"});
  }
  if (language == Language::node) {
    append(environment["NODE_PATH"], node_modules(function.runtime, opt_root));
  }
}

}  // namespace perdure::executors
