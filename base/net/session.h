#pragma once
// One connection of the server. Internal to base/net.

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/net/http_parser.h"
#include "base/net/input_buffer.h"
#include "base/net/io_thread.h"
#include "base/net/response_text.h"

namespace perdure {

class SessionExchange;

// Requests are read, run and answered one after the other; what a client sends ahead waits in the
// input buffer. Lives on one io thread; only `deliver` and `wake` may be called elsewhere.
class Session final : public std::enable_shared_from_this<Session>, private BodyReceiver {
 public:
  // `address` is the client's, empty for a Unix socket.
  Session(std::shared_ptr<IoThread> thread, Socket socket,
          std::shared_ptr<const std::string> listener, std::string address);

  void start();
  // Any thread: the answer to the request that runs, or nothing where the handler dropped it.
  void deliver(std::optional<HttpResponse> answer);
  void wake();  // any thread: the stream has news

  void take_answer(std::optional<HttpResponse> answer);
  void take_wake();
  void release();  // after IoThread::hold
  void check_deadlines(SteadyTime now);
  void close_when_idle();
  void close();

  const std::string& address() const { return address_; }
  const std::shared_ptr<BusyPoll>& busy_poll() const;

  size_t index_in_thread = 0;  // kept by IoThread

 private:
  enum class Phase {
    head,       // between requests, or within a head
    body,       // within a body
    running,    // the handler has the request; input is watched for the client's departure
    streaming,  // the head of the answer is out, the body comes from a stream
    lingering,  // the last answer is out; input is thrown away so that the client can read it
    closed,
  };

  // Goes on until input, an answer, a stream or room in the socket must be waited for.
  void advance();
  bool take_input();  // false: needs more
  void head_complete();
  void request_complete();
  void run_handler();
  bool receive(std::string_view piece) override;
  void refuse(int status, std::string_view why);

  void take_answer_now(std::optional<HttpResponse> answer);
  void answer_request(HttpResponse answer);
  void begin_stream(const HttpResponse& answer);
  AnswerFrame frame() const;
  void request_over();
  bool hold(size_t bytes);  // false: too much is in memory
  void let_go();

  bool pump_stream();  // false: waits
  void put_piece(std::string_view piece);
  void linger();

  void read();
  void on_read(boost::system::error_code error, size_t count);
  void on_input_end(boost::system::error_code error);
  void starve();  // all input is consumed
  bool flush();   // false: waits for room in the socket, or closed
  void wait_for_room();
  RequestHead take_head();
  bool idle() const;
  SteadyTime in(int ms) const;

  const std::shared_ptr<IoThread> thread_;
  Socket socket_;
  const std::shared_ptr<const std::string> listener_;
  const std::string address_;
  std::optional<PeerCredentials> peer_;
  Phase phase_ = Phase::head;

  // Input.
  const std::unique_ptr<RequestParser> parser_;
  InputBuffer input_;
  bool reading_ = false;       // a read is under way
  bool input_ended_ = false;   // the client sends no more
  bool held_ = false;          // the last answer is a refusal that waits for its turn
  bool head_is_timed_ = true;  // head_timeout_ms counts, not idle_timeout_ms
  SteadyTime input_deadline_ = SteadyTime::max();
  int64_t arrived_ms_ = 0;  // of the newest input; of the oldest that waits for its turn

  // The request.
  HttpRequest request_;
  BodyPlan plan_;
  uint64_t body_bytes_ = 0;
  uint64_t held_bytes_ = 0;  // of the body in memory, counted in the server's context
  std::optional<std::pair<int, std::string>> body_refused_;
  bool is_head_request_ = false;
  std::weak_ptr<SessionExchange> exchange_;
  bool handling_ = false;  // within HttpHandler::handle
  bool answered_in_handle_ = false;
  std::optional<HttpResponse> answer_;  // if so: that answer

  // Output: `output_`, then `big_body_`, both from their offset on.
  std::string output_;
  size_t output_offset_ = 0;
  std::string big_body_;
  size_t big_body_offset_ = 0;
  bool waiting_for_room_ = false;
  SteadyTime output_deadline_ = SteadyTime::max();
  bool close_after_answer_ = false;

  // The stream.
  std::shared_ptr<ResponseStream> stream_;
  bool stream_chunked_ = false;
  std::optional<uint64_t> stream_left_bytes_;  // of a given Content-Length
};

}  // namespace perdure
