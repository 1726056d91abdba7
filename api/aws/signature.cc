#include "api/aws/signature.h"

#include <algorithm>
#include <array>

namespace perdure::api {

std::optional<Scope> scope_of_credential(std::string_view credential) {
  // From the end, because an access key may hold a slash.
  std::array<std::string_view, 4> parts;  // aws4_request, service, region, date
  for (std::string_view& part : parts) {
    const size_t slash = credential.rfind('/');
    if (slash == std::string_view::npos) return std::nullopt;
    part = credential.substr(slash + 1);
    credential = credential.substr(0, slash);
  }
  if (credential.empty() || parts[0] != "aws4_request") return std::nullopt;
  return Scope{std::string(credential), std::string(parts[2]), std::string(parts[1])};
}

std::optional<Scope> scope_of_authorization(std::string_view header) {
  if (!header.starts_with("AWS4-")) return std::nullopt;
  constexpr std::string_view marker = "Credential=";
  const size_t at = header.find(marker);
  if (at == std::string_view::npos) return std::nullopt;
  header.remove_prefix(at + marker.size());
  return scope_of_credential(header.substr(0, header.find_first_of(", ")));
}

engine::Tenant tenant_of(const Scope& scope) {
  const std::string& key = scope.access_key;
  const bool account = key.size() == 12 && std::all_of(key.begin(), key.end(),
                                                       [](char c) { return c >= '0' && c <= '9'; });
  engine::Tenant tenant;
  if (account) tenant.account = key;
  // Regions become parts of ARNs: anything else than their own characters is not one.
  const bool region =
      !scope.region.empty() && scope.region.size() <= 32 &&
      scope.region.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == std::string::npos;
  if (region) tenant.region = scope.region;
  return tenant;
}

}  // namespace perdure::api
