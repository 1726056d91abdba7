#include "base/net/response_text.h"

#include <charconv>

namespace perdure {
namespace {

void append_number(std::string& out, uint64_t number, int base = 10) {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof digits, number, base).ptr;
  out.append(digits, end);
}

void append_clean(std::string& out, std::string_view text) {
  for (const char c : text) {
    const bool control = (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f;
    out.push_back(control ? ' ' : c);
  }
}

void append_field(std::string& out, std::string_view name, std::string_view value) {
  append_clean(out, name);
  out += ": ";
  append_clean(out, value);
  out += "\r\n";
}

bool is_written_by_server(std::string_view name) {
  return equals_ignoring_case(name, "Connection") || equals_ignoring_case(name, "Date") ||
         equals_ignoring_case(name, "Transfer-Encoding");
}

void append_connection(std::string& out, const AnswerFrame& frame) {
  if (!frame.keep_alive) {
    out += "Connection: close\r\n";
  } else if (frame.to_http_1_0) {
    out += "Connection: keep-alive\r\n";
  }
}

}  // namespace

bool status_has_no_body(int status) { return status / 100 == 1 || status == 204 || status == 304; }

void append_head(std::string& out, const HttpResponse& answer, const AnswerFrame& frame,
                 std::string_view date) {
  out += "HTTP/1.1 ";
  append_number(out, static_cast<uint64_t>(answer.status));
  out += ' ';
  out += reason_phrase(answer.status);
  out += "\r\nDate: ";
  out += date;
  out += "\r\n";
  append_connection(out, frame);
  // The length given by the handler counts where the body is not at hand.
  const bool foreign_length = answer.stream || frame.to_head_request;
  bool length_written = status_has_no_body(answer.status) || answer.stream;
  for (const auto& [name, value] : answer.headers) {
    if (is_written_by_server(name)) continue;
    if (equals_ignoring_case(name, "Content-Length")) {
      if (!foreign_length) continue;
      length_written = true;
    }
    append_field(out, name, value);
  }
  if (!length_written) {
    out += "Content-Length: ";
    append_number(out, answer.body.size());
    out += "\r\n";
  }
  if (frame.chunked) out += "Transfer-Encoding: chunked\r\n";
  out += "\r\n";
}

void append_chunk(std::string& out, std::string_view piece) {
  append_number(out, piece.size(), 16);
  out += "\r\n";
  out += piece;
  out += "\r\n";
}

void append_last_chunk(std::string& out) { out += "0\r\n\r\n"; }

}  // namespace perdure
