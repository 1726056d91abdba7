// Any bytes as an Authorization header, or as the credential of a presigned URL: a scope whose
// account and region can be part of an ARN, or none.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "api/aws/signature.h"
#include "base/result.h"
#include "base/url.h"

using namespace perdure;
using namespace perdure::api;

namespace {

void check(const std::optional<Scope>& scope) {
  if (!scope) return;
  PD_ASSERT(!scope->access_key.empty() && !scope->region.empty() && !scope->service.empty());
  const engine::Tenant tenant = tenant_of(*scope);
  PD_ASSERT(tenant.account.size() == 12);
  PD_ASSERT(tenant.account.find_first_not_of("0123456789") == std::string::npos);
  PD_ASSERT(tenant.region.find(':') == std::string::npos);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check(scope_of_authorization(text));
  check(scope_of_credential(text));
  PD_ASSERT(percent_decode(percent_encode(text)) == text);
  if (const auto decoded = percent_decode(text)) {
    PD_ASSERT(percent_decode(percent_encode(*decoded)) == decoded);
  }
  if (const auto query = parse_query(text)) {
    for (const auto& [name, value] : *query) PD_ASSERT(name.size() + value.size() <= size);
  }
  return 0;
}
