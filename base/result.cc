#include "base/result.h"

#include <cstdio>
#include <stdexcept>

namespace perdure {

void throw_exception_from_error(const Error& error, const boost::source_location&) {
  throw std::runtime_error(error.name + ": " + error.cause);
}

void invariant_failed(const char* what, const char* file, int line) {
  std::fprintf(stderr, "perdure: invariant failed: %s (%s:%d)\n", what, file, line);
  std::abort();
}

}  // namespace perdure
