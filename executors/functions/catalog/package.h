#pragma once
// Function packages: zip archives, checked before anything is written.

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace perdure::executors {

inline constexpr uint64_t max_package_bytes = 50ull << 20;   // of the archive, as uploaded
inline constexpr uint64_t max_unpacked_bytes = 262'144'000;  // AWS's 250 MB

// Refuses: what libzip cannot read; names that are absolute, lead out of the folder or are not
// UTF-8; devices; links that could lead outside, and entries below a link; two entries of one name;
// archives over the limits (entries are counted while they are read, so that a lying header does
// not help). Returns the bytes of its files. `operation` is named by the text about a package that
// is too large.
Result<uint64_t> check_package(std::string_view zip, std::string_view operation = "CreateFunction");

// Unpacks a checked package into `folder`, which appears complete or not at all, on stable storage.
// One that is there already is left as it is.
Result<> unpack_package(std::string_view zip, const std::string& folder);

// Workers may be of another user than we are, whatever our umask says: folders of code are open to
// everybody. Links are not followed.
Result<> open_folders(const std::string& folder);

// Bytes and SHA-256 (over names and contents in order) of a local folder with code in it.
struct FolderDigest {
  uint64_t bytes = 0;
  std::string sha256;  // 32 bytes
};
Result<FolderDigest> digest_folder(const std::string& folder);

}  // namespace perdure::executors
