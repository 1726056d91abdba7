#include "executors/functions/embedded.h"

#include "embedded_paths.h"

// The assembler copies the files, which are made before this one is compiled.
#define PERDURE_CARRY(name, path)                                                   \
  __asm__(".section .rodata\n.global perdure_" name "_begin\n.global perdure_" name \
          "_end\nperdure_" name "_begin:\n.incbin \"" path "\"\nperdure_" name      \
          "_end:\n"                                                                 \
          ".byte 0\n.previous\n")

PERDURE_CARRY("bridge", PERDURE_BRIDGE);
PERDURE_CARRY("forker", PERDURE_FORKER);

extern "C" const char perdure_bridge_begin, perdure_bridge_end;
extern "C" const char perdure_forker_begin, perdure_forker_end;

namespace perdure::executors {
namespace {

std::string_view between(const char& begin, const char& end) {
  return {&begin, static_cast<size_t>(&end - &begin)};
}

}  // namespace

std::string_view embedded_bridge() { return between(perdure_bridge_begin, perdure_bridge_end); }

std::string_view embedded_forker() { return between(perdure_forker_begin, perdure_forker_end); }

}  // namespace perdure::executors
