// stats: how much a server holds and how it keeps up.

#include <cstdio>

#include "api/cli/client.h"
#include "api/cli/options.h"
#include "api/cli/terminal.h"

namespace perdure::api::cli {
namespace {

// A number of bytes in the unit that keeps it short.
std::string bytes_text(int64_t bytes) {
  constexpr const char* units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
  size_t unit = 0;
  int64_t tenths = bytes * 10;
  while (tenths >= 10'240 && unit < 4) {
    tenths /= 1024;
    ++unit;
  }
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " " + units[unit];
}

using Rows = std::vector<std::vector<std::string>>;

void add_functions(const Json& functions, Rows& rows) {
  for (const auto& [name, value] : functions.items()) {
    if (!value.is_number()) continue;
    const bool bytes = name == "memoryBytes";
    rows.push_back(
        {"functions " + name, bytes ? bytes_text(value.get<int64_t>()) : dump_json(value)});
  }
}

// "12 warm, 3 zygote"
std::string tiers_text(const Json& by_tier) {
  std::string text;
  for (const auto& [tier, count] : by_tier.items()) {
    if (!text.empty()) text += ", ";
    text += dump_json(count) + " " + tier;
  }
  return text;
}

// What functions have used since the server started.
void print_usage(const Json& used) {
  if (used.empty()) return;
  Rows rows = {{"FUNCTION", "CALLS", "ERRORS", "FROM", "CACHED CODE", "BILLED MS", "GB-S", "PEAK"}};
  for (const Json& each : used) {
    char gigabyte_seconds[32];
    std::snprintf(gigabyte_seconds, sizeof gigabyte_seconds, "%.3f",
                  each.at("gigabyteSeconds").get<double>());
    rows.push_back({each.at("function").get<std::string>(), dump_json(each.at("invocations")),
                    dump_json(each.at("errors")), tiers_text(each.at("byTier")),
                    dump_json(each.at("codeCache").at("used")), dump_json(each.at("billedMs")),
                    gigabyte_seconds, bytes_text(each.at("peakBytes").get<int64_t>())});
  }
  write_out("\n" + table(rows, has_colour(1)));
}

}  // namespace

int print_stats(const Common& options) {
  auto client = Client::open(endpoint_url(options.endpoint));
  if (!client) return complain(client.error());
  const auto stats = client->get("/stats");
  if (!stats) return complain(stats.error());
  if (options.json) {
    write_out(dump_json(*stats) + "\n");
    return ok;
  }
  std::vector<std::vector<std::string>> rows = {{"WHAT", "HOW MUCH"}};
  for (const auto& [name, bytes] : stats->at("bytes").items()) {
    rows.push_back({name, bytes_text(bytes.get<int64_t>())});
  }
  for (const auto& [status, count] : stats->at("executions").items()) {
    rows.push_back({"executions " + status, dump_json(count)});
  }
  for (const auto& [name, value] : stats->items()) {
    if (name == "liveBytes") {
      rows.push_back({name, bytes_text(value.get<int64_t>())});
    } else if (value.is_number() || value.is_boolean()) {
      rows.push_back({name, dump_json(value)});
    }
  }
  if (stats->contains("functions")) add_functions(stats->at("functions"), rows);
  write_out(table(rows, has_colour(1)));
  if (stats->contains("functions")) print_usage(stats->at("functions").at("used"));
  if (stats->contains("advice")) write_err(stats->at("advice").get<std::string>() + "\n");
  return ok;
}

}  // namespace perdure::api::cli
