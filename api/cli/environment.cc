// env: what a shell needs so that AWS's tools talk to the server.

#include "api/cli/client.h"
#include "api/cli/options.h"
#include "api/cli/terminal.h"

namespace perdure::api::cli {

int print_environment(const Common& options) {
  const std::string endpoint = endpoint_url(options.endpoint);
  const std::pair<const char*, std::string> variables[] = {
      {"AWS_ENDPOINT_URL", endpoint},
      // StartSyncExecution would go to sync-127.0.0.1 otherwise.
      {"AWS_DISABLE_HOST_PREFIX_INJECTION", "true"},
      {"AWS_ACCESS_KEY_ID", "000000000000"},
      {"AWS_SECRET_ACCESS_KEY", "perdure"},
      {"AWS_DEFAULT_REGION", tenant_of_environment().region},
      {"AWS_REGION", tenant_of_environment().region},
      {"PERDURE_ENDPOINT", endpoint}};
  Json json = Json::object();
  std::string text;
  for (const auto& [name, value] : variables) {
    json[name] = value;
    text += "export " + std::string(name) + "=" + value + "\n";
  }
  write_out(options.json ? dump_json(json) + "\n" : text);
  return ok;
}

}  // namespace perdure::api::cli
