#include "executors/functions/endpoint/http_request.h"

#include <charconv>

namespace perdure::executors {
namespace {

constexpr size_t max_head_bytes = 16 << 10;

Error bad_request(const char* why) { return invalid("InvalidRequest", why); }

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return result;
}

Result<HttpRequest> parse_head(std::string_view head) {
  HttpRequest request;
  size_t end = head.find("\r\n");
  std::string_view line = head.substr(0, end);
  size_t first = line.find(' ');
  size_t second = line.rfind(' ');
  if (first == line.npos || second == first || !line.substr(second + 1).starts_with("HTTP/1.")) {
    return bad_request("not an HTTP/1.1 request");
  }
  request.method = line.substr(0, first);
  request.path = line.substr(first + 1, second - first - 1);
  while (end != head.npos && end + 2 < head.size()) {
    size_t start = end + 2;
    end = head.find("\r\n", start);
    line = head.substr(start, end == head.npos ? end : end - start);
    size_t colon = line.find(':');
    if (colon == line.npos || colon == 0) return bad_request("a header without a colon");
    request.headers.emplace_back(lower(line.substr(0, colon)),
                                 std::string(trim(line.substr(colon + 1))));
  }
  return request;
}

Result<uint64_t> body_length(const HttpRequest& request) {
  if (!request.header("transfer-encoding").empty()) {
    return bad_request("chunked bodies are not understood");
  }
  std::string_view text = request.header("content-length");
  uint64_t length = 0;
  if (text.empty()) return length;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), length);
  if (error != std::errc() || end != text.data() + text.size()) {
    return bad_request("Content-Length is not a number");
  }
  return length;
}

}  // namespace

std::string_view HttpRequest::header(std::string_view lower_case_name) const {
  for (const auto& [name, value] : headers) {
    if (name == lower_case_name) return value;
  }
  return {};
}

// True once the head is complete and taken from the buffer.
Result<bool> HttpRequestReader::read_head() {
  size_t end = buffer_.find("\r\n\r\n");
  if (end == std::string::npos) {
    if (buffer_.size() > max_head_bytes) return bad_request("the head is too long");
    return false;
  }
  if (end > max_head_bytes) return bad_request("the head is too long");
  PD_TRY(request, parse_head(std::string_view(buffer_).substr(0, end)));
  PD_TRY(length, body_length(request));
  request.too_large = length > max_body_bytes_;
  buffer_.erase(0, end + 4);
  missing_ = length;
  if (!request.too_large) request.body.reserve(length);
  request_ = std::move(request);
  return true;
}

Result<std::optional<HttpRequest>> HttpRequestReader::next() {
  if (!request_) {
    PD_TRY(complete, read_head());
    if (!complete) return std::optional<HttpRequest>();
  }
  size_t taken = static_cast<size_t>(std::min<uint64_t>(missing_, buffer_.size()));
  if (!request_->too_large) request_->body.append(buffer_, 0, taken);
  buffer_.erase(0, taken);
  missing_ -= taken;
  if (missing_ > 0) return std::optional<HttpRequest>();
  return std::exchange(request_, std::nullopt);
}

std::string http_response(int status, std::string_view reason,
                          const std::vector<std::pair<std::string, std::string>>& headers,
                          std::string_view body) {
  std::string out = "HTTP/1.1 " + std::to_string(status) + " " + std::string(reason) + "\r\n";
  for (const auto& [name, value] : headers) {
    out += name;
    out += ": ";
    out += value;
    out += "\r\n";
  }
  out += "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n";
  out += body;
  return out;
}

}  // namespace perdure::executors
