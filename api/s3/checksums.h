#pragma once
// The checksums of S3: how members, headers and attributes of objects are called.

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/aws/operation.h"
#include "engine/objects/objects.h"

namespace perdure::api {

struct ChecksumKind {
  std::string_view algorithm;  // "CRC32", as base/checksum.h and clients name it
  const char* member;          // "ChecksumCRC32"
  const char* header;          // "x-amz-checksum-crc32"; attributes have this name too
  bool is_crc;                 // that of a whole follows from those of its parts
};
inline constexpr std::array<ChecksumKind, 5> checksum_kinds = {{
    {"CRC32", "ChecksumCRC32", "x-amz-checksum-crc32", true},
    {"CRC32C", "ChecksumCRC32C", "x-amz-checksum-crc32c", true},
    {"CRC64NVME", "ChecksumCRC64NVME", "x-amz-checksum-crc64nvme", true},
    {"SHA1", "ChecksumSHA1", "x-amz-checksum-sha1", false},
    {"SHA256", "ChecksumSHA256", "x-amz-checksum-sha256", false},
}};
inline constexpr char checksum_type_header[] = "x-amz-checksum-type";

const ChecksumKind* checksum_kind(std::string_view algorithm);  // null: none of them

// Headers of an answer; as elements of an XML body where `in_xml`.
std::vector<Field> checksum_fields(bool in_xml = false);
// What an object's attributes have of them, as members.
void add_checksums(const engine::ObjectAttributes& attributes, Json& answer);

// Of an object that was uploaded in parts: the checksum of the whole where `full`, else that of the
// parts' checksums with "-N" behind it. Nothing if a part lacks it, or a whole has none.
std::optional<std::string> checksum_of_parts(const ChecksumKind& kind, bool full,
                                             const std::vector<engine::UploadPart>& parts);

}  // namespace perdure::api
