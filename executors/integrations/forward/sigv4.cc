#include "executors/integrations/forward/sigv4.h"

#include <algorithm>
#include <map>
#include <vector>

#include "base/hash.h"
#include "base/time.h"
#include "base/url.h"

namespace perdure::executors {
namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = char(c - 'A' + 'a');
  }
  return out;
}

// Without spaces around it, and one where there are several.
std::string trimmed(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool space = c == ' ' || c == '\t';
    if (!space) {
      out += c;
    } else if (!out.empty() && out.back() != ' ') {
      out += ' ';
    }
  }
  if (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

// The path is encoded once more, as every service but S3 wants it.
std::string canonical_path(const HttpUrl& url, std::string_view service) {
  return service == "s3" ? url.path : percent_encode(url.path, true);
}

std::string canonical_query(const HttpUrl& url) {
  std::vector<std::pair<std::string, std::string>> pairs;
  for (const auto& [name, value] : parse_query(url.query).value_or(QueryParameters())) {
    pairs.emplace_back(percent_encode(name), percent_encode(value));
  }
  std::sort(pairs.begin(), pairs.end());
  std::string out;
  for (const auto& [name, value] : pairs) out += (out.empty() ? "" : "&") + name + "=" + value;
  return out;
}

std::map<std::string, std::string> canonical_headers(const OutgoingRequest& request) {
  std::map<std::string, std::string> headers;
  for (const auto& [name, value] : request.headers) {
    std::string& all = headers[lower(name)];
    all += (all.empty() ? "" : ",") + trimmed(value);
  }
  return headers;
}

std::string signed_names(const std::map<std::string, std::string>& headers) {
  std::string out;
  for (const auto& [name, value] : headers) out += (out.empty() ? "" : ";") + name;
  return out;
}

// "20150830T123600Z"
std::string basic_time(int64_t ms) {
  std::string text = iso8601_ms(ms - ms % 1000);
  text.erase(text.find('.'), 4);
  std::erase_if(text, [](char c) { return c == '-' || c == ':'; });
  return text;
}

std::string_view bytes(const Sha256& digest) {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

}  // namespace

std::string canonical_request(const OutgoingRequest& request, std::string_view service,
                              std::string_view body_hash) {
  const auto headers = canonical_headers(request);
  std::string text = request.method + "\n" + canonical_path(request.url, service) + "\n" +
                     canonical_query(request.url) + "\n";
  for (const auto& [name, value] : headers) text += name + ":" + value + "\n";
  return text + "\n" + signed_names(headers) + "\n" + std::string(body_hash);
}

void sign(OutgoingRequest& request, const AwsCredentials& credentials, const SigningScope& scope) {
  const std::string time = basic_time(scope.now_ms);
  const std::string date = time.substr(0, 8);
  const std::string body_hash = hex(sha256(request.body));
  request.headers.set("Host", request.url.authority());
  request.headers.set("X-Amz-Date", time);
  if (scope.service == "s3") request.headers.set("X-Amz-Content-Sha256", body_hash);
  if (!credentials.session_token.empty()) {
    request.headers.set("X-Amz-Security-Token", credentials.session_token);
  }
  const std::string place = date + "/" + scope.region + "/" + scope.service + "/aws4_request";
  const std::string to_sign = "AWS4-HMAC-SHA256\n" + time + "\n" + place + "\n" +
                              hex(sha256(canonical_request(request, scope.service, body_hash)));
  Sha256 key = hmac_sha256("AWS4" + credentials.secret_key, date);
  for (const std::string_view part :
       {std::string_view(scope.region), std::string_view(scope.service),
        std::string_view("aws4_request")}) {
    key = hmac_sha256(bytes(key), part);
  }
  request.headers.set("Authorization",
                      "AWS4-HMAC-SHA256 Credential=" + credentials.access_key + "/" + place +
                          ", SignedHeaders=" + signed_names(canonical_headers(request)) +
                          ", Signature=" + hex(hmac_sha256(bytes(key), to_sign)));
}

}  // namespace perdure::executors
