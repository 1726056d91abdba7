#pragma once
// Why an expression did not parse or could not be evaluated, in the reference's codes.

#include <boost/system/result.hpp>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace perdure::asl::jsonata {

// The message shows `token` in quotes (it is bare here) and `value` and `value2` as they are: JSON
// texts. Four codes differ: D3137 and D3141 have their whole message, bare, in `value`; D3061 has
// the exponent in `value2`; T0412 the element type (`"numbers"`, with quotes). D3140 names the
// function in `token`. A fault without a code is one that the reference has none for: its message
// is in `value`.
struct [[nodiscard]] Fault {
  std::string code;        // "T2001"; see asl/jsonata/messages.h
  size_t position = 0;     // behind the place in the expression, as the reference counts it
  std::string token;       // what the fault is about: an operator, a function, a name
  std::string value;       // JSON text
  std::string value2;      // JSON text
  int64_t index = 0;       // of an argument, from 1
  bool is_number = false;  // the token is a number: shown without quotes

  Fault() = default;
  // At least two arguments: a Fault that could be made from one text would leave it open whether a
  // text is an Outcome<std::string>'s value or its fault.
  Fault(std::string code, size_t position, std::string token = {}, std::string value = {},
        std::string value2 = {}, int64_t index = 0)
      : code(std::move(code)),
        position(position),
        token(std::move(token)),
        value(std::move(value)),
        value2(std::move(value2)),
        index(index) {}

  bool operator==(const Fault&) const = default;
};

template <class T = void>
using Outcome = boost::system::result<T, Fault>;

// For faults whose place only the caller knows.
Fault fault(std::string_view code, std::string value = {});
// A text as JSON, which is how `value` holds it.
std::string json_text(std::string_view text);

[[noreturn]] void throw_exception_from_error(const Fault& fault,
                                             const boost::source_location& where);

}  // namespace perdure::asl::jsonata
