#pragma once
// Whether a sanitizer is compiled in: what the code takes of time and memory is not its own then.

namespace perdure::measured {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool sanitized = true;
#else
constexpr bool sanitized = false;
#endif

}  // namespace perdure::measured
