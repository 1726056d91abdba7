#pragma once
#include <cstdint>
#include <optional>
#include <string_view>

namespace perdure::executors {

// What a process holds of the machine's memory, pages that it shares with others in equal parts
// (PSS), KiB; nothing: it is gone, or not ours to see. Takes a fraction of a millisecond.
std::optional<int64_t> process_memory_kib(int64_t pid);

// The same from the text of /proc/PID/smaps_rollup.
std::optional<int64_t> pss_kib_of(std::string_view smaps_rollup);

}  // namespace perdure::executors
