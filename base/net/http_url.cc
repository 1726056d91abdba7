#include "base/net/http_url.h"

#include <algorithm>
#include <charconv>

#include "base/net/http.h"

namespace perdure {
namespace {

constexpr uint16_t plain_port = 80;
constexpr uint16_t secure_port = 443;

Error bad(std::string_view why, std::string_view text) {
  return invalid("InvalidUrl", std::string(why) + ": " + std::string(text));
}

bool strip_scheme(std::string_view& text, std::string_view scheme) {
  if (!equals_ignoring_case(text.substr(0, scheme.size()), scheme)) return false;
  text.remove_prefix(scheme.size());
  return true;
}

bool is_host_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_';
}

bool is_host(std::string_view host) {
  if (host.find(':') != host.npos) {
    return host.find_first_not_of("0123456789abcdefABCDEF:.") == host.npos;
  }
  return !host.empty() && host.size() <= 253 &&
         std::all_of(host.begin(), host.end(), is_host_character);
}

// "host", "host:port", "[address]", "[address]:port"
bool read_authority(std::string_view text, HttpUrl& url) {
  std::string_view port;
  if (text.starts_with('[')) {
    const size_t end = text.find(']');
    if (end == text.npos || text.find(':') > end) return false;
    url.host = text.substr(1, end - 1);
    text.remove_prefix(end + 1);
    if (!text.empty() && text[0] != ':') return false;
    port = text.empty() ? text : text.substr(1);
  } else {
    const size_t colon = text.find(':');
    url.host = text.substr(0, colon);
    if (url.host.find(':') != url.host.npos) return false;
    if (colon != text.npos) port = text.substr(colon + 1);
  }
  if (!port.empty()) {
    const auto [end, failure] = std::from_chars(port.data(), port.data() + port.size(), url.port);
    if (failure != std::errc() || end != port.data() + port.size() || url.port == 0) return false;
  }
  return is_host(url.host);
}

}  // namespace

std::string HttpUrl::authority() const {
  std::string text = host.find(':') == host.npos ? host : "[" + host + "]";
  if (port != (secure ? secure_port : plain_port)) text += ":" + std::to_string(port);
  return text;
}

Result<HttpUrl> HttpUrl::parse(std::string_view text) {
  const std::string_view whole = text;
  HttpUrl url;
  url.secure = strip_scheme(text, "https://");
  if (!url.secure && !strip_scheme(text, "http://")) return bad("not an http or https URL", whole);
  url.port = url.secure ? secure_port : plain_port;
  const auto printable = [](char c) { return c > ' ' && c < '\x7f'; };
  if (!std::all_of(text.begin(), text.end(), printable)) {
    return bad("a URL holds printable ASCII characters only", whole);
  }
  text = text.substr(0, text.find('#'));
  const size_t end = std::min(text.find_first_of("/?"), text.size());
  const std::string_view authority = text.substr(0, end);
  if (authority.find('@') != authority.npos) return bad("a URL may not hold a user name", whole);
  if (!read_authority(authority, url)) return bad("not a host and port", whole);
  text.remove_prefix(end);
  const size_t question = text.find('?');
  if (question != text.npos) url.query = text.substr(question + 1);
  text = text.substr(0, question);
  if (!text.empty()) url.path = text;
  return url;
}

}  // namespace perdure
