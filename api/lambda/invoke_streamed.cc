// InvokeWithResponseStream: what a function streams reaches the caller as it comes, in frames of an
// event stream. Whatever is known before the first piece is a plain answer, errors too.

#include <utility>

#include "api/aws/event_stream.h"
#include "api/aws/live_body.h"
#include "api/lambda/invoke_request.h"
#include "api/lambda/lambda.h"
#include "api/lambda/url_stream.h"
#include "base/hash.h"

namespace perdure::api {

namespace {

using executors::InvokeResult;

// Used by one thread at a time: pieces come before the end, and in order.
class StreamedAnswer {
 public:
  StreamedAnswer(std::string version, Done done)
      : version_(std::move(version)), done_(std::move(done)) {}

  // As TakePiece: whoever calls may be slower than the function.
  bool piece(std::string_view bytes, const std::function<void()>& resume) {
    if (bytes.empty()) return true;
    begin();
    return write_piece(
        *stream_, event_stream_event("PayloadChunk", "application/octet-stream", bytes), resume);
  }

  void end(Result<InvokeResult> result) {
    if (!result && !stream_) return done_(result.error());
    Json complete = Json::object();
    if (!result) {
      complete = {{"ErrorCode", result.error().name}, {"ErrorDetails", result.error().cause}};
    } else if (result->function_error) {
      complete = {{"ErrorCode", "Unhandled"}, {"ErrorDetails", result->payload}};
    } else {
      piece(result->payload, [] {});
    }
    if (result && !result->log_tail.empty()) {
      complete["LogResult"] = base64_encode(result->log_tail);
    }
    begin();
    stream_->write(event_stream_event("InvokeComplete", "application/json", dump_json(complete)));
    stream_->end();
  }

 private:
  void begin() {
    if (stream_) return;
    stream_ = std::make_shared<ResponseStream>();
    Answer answer;
    answer.source = std::make_shared<LiveBody>(stream_);
    answer.headers = {{"Content-Type", std::string(event_stream_type)},
                      {"X-Amz-Executed-Version", version_}};
    done_(std::move(answer));
  }

  const std::string version_;
  const Done done_;
  std::shared_ptr<ResponseStream> stream_;  // null: nothing has been said yet
};

void invoke(const LambdaParts& parts, const Call& call, Done done) {
  auto request = read_invoke(call);
  if (!request) return done(request.error());
  if (call.input().text("InvocationType") == "DryRun") {
    const auto checked = parts.runtime.check_invoke(*request);
    return checked ? done(answer_without_body(204)) : done(checked.error());
  }
  const auto function = parts.runtime.find(call.tenant, request->function, request->qualifier);
  const auto answer = std::make_shared<StreamedAnswer>(
      function ? function->version : "$LATEST", answer_throttled(parts, *request, std::move(done)));
  request->on_piece = [answer](const executors::AnswerPiece& piece,
                               const std::function<void()>& resume) {
    return answer->piece(piece.bytes, resume);
  };
  parts.runtime.invoke(std::move(*request),
                       [answer](Result<InvokeResult> result) { answer->end(std::move(result)); });
}

}  // namespace

std::vector<Operation> streamed_invoke_operations(const LambdaParts& parts) {
  return {{"InvokeWithResponseStream", invoke_shape({"RequestResponse", "DryRun"}),
           [parts](const auto& call, Done done) { invoke(parts, *call, std::move(done)); }, "POST",
           "/2021-11-15/functions/{FunctionName}/response-streaming-invocations", 200, true}};
}

}  // namespace perdure::api
