// invoke and logs.

#include <unistd.h>

#include <chrono>
#include <thread>
#include <utility>

#include "api/cli/client.h"
#include "api/cli/input_text.h"
#include "api/cli/options.h"
#include "api/cli/terminal.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/time.h"

namespace perdure::api::cli {

namespace {

Result<int> do_invoke(const InvokeOptions& options) {
  PD_TRY(input, input_text(options.input));
  PD_TRY(client, Client::open(endpoint_url(options.common.endpoint)));
  HttpHeaders headers;
  if (options.event) headers.add("X-Amz-Invocation-Type", "Event");
  if (options.log) headers.add("X-Amz-Log-Type", "Tail");
  PD_TRY(response,
         client.rest("lambda", "POST",
                     "/2015-03-31/functions/" + percent_encode(options.function) + "/invocations",
                     std::move(input), std::move(headers)));
  if (const auto log = response.headers.find("x-amz-log-result")) {
    write_err(printable(base64_decode(*log).value_or("")));
  }
  const bool error = response.headers.find("x-amz-function-error").has_value();
  if (options.common.json) {
    // The payload stands in it as it came, if it is JSON.
    const auto payload = parse_json(response.body);
    write_out(dump_json({{"statusCode", response.status},
                         {"functionError", error},
                         {"payload", payload ? *payload : Json(response.body)}}) +
              "\n");
  } else if (!response.body.empty()) {
    write_out(response.body + "\n");
  }
  return int(error ? failed : ok);
}

std::string log_line(const Json& event, bool colour) {
  const int64_t at = event.value("timestamp", int64_t{0});
  return paint(iso8601_ms(at), Colour::grey, colour) + "  " +
         printable(event.value("message", std::string())) + "\n";
}

Result<int> do_logs(const LogsOptions& options) {
  PD_TRY(client, Client::open(endpoint_url(options.common.endpoint)));
  const std::string& name = options.function;
  const std::string group = name.starts_with('/') ? name : "/aws/lambda/" + name;
  Json request = Json::object({{"logGroupName", group}});
  if (options.since_minutes > 0) {
    request["startTime"] = SystemClock().now_ms() - options.since_minutes * 60'000;
  }
  const bool colour = has_colour(STDOUT_FILENO);
  uint64_t seen = 0;
  while (true) {
    auto page = client.logs("FilterLogEvents", request);
    // A function that has never run has no group yet; who follows waits for it.
    if (!page && !(options.follow && page.error().kind == ErrorKind::not_found))
      return page.error();
    bool more = false;
    if (page) {
      for (const Json& event : page->at("events")) {
        const uint64_t position = std::stoull(event.value("eventId", std::string("0")));
        if (position <= seen) continue;
        seen = position;
        request["startTime"] = event.value("timestamp", int64_t{0});
        write_out(options.common.json ? dump_json(event) + "\n" : log_line(event, colour));
      }
      more = page->contains("nextToken");
      if (more) request["nextToken"] = page->at("nextToken");
    }
    if (more) continue;
    if (!options.follow) return int(ok);
    request.erase("nextToken");
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
  }
}

}  // namespace

int invoke(const InvokeOptions& options) {
  const auto result = do_invoke(options);
  return result ? *result : complain(result.error());
}

int logs(const LogsOptions& options) {
  const auto result = do_logs(options);
  return result ? *result : complain(result.error());
}

}  // namespace perdure::api::cli
