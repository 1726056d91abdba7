#include <charconv>

#include "executors/functions/bridge/relay.h"

namespace perdure::executors::bridge {
namespace {

constexpr size_t most_kept_bytes = 8 << 20;  // an answer of 6 MiB and its head
constexpr std::string_view accepted =
    "HTTP/1.1 202 Accepted\r\nContent-Type: application/json\r\nContent-Length: 15\r\n\r\n"
    R"({"status":"OK"})";

}  // namespace

bool AnswerReader::read(std::string_view text, Answer& answer) {
  constexpr std::string_view length_name = "\r\nContent-Length: ";
  const size_t end = text.find("\r\n\r\n");
  const size_t space = text.find(' ');
  if (end == text.npos || space == text.npos || space > end) return false;
  const std::string_view head = text.substr(0, end + 2);
  std::from_chars(head.data() + space + 1, head.data() + head.size(), answer.status);
  size_t length = 0;
  if (const size_t at = head.find(length_name); at != head.npos) {
    std::from_chars(head.data() + at + length_name.size(), head.data() + head.size(), length);
  }
  answer.bytes = end + 4 + length;
  return text.size() >= answer.bytes;
}

void Exchange::from_worker(std::string_view bytes) {
  to_engine += bytes;
  if (unanswered_.size() + bytes.size() > most_kept_bytes) kept_whole_ = false;
  unanswered_ += kept_whole_ ? bytes : std::string_view();
  if (!readable_) return;
  reader_.push(bytes);
  for (;;) {
    const auto request = reader_.next();
    if (!request) readable_ = false;
    if (!request || !*request) return;
    last_ |= (*request)->last;
    lengths_.push_back(static_cast<size_t>(reader_.consumed() - counted_));
    counted_ = reader_.consumed();
  }
}

void Exchange::from_engine(std::string_view bytes) {
  if (!again_) to_worker += bytes;
  answer_ += bytes;
  AnswerReader::Answer answer;
  while (AnswerReader::read(answer_, answer)) {
    if (answer.status >= 200) answered(answer);
    answer_.erase(0, answer.bytes);
  }
}

void Exchange::answered(const AnswerReader::Answer& answer) {
  if (again_) {
    // The engine that is gone may have taken it: then this one no longer wants it, and all is well.
    const bool settled = unanswered_.starts_with("POST ") && answer.status / 100 == 4;
    to_worker += settled ? accepted : std::string_view(answer_).substr(0, answer.bytes);
    again_ = false;
    to_worker += std::string_view(answer_).substr(answer.bytes);
  }
  if (lengths_.empty()) return;  // an answer to what cannot be read: the end of the connection
  if (kept_whole_) unanswered_.erase(0, lengths_.front());
  lengths_.pop_front();
  if (lengths_.empty() && !reader_.unfinished() && !reader_.pending()) {
    unanswered_.clear();
    kept_whole_ = true;
  }
}

bool Exchange::lost_engine() {
  if (!kept_whole_ || !readable_ || (last_ && lengths_.empty())) return false;
  if (!answer_.empty() && !again_) return false;  // half an answer is on its way to the worker
  answer_.clear();
  to_engine = unanswered_;
  again_ = !unanswered_.empty();
  return true;
}

}  // namespace perdure::executors::bridge
