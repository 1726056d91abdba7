#pragma once
// The answer of a function behind a URL of InvokeMode RESPONSE_STREAM, passed on as it comes. What
// is known before its first piece is an answer like that of any other URL.

#include <functional>
#include <memory>
#include <string>

#include "base/net/http_server.h"
#include "base/net/response_stream.h"
#include "executors/functions/function_types.h"

namespace perdure::api {

inline constexpr size_t max_waiting_bytes = 1 << 20;  // for a caller, then the function waits

// As executors::TakePiece answers: false if the function is to wait for `resume`.
bool write_piece(ResponseStream& stream, std::string_view bytes,
                 const std::function<void()>& resume);

// Used by one thread at a time: pieces come before the end, and in order.
class UrlStream {
 public:
  // `send` takes the response, once.
  explicit UrlStream(std::function<void(HttpResponse)> send) : send_(std::move(send)) {}

  // As executors::TakePiece.
  bool piece(executors::AnswerPiece piece, const std::function<void()>& resume);
  // The function has ended, well or not. False: nothing has been sent, which is the caller's now.
  bool end(bool failed);

 private:
  void begin(HttpResponse response);
  bool read_prelude();

  const std::function<void(HttpResponse)> send_;
  std::string prelude_;  // what has come of it
  bool begun_ = false;
  std::shared_ptr<ResponseStream> stream_;  // null: not begun, or the answer has no body
};

}  // namespace perdure::api
