#include "tests/asl/jsonata/case_file.h"

#include <algorithm>
#include <deque>
#include <map>
#include <optional>

#include "asl/jsonata/expression.h"
#include "asl/value/utf8.h"
#include "base/files.h"

namespace perdure::asl::jsonata {
namespace {

namespace fs = std::filesystem;

std::string text_of(const Value& object, std::string_view key) {
  const Value value = object.get(key);
  return value.is(Kind::string) ? std::string(value.as_string()) : std::string();
}

// An expression that no JSON text can hold: its UTF-16 units, halves of pairs included.
std::string from_units(const Value& units) {
  std::string out;
  for (const Value& unit : units.items()) {
    append_utf8(static_cast<uint32_t>(unit.as_integer()), out);
  }
  return out;
}

class Runner {
 public:
  explicit Runner(fs::path folder) : folder_(std::move(folder)) {}

  void run_file(const fs::path& file) {
    Arena arena;
    const auto text = read_file(file.string());
    const auto parsed = text ? parse_json(*text, arena) : Result<Value>(text.error());
    if (!parsed) return fail(file.filename().string(), "cannot be read: " + parsed.error().cause);
    const Value cases = parsed->is(Kind::object) ? parsed->get("cases") : *parsed;
    if (!cases.is(Kind::array)) return;
    size_t number = 0;
    for (const Value& one : cases.items()) {
      std::string id = text_of(one, "id");
      if (id.empty()) id = file.stem().string() + "/" + std::to_string(number);
      ++number;
      const Value units = one.get("expr_utf16");
      const std::string expr = units.defined() ? from_units(units) : text_of(one, "expr");
      const bool aws = text_of(one, "id").empty();
      const bool definition = aws && parsed->is(Kind::object);
      const std::string wrong = definition ? check_definition(one, expr)
                                : aws      ? check_dialect(one, expr)
                                           : check(one, expr);
      if (wrong.empty()) {
        ++report.passed;
      } else {
        fail(id, expr.substr(0, 300) + "\n      " + wrong);
      }
    }
  }

  CaseReport report;

 private:
  void fail(const std::string& id, const std::string& why) {
    report.failures.push_back(id + ": " + why);
  }

  Value dataset(const std::string& name) {
    const auto found = datasets_.find(name);
    if (found != datasets_.end()) return found->second;
    for (const fs::path& place : {folder_ / "datasets", folder_.parent_path() / "datasets"}) {
      auto text = read_file((place / (name + ".json")).string());
      if (!text) continue;
      texts_.push_back(std::move(*text));
      const auto parsed = parse_json(texts_.back(), data_);
      if (parsed) return datasets_[name] = *parsed;
    }
    return Value();
  }

  // What is wrong with the outcome of a case of the suite; empty if nothing is.
  std::string check(const Value& one, const std::string& expr) {
    Limits limits;
    if (one.get("depth").is_number()) {
      limits.depth = static_cast<uint32_t>(one.get("depth").as_integer());
    }
    Value input = one.get("data");
    const Value named = one.get("dataset");
    if (named.is(Kind::string)) input = dataset(std::string(named.as_string()));
    Arena arena;
    const auto outcome = evaluate(expr, Mode::standard, input, one.get("bindings"), limits, arena);
    if (!outcome) return check_fault(one, outcome.error());
    return check_value(one, *outcome);
  }

  static Outcome<Value> evaluate(const std::string& expr, Mode mode, const Value& input,
                                 const Value& bindings, const Limits& limits, Arena& arena) {
    PD_TRY(expression, Expression::compile(expr, mode));
    SeededRandom random(1);
    Budget budget;
    const Surroundings surroundings{1'500'000'000'000, random};
    return expression.evaluate(input, bindings, surroundings, limits, budget, arena);
  }

  static std::string check_value(const Value& one, const Value& value) {
    const std::string came = value.defined() ? to_json(value) : "undefined";
    const Value expected = one.get("result");
    if (expected.defined()) {
      const bool same = value.defined() && equal(value, expected);
      return same ? "" : "came " + came + ", expected " + to_json(expected);
    }
    if (one.get("resultText").defined()) {
      const std::string text = text_of(one, "resultText");
      return came == text ? "" : "came " + came + ", expected the text " + text;
    }
    if (const Value json = one.get("outputJson"); json.defined()) {
      return came == to_json(json) ? "" : "came " + came + ", expected " + to_json(json);
    }
    if (one.get("undefinedResult").defined()) {
      return value.defined() ? "came " + came + ", expected nothing" : "";
    }
    return "came " + came + ", expected a fault: " + expected_fault(one);
  }

  static std::string expected_fault(const Value& one) {
    for (const char* const key : {"code", "bound"}) {
      if (one.get(key).defined()) return text_of(one, key);
    }
    return to_json(one.get("error"));
  }

  static std::string check_fault(const Value& one, const Fault& fault) {
    const std::string came = "fault " + fault.code + " (" + message_of(fault) + ") token '" +
                             fault.token + "' at " + std::to_string(fault.position);
    if (const Value error = one.get("error"); error.defined()) {
      for (const Member& member : error.members()) {
        const std::string has = member_of(fault, member.key);
        const std::string wanted = member.value.is(Kind::string)
                                       ? std::string(member.value.as_string())
                                       : to_json(member.value);
        if (has != wanted) return "came " + came + ", expected " + to_json(error);
      }
      return "";
    }
    if (one.get("bound").defined()) return check_bound(one, fault, came);
    if (!one.get("code").defined()) return "came " + came + ", expected a value";
    const std::string message = message_of(fault);
    const bool right = fault.code == text_of(one, "code") &&
                       (text_of(one, "message").empty() || message == text_of(one, "message")) &&
                       message.starts_with(text_of(one, "message_prefix")) &&
                       message.find(text_of(one, "message_contains")) != message.npos;
    const bool token = !one.get("token").defined() || fault.token == text_of(one, "token");
    return right && token ? "" : "came " + came + ", expected " + to_json(one);
  }

  static std::string check_bound(const Value& one, const Fault& fault, const std::string& came) {
    const std::string bound = text_of(one, "bound");
    const std::string word = bound == "stack"  ? "Stack overflow"
                             : bound == "time" ? "timeout"
                                               : "memory limit";
    const std::string wanted = text_of(one, "message");
    const bool right = fault.code == "U1001" && message_of(fault).find(word) != std::string::npos &&
                       (wanted.empty() || message_of(fault) == wanted);
    return right ? "" : "came " + came + ", expected the bound " + bound;
  }

  static std::string member_of(const Fault& fault, std::string_view key) {
    if (key == "code") return fault.code;
    if (key == "message") return message_of(fault);
    if (key == "token" || key == "functionName") return fault.token;
    if (key == "position") return std::to_string(fault.position);
    if (key == "index") return std::to_string(fault.index);
    return key == "value2" ? fault.value2 : fault.value;
  }

  static std::string check_dialect(const Value& one, const std::string& expr) {
    Arena arena;
    Value input = one.get("input");
    const std::string input_text = text_of(one, "inputText");
    if (!input_text.empty()) input = *parse_json(input_text, arena);
    Value bindings;
    if (input.defined()) {
      const Member fields[] = {{"input", input}};
      const Member variables[] = {{"states", Value::object(fields, arena)}};
      bindings = Value::object(variables, arena);
    }
    const auto outcome = evaluate(expr, Mode::aws, Value(), bindings, aws_limits(), arena);
    return outcome ? check_value(one, *outcome) : check_fault(one, outcome.error());
  }

  // What AWS says of the expression when a state machine is created.
  static std::string check_definition(const Value& one, const std::string& expr) {
    std::string code, message;
    const auto compiled = Expression::compile(expr, Mode::aws);
    if (!compiled) {
      code = "INVALID_JSONATA_EXPRESSION";
      message = message_of(compiled.error());
    } else if (const auto& names = compiled->references().top_level; !names.empty()) {
      code = "UNSUPPORTED_JSONATA_EXPRESSION";
      message = unsupported_reference(names.front());
    } else {
      for (const std::string& field : compiled->references().states) {
        if (field != "errorOutput") continue;
        code = "UNSUPPORTED_JSONATA_EXPRESSION";
        message = unknown_states_field(field);
      }
    }
    const bool same = code == text_of(one, "code") && message == text_of(one, "message");
    return same ? "" : "came " + code + " " + message + ", expected " + to_json(one);
  }

  fs::path folder_;
  Arena data_;
  std::deque<std::string> texts_;
  std::map<std::string, Value> datasets_;
};

std::vector<fs::path> case_files(const fs::path& folder) {
  if (fs::is_regular_file(folder)) return {folder};
  std::vector<fs::path> files;
  const bool whole = fs::is_directory(folder / "groups") || fs::is_directory(folder / "dialect");
  std::vector<fs::path> places = {folder};
  if (whole) places = {folder / "groups", folder / "dialect"};
  for (const fs::path& place : places) {
    if (!fs::is_directory(place)) continue;
    for (const auto& entry : fs::directory_iterator(place)) {
      if (entry.path().extension() == ".json") files.push_back(entry.path());
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace

CaseReport run_cases(const fs::path& folder) {
  const bool single = fs::is_regular_file(folder);
  Runner runner(single ? folder.parent_path() : folder);
  for (const fs::path& file : case_files(folder)) runner.run_file(file);
  return std::move(runner.report);
}

}  // namespace perdure::asl::jsonata
