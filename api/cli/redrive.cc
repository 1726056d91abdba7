// redrive: an execution that ended badly goes on.

#include <utility>

#include "api/cli/client.h"
#include "api/cli/input_text.h"
#include "api/cli/options.h"
#include "api/cli/terminal.h"
#include "base/files.h"
#include "base/url.h"

namespace perdure::api::cli {

namespace {

Result<int> do_redrive(const RedriveOptions& options) {
  Json body = Json::object();
  if (!options.from.empty()) body["from"] = options.from;
  if (!options.input.empty()) {
    PD_TRY(input, input_text(options.input));
    body["input"] = std::move(input);
  }
  if (options.definition == "latest") body["definition"] = options.definition;
  if (!options.definition.empty() && options.definition != "latest") {
    PD_TRY(text, read_file(options.definition));
    body["definition"] = std::move(text);
  }
  PD_TRY(client, Client::open(endpoint_url(options.common.endpoint)));
  const std::string path = "/executions/" + percent_encode(options.id) + "/redrive";
  PD_TRY(response, client.rest("states", "POST", path, dump_json(body),
                               {{"Content-Type", "application/json"}}));
  PD_TRY(redriven, parse_json(response.body));
  write_out((options.common.json ? response.body : redriven.at("executionArn").get<std::string>()) +
            "\n");
  return int(ok);
}

}  // namespace

int redrive(const RedriveOptions& options) {
  const auto result = do_redrive(options);
  return result ? *result : complain(result.error());
}

}  // namespace perdure::api::cli
