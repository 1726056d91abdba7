#include <array>
#include <utility>

#include "asl/parse/paths.h"
#include "asl/parse/state_readers.h"
#include "asl/parse/templates.h"

namespace perdure::asl {
namespace {

constexpr std::array branch_fields = {FieldRule{"Comment"}, FieldRule{"StartAt"},
                                      FieldRule{"States"}, FieldRule{"QueryLanguage"}};

std::shared_ptr<const StateGraph> read_branch(const Value& value, const Location& at,
                                              ParseContext& context) {
  if (!ObjectReader::open(value, at, context.machine_language, context)) {
    return std::make_shared<const StateGraph>();
  }
  // A branch goes by the machine's language, not by that of the state it is in.
  const QueryLanguage language = read_query_language(value, at, context.machine_language, context);
  const ObjectReader branch(value, at, language, context);
  branch.allow(branch_fields);
  return read_nested_graph(branch);
}

}  // namespace

ParallelState read_parallel(StateScope& scope) {
  const ObjectReader& state = scope.fields;
  ParallelState parallel;
  state.require("Branches");
  if (const auto branches = state.array("Branches", false)) {
    const Location at = state.location("Branches");
    size_t i = 0;
    for (const Value& branch : *branches) {
      parallel.branches.push_back(read_branch(branch, at.item(i++), scope.context()));
    }
  }
  read_retry_and_catch(scope, parallel.fields);
  parallel.fields.arguments = read_query(state, "Arguments");
  if (state.jsonata()) return parallel;
  parallel.fields.parameters = read_template(state, "Parameters");
  parallel.fields.result_selector = read_template(state, "ResultSelector");
  parallel.fields.result_path = read_path_or_null(state, "ResultPath", reference_path_or_null);
  return parallel;
}

}  // namespace perdure::asl
