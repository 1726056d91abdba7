#include "asl/execution/evaluation.h"

#include "asl/value/write_bounded.h"
#include "base/time.h"

namespace perdure::asl {

Result<Value> Evaluation::value(Data& data) {
  if (data.value.defined() || !data.payload) return data.value;
  arena_.keep(data.payload.shared());
  PD_TRY(parsed, parse_json(data.payload.text(), arena_));
  data.value = parsed;
  return parsed;
}

Error data_limit_exceeded(const std::string& what) {
  return Error{ErrorKind::too_large, "States.DataLimitExceeded",
               "The state/task '" + what +
                   "' returned a result with a size exceeding the maximum number of bytes service "
                   "limit."};
}

Result<Payload> Evaluation::payload(const Data& data, size_t most) {
  if (data.payload || !data.value.defined()) {
    if (data.payload.size() > most) return data_limit_exceeded(frame_.state->name);
    return data.payload;
  }
  std::string text;
  if (!write_bounded(data.value, most, text)) return data_limit_exceeded(frame_.state->name);
  return Payload(std::move(text));
}

Result<Scope> Evaluation::scope(Data& input) {
  PD_TRY(root, value(input));
  return Scope{root, *this, Value(), arena_, random_, budget_, now_ms_};
}

Result<Scope> Evaluation::query_scope(const Query& query, Seen seen) {
  const Query::Reads& reads = query.reads();
  std::vector<Member> names;
  for (const std::string& name : reads.variables) {
    auto read = name == "states" ? states(reads, std::move(seen)) : variable(name);
    PD_TRY(found, std::move(read));
    if (found.defined()) names.push_back({name, found});
  }
  return Scope{Value(), *this, Value::object(names, arena_), arena_, random_, budget_, now_ms_};
}

Result<Value> Evaluation::states(const Query::Reads& reads, Seen seen) {
  std::vector<Member> fields;
  if (reads.of_states("input")) {
    if (raw_input_.payload.shared() != frame_.input.shared()) raw_input_ = Data{frame_.input};
    PD_TRY(input, value(raw_input_));
    fields.push_back({"input", input});
  }
  if (reads.of_states("context")) {
    PD_TRY(context_object, context());
    fields.push_back({"context", context_object});
  }
  if (!seen.as.empty() && reads.of_states(seen.as)) {
    PD_TRY(more, value(seen.data));
    fields.push_back({seen.as, more});
  }
  return Value::object(fields, arena_);
}

// Parsed once. An inner frame's variable hides the outer one's.
Result<Value> Evaluation::variable(std::string_view name) {
  for (const Member& known : read_variables_) {
    if (known.key == name) return known.value;
  }
  for (const Frame* frame = &frame_;; frame = execution_.frame(frame->parent)) {
    if (const auto found = frame->variables.find(name); found != frame->variables.end()) {
      Data data{found->second};
      PD_TRY(parsed, value(data));
      read_variables_.push_back({found->first, parsed});
      return parsed;
    }
    if (frame->id == 0) return Value();
  }
}

// As one object; undefined if there are none. An inner frame's variable hides the outer one's.
Result<Value> Evaluation::variables() {
  std::map<std::string_view, Payload> visible;
  for (const Frame* frame = &frame_;; frame = execution_.frame(frame->parent)) {
    for (const auto& [name, value] : frame->variables) visible.emplace(name, value);
    if (frame->id == 0) break;
  }
  std::vector<Member> members;
  for (const auto& [name, text] : visible) {
    Data data{text};
    PD_TRY(parsed, value(data));
    members.push_back({name, parsed});
  }
  return members.empty() ? Value() : Value::object(members, arena_);
}

void Evaluation::set_item(int64_t index, const Payload& item) {
  item_index_ = index;
  item_ = item;
  context_.reset();
}

// The item of the nearest iteration around the frame, as {"Index": n, "Value": v}; undefined if
// there is none.
Result<Value> Evaluation::map_item() {
  int64_t index = item_index_;
  Payload item = item_;
  for (const Frame* frame = &frame_; !item && frame->id != 0;
       frame = execution_.frame(frame->parent)) {
    index = frame->index;
    item = frame->item;
  }
  if (!item && inspector_ != nullptr) {
    index = 0;
    item = inspector_->pretence().item;
  }
  if (!item) return Value();
  Data data{item};
  PD_TRY(parsed, value(data));
  const Member members[] = {{"Index", Value::integer(index)}, {"Value", parsed}};
  return Value::object(members, arena_);
}

Result<Value> Evaluation::context() {
  if (context_) return *context_;
  const Pretence pretence = inspector_ != nullptr ? inspector_->pretence() : Pretence();
  if (Data given{pretence.context}; given.payload) {
    PD_TRY(parsed, value(given));
    context_ = parsed;
    return parsed;
  }
  const ExecutionIdentity& identity = execution_.identity();
  Data input{execution_.input()};
  PD_TRY(execution_input, value(input));
  std::vector<Member> execution = {
      {"Id", text(identity.arn)},
      {"Input", execution_input},
      {"StartTime", text(iso8601_ms(execution_.started_ms()))},
      {"Name", text(identity.name)},
      {"RoleArn", identity.role_arn.empty() ? Value::null() : text(identity.role_arn)},
      {"RedriveCount", Value::integer(execution_.redrive_count())},
  };
  if (!execution_.redrives().empty()) {
    const int64_t moment_ms = execution_.redrives().back().moment_ms;
    execution.push_back({"RedriveTime", text(iso8601_ms(moment_ms))});
  }
  const Member machine[] = {{"Id", text(identity.machine_arn)},
                            {"Name", text(identity.machine_name)}};
  std::vector<Member> state = {{"Name", text(frame_.state->name)},
                               {"EnteredTime", text(iso8601_ms(frame_.entered_ms))}};
  const auto& kind = frame_.state->kind;
  if (std::holds_alternative<TaskState>(kind) || std::holds_alternative<ParallelState>(kind) ||
      std::holds_alternative<MapState>(kind)) {
    state.push_back({"RetryCount", Value::integer(frame_.retry_count + pretence.retries)});
  }
  std::vector<Member> members = {{"Execution", Value::object(execution, arena_)},
                                 {"StateMachine", Value::object(machine, arena_)},
                                 {"State", Value::object(state, arena_)}};
  if (token_) {
    const Member task[] = {{"Token", text(*token_)}};
    members.push_back({"Task", Value::object(task, arena_)});
  }
  PD_TRY(item, map_item());
  if (item.defined()) {
    const Member map[] = {{"Item", item}};
    members.push_back({"Map", Value::object(map, arena_)});
  }
  context_ = Value::object(members, arena_);
  return *context_;
}

}  // namespace perdure::asl
