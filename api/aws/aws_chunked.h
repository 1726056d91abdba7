#pragma once
// Bodies in AWS's own chunks ("aws-chunked"), as clients send what they sign or sum up while they
// send it: SIZE[;chunk-signature=...] CRLF data CRLF ... 0 CRLF [trailer: value CRLF ...] CRLF.
// Signatures are read over, as those of requests are.

#include <cstdint>
#include <string>
#include <string_view>

#include "base/net/http.h"

namespace perdure::api {

// Takes the chunks apart. Feed it the body as it comes.
class AwsChunks {
 public:
  virtual ~AwsChunks() = default;

  // IncompleteBody or InvalidChunkSizeError where the frame is broken.
  Result<> feed(std::string_view piece);
  // Once the body is complete: whether it ended where its frame does.
  bool finished() const { return state_ == State::done; }
  const HttpHeaders& trailers() const { return trailers_; }

 protected:
  virtual Result<> data(std::string_view piece) = 0;

 private:
  enum class State : uint8_t { size, data, data_end, trailer, done };
  Result<> line(std::string_view line);

  State state_ = State::size;
  uint64_t left_ = 0;  // of the chunk, bytes
  std::string line_;   // so far
  HttpHeaders trailers_;
};

}  // namespace perdure::api
