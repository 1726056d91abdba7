#include "executors/functions/bridge/embedded.h"

#include "bridge_path.h"

// The assembler copies the file; PERDURE_BRIDGE is its path, made before this file is compiled.
__asm__(
    ".section .rodata\n"
    ".global perdure_bridge_begin\n"
    ".global perdure_bridge_end\n"
    "perdure_bridge_begin:\n"
    ".incbin \"" PERDURE_BRIDGE
    "\"\n"
    "perdure_bridge_end:\n"
    ".byte 0\n"
    ".previous\n");

extern "C" const char perdure_bridge_begin;
extern "C" const char perdure_bridge_end;

namespace perdure::executors {

std::string_view embedded_bridge() {
  return {&perdure_bridge_begin, static_cast<size_t>(&perdure_bridge_end - &perdure_bridge_begin)};
}

}  // namespace perdure::executors
