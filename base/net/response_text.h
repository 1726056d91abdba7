#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "base/net/http.h"

namespace perdure {

// What the connection decides about an answer.
struct AnswerFrame {
  bool to_head_request = false;
  bool keep_alive = true;
  bool to_http_1_0 = false;
  bool chunked = false;  // only beside a stream
};

bool status_has_no_body(int status);

// Status line, fields and the empty line. Control characters in fields become spaces: whatever a
// handler puts there, it stays one line.
void append_head(std::string& out, const HttpResponse& answer, const AnswerFrame& frame,
                 std::string_view date);
void append_chunk(std::string& out, std::string_view piece);  // not empty
void append_last_chunk(std::string& out);

}  // namespace perdure
