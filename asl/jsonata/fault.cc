#include "asl/jsonata/fault.h"

#include "asl/value/value.h"
#include "base/result.h"

namespace perdure::asl::jsonata {

Fault fault(std::string_view code, std::string value) {
  Fault out;
  out.code = code;
  out.value = std::move(value);
  return out;
}

std::string json_text(std::string_view text) {
  std::string out;
  write(Value::string(text), out);
  return out;
}

void throw_exception_from_error(const Fault& fault, const boost::source_location& where) {
  const std::string what = "unchecked fault " + fault.code;
  invariant_failed(what.c_str(), where.file_name(), static_cast<int>(where.line()));
}

}  // namespace perdure::asl::jsonata
