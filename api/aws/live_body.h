#pragma once
// An answer's body that is made while it is sent: its length is not known, nobody reads it.

#include <cstdlib>
#include <memory>
#include <utility>

#include "api/aws/body.h"
#include "base/net/response_stream.h"

namespace perdure::api {

class LiveBody final : public BodySource {
 public:
  explicit LiveBody(std::shared_ptr<ResponseStream> stream) : stream_(std::move(stream)) {}
  const std::shared_ptr<ResponseStream>& stream() const { return stream_; }

  int64_t size() const override { return 0; }
  Result<std::string> read(int64_t, int64_t) override { return std::string(); }
  Runner& runner() override { std::abort(); }  // there is nothing to read

 private:
  const std::shared_ptr<ResponseStream> stream_;
};

}  // namespace perdure::api
