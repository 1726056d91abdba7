#include "executors/functions/endpoint/http_request.h"

#include <algorithm>
#include <charconv>

namespace perdure::executors {
namespace {

constexpr size_t max_head_bytes = 128 << 10;  // an X-Ray cause alone may have 64 KiB
constexpr size_t max_line_bytes = 16 << 10;   // of a chunk or a trailer
constexpr size_t max_trailer_bytes = 1 << 20;

Error bad_request(const char* why) { return invalid("InvalidRequest", why); }
Error truncated() { return invalid("TruncatedHTTPRequest", "HTTP request detected as truncated"); }

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

Result<> read_field(std::string_view line, HttpFields& fields) {
  const size_t colon = line.find(':');
  if (colon == line.npos || colon == 0) return bad_request("a header without a colon");
  fields.emplace_back(lower(line.substr(0, colon)), std::string(trim(line.substr(colon + 1))));
  return {};
}

std::string_view find_field(const HttpFields& fields, std::string_view lower_case_name) {
  for (const auto& [name, value] : fields) {
    if (name == lower_case_name) return value;
  }
  return {};
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
  request.last = line.ends_with("/1.0");
  while (end != head.npos && end + 2 < head.size()) {
    size_t start = end + 2;
    end = head.find("\r\n", start);
    PD_CHECK(read_field(head.substr(start, end == head.npos ? end : end - start), request.headers));
  }
  if (lower(request.header("connection")) == "close") request.last = true;
  return request;
}

Result<uint64_t> parse_number(std::string_view text, int base, const char* complaint) {
  uint64_t number = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  if (error != std::errc() || end != text.data() + text.size()) return bad_request(complaint);
  return number;
}

}  // namespace

std::string_view HttpRequest::header(std::string_view lower_case_name) const {
  return find_field(headers, lower_case_name);
}

std::string_view HttpRequest::trailer(std::string_view lower_case_name) const {
  return find_field(trailers, lower_case_name);
}

void HttpRequestReader::push(std::string_view bytes) {
  buffer_.erase(0, std::exchange(start_, 0));
  buffer_.append(bytes);
}

void HttpRequestReader::take(size_t bytes) {
  start_ += bytes;
  consumed_ += bytes;
}

// True once the head is complete and taken from the buffer.
Result<bool> HttpRequestReader::read_head() {
  const std::string_view text = unread();
  const size_t end = text.substr(0, max_head_bytes + 4).find("\r\n\r\n");
  if (end == text.npos && text.size() > max_head_bytes) return bad_request("the head is too long");
  if (end == text.npos) return false;
  PD_TRY(request, parse_head(text.substr(0, end)));
  const std::string_view coding = request.header("transfer-encoding");
  const std::string_view length = request.header("content-length");
  missing_ = 0;
  stage_ = Stage::complete;
  if (!coding.empty()) {
    // Both at once are how one request is smuggled in another's body.
    if (lower(coding) != "chunked" || !length.empty()) {
      return bad_request("this Transfer-Encoding is not understood");
    }
    stage_ = Stage::chunk_head;
    trailer_bytes_ = 0;
  } else if (!length.empty()) {
    PD_TRY(bytes, parse_number(length, 10, "Content-Length is not a number"));
    missing_ = bytes;
    stage_ = Stage::body;
    request.too_large = missing_ > max_body_bytes_;
    if (!request.too_large) request.body.reserve(missing_);
  }
  take(end + 4);
  request_ = std::move(request);
  return true;
}

// What has come of the body, or of a chunk; true once that is complete.
bool HttpRequestReader::read_piece(Stage then) {
  const std::string_view text = unread();
  const size_t bytes = static_cast<size_t>(std::min<uint64_t>(missing_, text.size()));
  if (request_->body.size() + bytes > max_body_bytes_) {
    request_->too_large = true;
    request_->body.clear();
  }
  if (!request_->too_large) request_->body.append(text.substr(0, bytes));
  take(bytes);
  missing_ -= bytes;
  if (missing_ > 0) return false;
  stage_ = then;
  return true;
}

Result<std::optional<std::string>> HttpRequestReader::take_line() {
  const std::string_view text = unread();
  const size_t end = text.find("\r\n");
  if (end == text.npos) {
    if (text.size() > max_trailer_bytes) return truncated();
    return std::optional<std::string>();
  }
  std::string line(text.substr(0, end));
  take(end + 2);
  return std::optional(std::move(line));
}

Result<bool> HttpRequestReader::read_chunk_head() {
  PD_TRY(line, take_line());
  if (!line) return false;
  if (line->size() > max_line_bytes) return truncated();
  const std::string_view size = std::string_view(*line).substr(0, line->find(';'));
  auto bytes = parse_number(trim(size), 16, "a chunk's size is not a number");
  if (!bytes) return truncated();
  missing_ = *bytes;
  stage_ = missing_ == 0 ? Stage::trailers : Stage::chunk;
  return true;
}

Result<bool> HttpRequestReader::read_chunk_end() {
  if (unread().size() < 2) return false;
  if (!unread().starts_with("\r\n")) return truncated();
  take(2);
  stage_ = Stage::chunk_head;
  return true;
}

Result<bool> HttpRequestReader::read_trailer() {
  PD_TRY(line, take_line());
  if (!line) return false;
  trailer_bytes_ += line->size();
  if (trailer_bytes_ > max_trailer_bytes) return truncated();
  if (line->empty()) {
    stage_ = Stage::complete;
  } else {
    PD_CHECK(read_field(*line, request_->trailers));
  }
  return true;
}

Result<bool> HttpRequestReader::advance() {
  switch (stage_) {
    case Stage::head:
      return read_head();
    case Stage::body:
      return read_piece(Stage::complete);
    case Stage::chunk_head:
      return read_chunk_head();
    case Stage::chunk:
      return read_piece(Stage::chunk_end);
    case Stage::chunk_end:
      return read_chunk_end();
    case Stage::trailers:
      return read_trailer();
    case Stage::complete:
      return false;
  }
  return false;
}

Result<std::optional<HttpRequest>> HttpRequestReader::next() {
  for (bool more = true; more;) {
    PD_TRY(moved, advance());
    more = moved;
  }
  if (stage_ != Stage::complete) return std::optional<HttpRequest>();
  stage_ = Stage::head;
  return std::exchange(request_, std::nullopt);
}

std::string http_response(int status, std::string_view reason, const HttpFields& headers,
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
