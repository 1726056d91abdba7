#include "asl/parse/paths.h"
#include "asl/parse/state_readers.h"
#include "asl/parse/templates.h"

namespace perdure::asl {

PassState read_pass(StateScope& scope) {
  PassState pass;
  const ObjectReader& state = scope.fields;
  if (state.has("Result")) pass.result = Payload(to_json(state.get("Result")));
  warn_of_static_result(state, "Result");
  if (state.jsonata()) return pass;
  pass.fields.parameters = read_template(state, "Parameters");
  pass.fields.result_path = read_path_or_null(state, "ResultPath", reference_path_or_null);
  return pass;
}

}  // namespace perdure::asl
