#pragma once
// Expected failure is a value. Exceptions mean a bug or no memory.

#include <boost/system/result.hpp>
#include <concepts>
#include <cstdlib>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

namespace perdure {

// What kind of failure it is decides how a face (HTTP, CLI) shows it; `name` is AWS's own word for
// it.
enum class ErrorKind {
  invalid,      // the caller's fault: bad input                      HTTP 400, exit 1
  not_found,    // names something that does not exist                HTTP 404 (states: 400), exit 4
  conflict,     // exists already, or a newer revision or lease does  HTTP 409 (states: 400)
  throttled,    // refused for now: try again later                   HTTP 429 (states: 400)
  denied,       // not allowed                                        HTTP 403
  too_large,    // a body or a result over its limit                  HTTP 413
  unavailable,  // disk full, shutting down                           HTTP 503
  unsupported,  // AWS has it, we do not (yet)                        HTTP 501
  runtime,      // a state's own failure at run time (States.Runtime and the like)
  internal,     // a bug of ours                                      HTTP 500
};

struct [[nodiscard]] Error {
  ErrorKind kind = ErrorKind::internal;
  std::string name;   // AWS's error name, e.g. "StateMachineDoesNotExist", "States.Runtime"
  std::string cause;  // AWS's text where AWS's text is known

  bool operator==(const Error&) const = default;
};

[[noreturn]] void throw_exception_from_error(const Error& error,
                                             const boost::source_location& where);

// boost::system::result converts from whatever its value can be made of. A result<bool> can be made
// of a result<bool>, by the explicit operator bool: a copy of a variable that is not const would
// say whether that has a value, and an error would be lost. This one is copied as it is.
class BoolResult : public boost::system::result<bool, Error> {
 public:
  template <std::same_as<bool> Flag>
  BoolResult(Flag value) : result(value) {}              // NOLINT: as every result
  BoolResult(Error error) : result(std::move(error)) {}  // NOLINT: as every result
};

namespace detail {
template <class T>
struct ResultOf {
  static_assert(!std::is_same_v<T, std::optional<bool>>, "it has the same trap as a bool's");
  using Type = boost::system::result<T, Error>;
};
template <>
struct ResultOf<bool> {
  using Type = BoolResult;
};
}  // namespace detail

template <class T = void>
using Result = typename detail::ResultOf<T>::Type;

inline Error invalid(std::string name, std::string cause) {
  return Error{ErrorKind::invalid, std::move(name), std::move(cause)};
}
inline Error internal_error(std::string cause) {
  return Error{ErrorKind::internal, "InternalFailure", std::move(cause)};
}

// A broken invariant ends the process, in release too: going on would write nonsense to the
// journal.
[[noreturn]] void invariant_failed(const char* what, const char* file, int line);

}  // namespace perdure

#define PD_CONCAT_(a, b) a##b
#define PD_CONCAT(a, b) PD_CONCAT_(a, b)

// PD_TRY(name, expression): declares `name` with the value, or returns the error.
#define PD_TRY(name, ...)                                                                    \
  auto PD_CONCAT(pd_try_, __LINE__) = (__VA_ARGS__);                                         \
  if (!PD_CONCAT(pd_try_, __LINE__)) return std::move(PD_CONCAT(pd_try_, __LINE__)).error(); \
  auto name = std::move(*PD_CONCAT(pd_try_, __LINE__))

// PD_CHECK(expression): returns the error of a Result whose value is not needed.
#define PD_CHECK(...) \
  if (auto pd_check = (__VA_ARGS__); !pd_check) return std::move(pd_check).error()

#define PD_ASSERT(condition)                           \
  (static_cast<bool>(condition) ? static_cast<void>(0) \
                                : ::perdure::invariant_failed(#condition, __FILE__, __LINE__))
