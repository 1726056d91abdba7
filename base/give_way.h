#pragma once

namespace perdure {

// For whoever computes for long beside threads that answer: they run first. A kernel that preempts
// lazily leaves a thread that was woken on a busy processor waiting until the next tick, 4 ms.
// Cheap enough to be called every ten microseconds; gives way four thousand times a second at most,
// so that on a machine without idle processors the computation still goes on.
void give_way();

}  // namespace perdure
