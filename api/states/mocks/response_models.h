#pragma once
// Mocked results against what the services answer.
//
// response_models.txt, made by make_response_models.py, has one line for each integration and one
// for each structure:
//
//   lambda:invoke lambda#InvocationResponse/Payload
//   lambda#InvocationResponse/Payload StatusCode:n !Version:s(1,1024) Payload:*
//
// A member is its name ("!" before it: required; "=" behind it: its other name, by which aws-sdk
// integrations show it) and its type: `s` a text, `n` a number, `b` true or false, `*` anything,
// `#Name` a structure of the same service, `[T]` an array, `<T>` an object with any names; behind
// it, where there are any, the bounds of its length or value.

#include <string>

#include "base/json.h"

namespace perdure::api {

enum class MockValidation : uint8_t { strict, present, none };

// `integration` is SERVICE:ACTION of a resource ("states:startExecution.sync:2"). One that is not
// in the table is not checked. Error: ValidationException with AWS's words for the first thing that
// is wrong; only `strict` asks for required members.
Result<> check_mocked_response(const std::string& integration, const Json& result,
                               MockValidation validation);

}  // namespace perdure::api
