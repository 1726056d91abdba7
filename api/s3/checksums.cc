#include "api/s3/checksums.h"

#include "base/checksum.h"
#include "base/hash.h"

namespace perdure::api {

const ChecksumKind* checksum_kind(std::string_view algorithm) {
  for (const ChecksumKind& kind : checksum_kinds) {
    if (equals_ignoring_case(kind.algorithm, algorithm)) return &kind;
  }
  return nullptr;
}

std::vector<Field> checksum_fields(bool in_xml) {
  std::vector<Field> fields;
  for (const ChecksumKind& kind : checksum_kinds) {
    fields.push_back(in_xml ? optional(kind.member, text())
                            : in_header(kind.member, text(), kind.header));
  }
  fields.push_back(in_xml ? optional("ChecksumType", text())
                          : in_header("ChecksumType", text(), checksum_type_header));
  return fields;
}

void add_checksums(const engine::ObjectAttributes& attributes, Json& answer) {
  const auto add = [&](const char* member, const char* header) {
    const auto found = attributes.find(header);
    if (found != attributes.end()) answer[member] = found->second;
  };
  for (const ChecksumKind& kind : checksum_kinds) add(kind.member, kind.header);
  add("ChecksumType", checksum_type_header);
}

std::optional<std::string> checksum_of_parts(const ChecksumKind& kind, bool full,
                                             const std::vector<engine::UploadPart>& parts) {
  if (full && !kind.is_crc) return std::nullopt;
  std::string whole, all;
  for (const engine::UploadPart& part : parts) {
    const auto found = part.attributes.find(kind.header);
    if (found == part.attributes.end()) return std::nullopt;
    const auto bytes = base64_decode(found->second);
    if (!bytes) return std::nullopt;
    all += *bytes;
    if (!full) continue;
    whole =
        whole.empty() ? *bytes : combine_crcs(kind.algorithm, whole, *bytes, uint64_t(part.size));
  }
  if (full) return base64_encode(whole);
  const auto checksum = make_checksum(kind.algorithm);
  checksum->update(all);
  return base64_encode(checksum->finish()) + "-" + std::to_string(parts.size());
}

}  // namespace perdure::api
