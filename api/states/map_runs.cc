// DescribeMapRun, ListMapRuns, UpdateMapRun.

#include <charconv>
#include <utility>

#include "api/states/names.h"
#include "api/states/states.h"

namespace perdure::api {

namespace {

using engine::MapRunView;

// What redrives brought came after the recordings: it is shown where there is something to show.
Json counts_json(const engine::MapRunCounts& counts, const engine::MapRunCounts& final,
                 int64_t pending, bool redriven) {
  Json json = {{"pending", pending},
               {"running", counts.running},
               {"succeeded", counts.succeeded},
               {"failed", counts.failed},
               {"timedOut", counts.timed_out},
               {"aborted", counts.aborted},
               {"total", counts.started() + pending},
               {"resultsWritten", counts.results_written}};
  if (!redriven && final.unsuccessful() == 0) return json;
  json["failuresNotRedrivable"] = final.unsuccessful();
  json["pendingRedrive"] = counts.pending_redrive;
  return json;
}

Result<Answer> describe(engine::Engine& engine, const Call& call) {
  const std::string arn = call.input().text("mapRunArn");
  PD_CHECK(check_arn(arn, "mapRun"));
  PD_TRY(view, engine.describe_map_run(arn));
  Json json = {{"mapRunArn", view.arn},
               {"executionArn", view.execution_arn},
               {"status", view.status},
               {"startDate", seconds(view.start_ms)},
               {"maxConcurrency", view.max_concurrency},
               {"toleratedFailureCount", view.tolerated_failure_count},
               {"toleratedFailurePercentage", view.tolerated_failure_percentage},
               {"redriveCount", view.redrive_count}};
  const bool redriven = view.redrive_count > 0;
  json["itemCounts"] = counts_json(view.items, view.final_items, view.pending_items, redriven);
  json["executionCounts"] =
      counts_json(view.children, view.final_children, view.pending_children, redriven);
  if (redriven) json["redriveDate"] = seconds(view.redrive_ms);
  if (view.stop_ms != 0) json["stopDate"] = seconds(view.stop_ms);
  return Answer(std::move(json));
}

Json list_item(const MapRunView& view) {
  Json json = {{"executionArn", view.execution_arn},
               {"mapRunArn", view.arn},
               {"stateMachineArn", view.state_machine_arn},
               {"startDate", seconds(view.start_ms)}};
  if (view.stop_ms != 0) json["stopDate"] = seconds(view.stop_ms);
  return json;
}

// Newest first; a page ends at the event that began its last run.
Result<Answer> list(engine::Engine& engine, const Call& call) {
  const Input input = call.input();
  const std::string arn = input.text("executionArn");
  PD_CHECK(check_arn(arn, "execution"));
  const std::string question = "ListMapRuns " + arn;
  int64_t before = 0;
  if (input.has("nextToken")) {
    PD_TRY(position, read_page_token(question, input.text("nextToken")));
    std::from_chars(position.data(), position.data() + position.size(), before);
  }
  PD_TRY(page, engine.list_map_runs(arn, before, page_size(input)));
  Answer answer(Json::object({{"mapRuns", Json::array()}}));
  for (const MapRunView& view : page.runs) answer.json["mapRuns"].push_back(list_item(view));
  if (page.more) answer.json["nextToken"] = make_page_token(question, std::to_string(page.event));
  return answer;
}

void update(engine::Engine& engine, const Call& call, const Done& done) {
  const Input input = call.input();
  const std::string arn = input.text("mapRunArn");
  if (const auto checked = check_arn(arn, "mapRun"); !checked) return done(checked.error());
  engine::MapRunUpdate update;
  if (input.has("maxConcurrency")) update.max_concurrency = input.integer("maxConcurrency");
  if (input.has("toleratedFailureCount")) {
    update.tolerated_failure_count = input.integer("toleratedFailureCount");
  }
  if (const Json* percentage = input.find("toleratedFailurePercentage")) {
    update.tolerated_failure_percentage = percentage->get<double>();
  }
  engine.update_map_run(arn, update, [done](Result<bool> updated) {
    if (!updated) return done(updated.error());
    done(Answer());
  });
}

Shape percentage_shape() {
  Shape shape = number();
  shape.min = 0;
  shape.max = 100;
  return shape;
}

}  // namespace

std::vector<Operation> map_run_operations(const StatesParts& parts) {
  engine::Engine& engine = parts.engine;
  const Shape arn = text(1, 2000);
  return {
      {"DescribeMapRun", structure({required("mapRunArn", arn)}),
       at_once([&engine](const Call& call) { return describe(engine, call); })},
      {"ListMapRuns",
       structure({required("executionArn", arn_shape()), optional("maxResults", page_size_shape()),
                  optional("nextToken", text(1, 1024))}),
       at_once([&engine](const Call& call) { return list(engine, call); })},
      {"UpdateMapRun",
       structure({required("mapRunArn", arn), optional("maxConcurrency", integer(0)),
                  optional("toleratedFailurePercentage", percentage_shape()),
                  optional("toleratedFailureCount", integer(0))}),
       [&engine](const auto& call, const Done& done) { update(engine, *call, done); }},
  };
}

}  // namespace perdure::api
