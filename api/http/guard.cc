#include "api/http/guard.h"

#include <algorithm>

#include "api/http/answers.h"

namespace perdure::api {

namespace {

std::string_view without_port(std::string_view host) {
  if (host.starts_with('[')) return host.substr(0, std::min(host.find(']') + 1, host.size()));
  return host.substr(0, host.find(':'));
}

bool ends_with_ignoring_case(std::string_view text, std::string_view end) {
  return text.size() >= end.size() &&
         equals_ignoring_case(text.substr(text.size() - end.size()), end);
}

bool is_ipv4_loopback(std::string_view host) {
  return host.starts_with("127.") &&
         host.find_first_not_of("0123456789.") == std::string_view::npos &&
         std::count(host.begin(), host.end(), '.') == 3;
}

bool is_our_host(std::string_view host, const GuardSettings& settings) {
  if (is_loopback_host(host)) return true;
  // SDKs put these before the host for StartSyncExecution and StartLiveTail.
  for (const std::string_view prefix : {"sync-", "stream-", "streaming-"}) {
    if (host.size() > prefix.size() &&
        equals_ignoring_case(host.substr(0, prefix.size()), prefix) &&
        is_our_host(host.substr(prefix.size()), settings)) {
      return true;
    }
  }
  for (std::string_view end :
       {".localhost", ".amazonaws.com", ".on.aws", ".localhost.localstack.cloud"}) {
    if (ends_with_ignoring_case(host, end)) return true;
  }
  if (equals_ignoring_case(host, "localhost.localstack.cloud")) return true;
  return std::any_of(settings.hosts.begin(), settings.hosts.end(),
                     [&](const std::string& h) { return equals_ignoring_case(h, host); });
}

// The page's origin is our own (the console), or one that the operator has named.
bool is_our_origin(std::string_view origin, std::string_view host, const GuardSettings& settings) {
  const auto same = [&](const std::string& o) { return equals_ignoring_case(o, origin); };
  if (std::any_of(settings.origins.begin(), settings.origins.end(), same)) return true;
  const size_t scheme = origin.find("://");
  return scheme != std::string_view::npos && equals_ignoring_case(origin.substr(scheme + 3), host);
}

bool over_unix_socket(const RequestHead& head) {
  return head.listener && head.listener->starts_with('/');
}

HttpResponse forbidden(const std::string& why) {
  return json_response(403, {{"__type", "AccessDeniedException"}, {"message", why}});
}

}  // namespace

bool is_loopback_host(std::string_view host) {
  return equals_ignoring_case(host, "localhost") || host == "[::1]" || host == "::1" ||
         is_ipv4_loopback(host);
}

std::optional<HttpResponse> refuse_host(const RequestHead& head, const GuardSettings& settings) {
  const auto host = head.headers.find("host");
  if (over_unix_socket(head) || !host || is_our_host(without_port(*host), settings))
    return std::nullopt;
  return forbidden("This server is not called " + std::string(*host) + "; see serve --allow-host");
}

std::optional<HttpResponse> refuse_foreign(const RequestHead& head, const GuardSettings& settings) {
  if (over_unix_socket(head)) return std::nullopt;
  if (auto refusal = refuse_host(head, settings)) return refusal;
  const auto host = head.headers.find("host");
  const auto origin = head.headers.find("origin");
  if (origin && !is_our_origin(*origin, host.value_or(""), settings)) {
    return forbidden("Pages of " + std::string(*origin) +
                     " may not call this server; see serve --allow-origin");
  }
  if (!origin && equals_ignoring_case(head.headers.get("sec-fetch-site"), "cross-site")) {
    return forbidden("Pages of other sites may not call this server");
  }
  return std::nullopt;
}

}  // namespace perdure::api
