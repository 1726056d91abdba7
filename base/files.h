#pragma once
// Small file helpers. Errors carry the path and the system's text; kinds: not_found, denied,
// conflict (exists already), unavailable (disk full, too many open files), else internal.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace perdure {

// The error of the failed call that left `error_number` in errno.
Error system_error(std::string_view doing, std::string_view path, int error_number);

// Refuses a file larger than `limit_bytes` (too_large).
Result<std::string> read_file(const std::string& path, uint64_t limit_bytes = UINT64_MAX);
// Returns once the content is on stable storage under its name. A crash leaves the old file or the
// new one, never a part. Concurrent writers of one path do not disturb each other: the last wins.
Result<> write_file_atomically(const std::string& path, std::string_view content,
                               unsigned mode = 0644);
// Creates missing parents too; a folder that exists is fine. New folders are synced into theirs.
Result<> make_directories(const std::string& path, unsigned mode = 0755);
// Names without . and .. in byte order.
Result<std::vector<std::string>> list_directory(const std::string& path);
Result<> remove_file(const std::string& path);       // one that is not there is fine
Result<> remove_directory(const std::string& path);  // with all it holds; absent is fine
Result<> sync_directory(const std::string& path);    // makes renames and removals in it durable
bool file_exists(const std::string& path);           // of any kind
Result<int64_t> file_size(const std::string& path);  // bytes

}  // namespace perdure
