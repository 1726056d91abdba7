#include "api/s3/conditions.h"

#include <algorithm>
#include <charconv>
#include <ctime>

#include "api/s3/s3_context.h"
#include "base/time.h"
#include "engine/objects/object_errors.h"

namespace perdure::api {

namespace {

bool names(const std::string& list, const std::string& etag) {
  std::string_view rest = list;
  while (!rest.empty()) {
    const size_t end = std::min(rest.find(','), rest.size());
    std::string_view one = rest.substr(0, end);
    one.remove_prefix(std::min(one.find_first_not_of(' '), one.size()));
    while (one.ends_with(' ')) one.remove_suffix(1);
    if (one == "*" || unquoted_etag(std::string(one)) == etag) return true;
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return false;
}

std::optional<int64_t> number_in(std::string_view text) {
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number < 0) return std::nullopt;
  return number;
}

Error not_modified() { return {ErrorKind::conflict, "NotModified", "Not Modified"}; }

}  // namespace

std::optional<int64_t> parse_http_date(const std::string& text) {
  tm parts{};
  const char* end = strptime(text.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
  if (end != nullptr && *end == '\0') return int64_t{timegm(&parts)};
  if (const auto ms = parse_iso8601(text)) return *ms / 1000;
  return std::nullopt;
}

std::vector<Field> condition_fields(const std::string& member, const std::string& header) {
  return {in_header(member + "IfMatch", text(), header + "if-match"),
          in_header(member + "IfNoneMatch", text(), header + "if-none-match"),
          in_header(member + "IfModifiedSince", text(), header + "if-modified-since"),
          in_header(member + "IfUnmodifiedSince", text(), header + "if-unmodified-since")};
}

// A condition on the tag stands above one on the date.
Result<> check_conditions(const Call& call, const engine::ObjectInfo& info,
                          const std::string& member, bool may_be_unmodified) {
  const auto value = [&](const char* name) {
    return call.input().maybe_text((member + name).c_str());
  };
  const int64_t modified_s = info.modified_ms / 1000;
  const auto date = [&](const char* name) {
    const auto text = value(name);
    return text ? parse_http_date(*text) : std::nullopt;
  };
  if (const auto match = value("IfMatch")) {
    if (!names(*match, info.etag)) return engine::precondition_failed();
  } else if (const auto since = date("IfUnmodifiedSince"); since && modified_s > *since) {
    return engine::precondition_failed();
  }
  const Error unmodified = may_be_unmodified ? not_modified() : engine::precondition_failed();
  if (const auto none = value("IfNoneMatch")) {
    if (names(*none, info.etag)) return unmodified;
  } else if (const auto since = date("IfModifiedSince"); since && modified_s <= *since) {
    return unmodified;
  }
  return {};
}

Result<std::optional<ByteRange>> parse_range(const std::string& text, int64_t size) {
  constexpr std::string_view unit = "bytes=";
  std::string_view range = text;
  const std::optional<ByteRange> whole;
  if (!range.starts_with(unit)) return whole;
  range.remove_prefix(unit.size());
  const size_t dash = range.find('-');
  if (dash == range.npos) return whole;
  const auto first = number_in(range.substr(0, dash));
  const auto last = number_in(range.substr(dash + 1));
  const Error unsatisfiable = invalid("InvalidRange", "The requested range is not satisfiable");
  if (dash == 0) {  // the last so many bytes
    if (!last) return whole;
    if (*last == 0 || size == 0) return unsatisfiable;
    const int64_t length = std::min(*last, size);
    return std::optional(ByteRange{size - length, length});
  }
  if (!first || (!last && dash + 1 < range.size()) || (last && *last < *first)) return whole;
  if (*first >= size) return unsatisfiable;
  const int64_t end = last ? std::min(*last, size - 1) : size - 1;
  return std::optional(ByteRange{*first, end - *first + 1});
}

}  // namespace perdure::api
