#pragma once
#include <string>
#include <string_view>

#include "base/result.h"
#include "engine/keys.h"

namespace perdure::executors {

// What a caller may write for a function: NAME, ACCOUNT:function:NAME or the ARN, each with or
// without :QUALIFIER. Account and region come from the text where it has them.
struct FunctionName {
  engine::Tenant tenant;
  std::string name;
  std::string qualifier;  // empty: none given

  std::string arn() const;            // without qualifier
  std::string qualified_arn() const;  // as the caller named it
};

// InvalidParameterValueException for anything else; AccessDeniedException for a function of another
// account than the caller's, ResourceNotFoundException for one of another region.
Result<FunctionName> parse_function_name(const engine::Tenant& tenant, std::string_view text);

// Adds a qualifier that was given beside the name. InvalidParameterValueException if the name has
// another one already.
Result<> add_qualifier(FunctionName& name, std::string_view qualifier);

std::string function_arn(const engine::Tenant& tenant, std::string_view name);
// ResourceNotFoundException, "Function not found: ARN".
Error function_not_found(std::string_view arn);
// PreconditionFailedException: somebody has changed it meanwhile.
Error outdated_revision();

}  // namespace perdure::executors
