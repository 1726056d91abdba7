#include "api/aws/aws_chunked.h"

#include <algorithm>
#include <charconv>

namespace perdure::api {

namespace {

constexpr size_t max_line_bytes = 1024;

Error broken() { return invalid("IncompleteBody", "The request body terminated unexpectedly"); }

}  // namespace

Result<> AwsChunks::feed(std::string_view piece) {
  while (!piece.empty()) {
    if (state_ == State::data) {
      const size_t count = size_t(std::min<uint64_t>(left_, piece.size()));
      PD_CHECK(data(piece.substr(0, count)));
      piece.remove_prefix(count);
      left_ -= count;
      if (left_ == 0) state_ = State::data_end;
      continue;
    }
    if (state_ == State::done) return broken();
    const size_t end = piece.find('\n');
    line_ += piece.substr(0, end);
    if (line_.size() > max_line_bytes) return broken();
    if (end == piece.npos) return {};
    piece.remove_prefix(end + 1);
    if (line_.ends_with('\r')) line_.pop_back();
    PD_CHECK(line(line_));
    line_.clear();
  }
  return {};
}

Result<> AwsChunks::line(std::string_view line) {
  if (state_ == State::data_end) {
    if (!line.empty()) return broken();
    state_ = State::size;
    return {};
  }
  if (state_ == State::size) {
    const std::string_view digits = line.substr(0, line.find(';'));
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), left_, 16);
    if (error != std::errc() || end != digits.data() + digits.size()) return broken();
    state_ = left_ > 0 ? State::data : State::trailer;
    return {};
  }
  if (line.empty()) {
    state_ = State::done;
    return {};
  }
  const size_t colon = line.find(':');
  if (colon == line.npos) return broken();
  std::string_view value = line.substr(colon + 1);
  value.remove_prefix(std::min(value.find_first_not_of(' '), value.size()));
  trailers_.add(std::string(line.substr(0, colon)), std::string(value));
  return {};
}

}  // namespace perdure::api
