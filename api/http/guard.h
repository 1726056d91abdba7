#pragma once
// What stands between a web page and code execution: a browser that was led here says so in Host
// (DNS rebinding), Origin or Sec-Fetch-Site, and is refused.

#include <optional>
#include <string>
#include <vector>

#include "base/net/http.h"

namespace perdure::api {

struct GuardSettings {
  std::vector<std::string> hosts;    // further names we are called by, without port
  std::vector<std::string> origins;  // "http://localhost:3000": pages that may call
};

// "127.0.0.1", "localhost", "[::1]": this machine.
bool is_loopback_host(std::string_view host);

// The 403 to answer, or nothing if the request may pass. What comes over a Unix socket passes.
std::optional<HttpResponse> refuse_host(const RequestHead& head, const GuardSettings& settings);
// The same, and pages of other origins are refused.
std::optional<HttpResponse> refuse_foreign(const RequestHead& head, const GuardSettings& settings);

}  // namespace perdure::api
