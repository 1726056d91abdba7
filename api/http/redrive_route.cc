// POST /executions/ID/redrive: what RedriveExecution does, and more.

#include <utility>

#include "api/http/answers.h"
#include "api/http/executions_route.h"
#include "api/states/names.h"
#include "asl/parse/parse.h"
#include "base/time.h"

namespace perdure::api {

namespace {

constexpr int64_t max_input_bytes = 262'144;

Error refused(std::string why) { return invalid("ValidationException", std::move(why)); }

// The members of the body, each a text; null where there is no body.
Result<Json> read_body(const HttpRequest& request) {
  if (request.body.empty()) return Json::object();
  const auto body = parse_json(request.body);
  if (!body || !body->is_object()) return refused("The body must be a JSON object");
  for (const auto& [name, value] : body->items()) {
    if (name != "from" && name != "input" && name != "definition" && name != "clientToken") {
      return refused("Unknown member: " + name);
    }
    if (!value.is_string()) return refused(name + " must be a text");
  }
  return *body;
}

Result<std::string> newest_definition(engine::Engine& engine, const std::string& execution_arn) {
  PD_TRY(view, engine.describe_execution(execution_arn));
  const auto machine = engine.state_machines().find(view.identity.machine_arn);
  if (!machine) return state_machine_does_not_exist(view.identity.machine_arn);
  return machine->definition;
}

// What a state began with when it was last entered.
Result<std::optional<std::string>> last_input(engine::Engine& engine, const std::string& arn,
                                              const std::string& state) {
  constexpr int64_t events_a_page = 1'000;
  for (int64_t before = 0;;) {
    PD_TRY(page, engine.history(arn, before, true, events_a_page));
    for (const asl::Entry& event : page.events) {
      const bool entered = asl::entry_type_name(event.type).ends_with("StateEntered");
      if (entered && event.frame == 0 && event.text(asl::Field::name) == state) {
        return std::optional(std::string(event.text(asl::Field::input)));
      }
    }
    if (!page.more || page.events.empty()) return std::optional<std::string>();
    before = page.events.back().id;
  }
}

Result<engine::RedriveRequest> read_order(engine::Engine& engine, const std::string& arn,
                                          const Json& body) {
  engine::RedriveRequest order;
  order.execution_arn = arn;
  order.from = body.value("from", "");
  order.client_token = body.value("clientToken", "");
  if (body.contains("input")) {
    order.input = body.at("input").get<std::string>();
    PD_CHECK(check_execution_input(*order.input, max_input_bytes));
  } else if (!order.from.empty()) {
    PD_TRY(input, last_input(engine, arn, order.from));
    order.input = std::move(input);
  }
  return order;
}

Result<> check_definition(engine::Engine& engine, const std::string& arn, const std::string& text) {
  PD_TRY(view, engine.describe_execution(arn));
  const asl::ParseOutcome outcome = asl::parse_definition(text, view.identity.type);
  if (outcome.ok()) return {};
  return invalid("InvalidDefinition", asl::invalid_definition_message(outcome.diagnostics));
}

}  // namespace

void ExecutionsRoute::redrive(const HttpRequest& request, const Caller& caller, Respond respond) {
  const std::string_view path = request.path();
  const std::string_view id = path.substr(0, path.rfind('/')).substr(path.find('/', 1) + 1);
  const auto arn = arn_of(id, caller, "states:RedriveExecution");
  if (!arn) return respond(error_response(arn.error()));
  const auto body = read_body(request);
  if (!body) return respond(error_response(body.error()));
  auto order = read_order(engine_, *arn, *body);
  if (!order) return respond(error_response(order.error()));
  std::string definition = body->value("definition", "");
  if (definition == "latest") {
    auto newest = newest_definition(engine_, *arn);
    if (!newest) return respond(error_response(newest.error()));
    definition = std::move(*newest);
  }
  redrive_with(std::move(*order), definition, std::move(respond));
}

void ExecutionsRoute::redrive_with(engine::RedriveRequest order, const std::string& definition,
                                   Respond respond) {
  const auto answer = [respond, arn = order.execution_arn](Result<int64_t> moment_ms) {
    if (!moment_ms) return respond(error_response(moment_ms.error()));
    respond(json_response(202, {{"executionArn", arn}, {"redriveDate", iso8601_ms(*moment_ms)}}));
  };
  if (definition.empty()) return engine_.redrive_execution(std::move(order), answer);
  if (const auto checked = check_definition(engine_, order.execution_arn, definition); !checked) {
    return respond(error_response(checked.error()));
  }
  engine_.state_machines().keep_definition(definition,
                                           [this, order, answer](Result<std::string> hash) mutable {
                                             if (!hash) return answer(hash.error());
                                             order.definition_hash = std::move(*hash);
                                             engine_.redrive_execution(std::move(order), answer);
                                           });
}

}  // namespace perdure::api
