#include "base/net/session.h"

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <boost/asio/buffer.hpp>
#include <charconv>
#include <exception>

#include "base/log.h"
#include "base/net/local_peer.h"
#include "base/net/session_exchange.h"

namespace perdure {

using boost::system::error_code;

namespace {

constexpr size_t head_read_bytes = 4 * 1024;
constexpr size_t body_read_bytes = 64 * 1024;
// What a client may send ahead of the answer, and what answers may gather before they are sent.
constexpr size_t ahead_limit_bytes = 64 * 1024;
// Up to this size a body is copied behind its head and sent with it.
constexpr size_t small_body_bytes = 16 * 1024;
// A body over this is large; less is reserved for what is only declared.
constexpr uint64_t large_body_bytes = 1024 * 1024;
constexpr SteadyTime never = SteadyTime::max();

// Of TCP only root asks: whoever serves one user alone learns nothing from it, and it takes a
// while.
std::optional<PeerCredentials> credentials_of(int fd) {
  sockaddr_storage address{};
  socklen_t address_size = sizeof address;
  if (getsockname(fd, reinterpret_cast<sockaddr*>(&address), &address_size) != 0) {
    return std::nullopt;
  }
  if (address.ss_family != AF_UNIX) {
    const auto user = geteuid() == 0 ? user_of_local_peer(fd) : std::nullopt;
    return user ? std::optional(PeerCredentials{.uid = *user}) : std::nullopt;
  }
  ucred credentials{};
  socklen_t size = sizeof credentials;
  if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0) return std::nullopt;
  return PeerCredentials{credentials.pid, credentials.uid, credentials.gid};
}

std::pair<int, std::string> refusal_of(const Error& error) {
  switch (error.kind) {
    case ErrorKind::too_large:
      return {413, error.cause};
    case ErrorKind::unavailable:
      return {503, error.cause};
    case ErrorKind::invalid:
      return {400, error.cause};
    default:
      return {500, error.cause};
  }
}

uint64_t number_in(std::string_view text) {
  uint64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

}  // namespace

Session::Session(std::shared_ptr<IoThread> thread, Socket socket,
                 std::shared_ptr<const std::string> listener, std::string address)
    : thread_(std::move(thread)),
      socket_(std::move(socket)),
      listener_(std::move(listener)),
      address_(std::move(address)),
      parser_(make_request_parser(thread_->context().options.head_limit_bytes)) {}

SteadyTime Session::in(int ms) const {
  return std::chrono::steady_clock::now() + std::chrono::milliseconds(ms);
}

bool Session::idle() const {
  return phase_ == Phase::head && !parser_->begun() && input_.size() == 0;
}

void Session::start() {
  peer_ = credentials_of(socket_.native_handle());
  thread_->add(shared_from_this());
  error_code error;
  socket_.non_blocking(true, error);
  if (error) return close();
  input_deadline_ = in(thread_->context().options.head_timeout_ms);
  advance();
}

void Session::advance() {
  while (phase_ != Phase::closed) {
    switch (phase_) {
      case Phase::head:
      case Phase::body:
        if (held_) return input_.size() == 0 ? read() : void();
        if (output_.size() >= ahead_limit_bytes || !big_body_.empty()) {
          if (!flush()) return;
        }
        if (take_input()) break;
        if (!flush()) return;
        if (!input_ended_ && !(idle() && thread_->draining())) return read();
        starve();
        break;
      case Phase::running:
        flush();
        return read();
      case Phase::streaming:
        read();
        if (!pump_stream()) return;
        break;
      case Phase::lingering:
        return linger();
      case Phase::closed:
        return;
    }
  }
}

// --- Reading a request ---------------------------------------------------------------------------

bool Session::take_input() {
  const auto step = parser_->feed(input_.view(), *this);
  input_.consume(step.consumed);
  switch (step.state) {
    case ParseStep::State::more:
      return false;
    case ParseStep::State::head:
      head_complete();
      return true;
    case ParseStep::State::done:
      request_complete();
      return true;
    case ParseStep::State::failed:
      break;
  }
  if (body_refused_) {
    refuse(body_refused_->first, body_refused_->second);
  } else {
    refuse(parser_->failure().status, parser_->failure().why);
  }
  return true;
}

void Session::starve() {
  if (idle()) return close();
  refuse(400, "the request ended early");
}

RequestHead Session::take_head() {
  RequestHead head;
  head.method = std::move(parser_->method());
  head.target = std::move(parser_->target());
  head.headers = std::move(parser_->headers());
  head.listener = listener_;
  head.peer = peer_;
  return head;
}

void Session::head_complete() {
  static_cast<RequestHead&>(request_) = take_head();
  is_head_request_ = request_.method == "HEAD";
  phase_ = Phase::body;
  if (!parser_->has_body()) return request_complete();
  input_deadline_ = in(thread_->context().options.body_stall_ms);
  plan_ = thread_->context().handler.plan_body(request_);
  if (plan_.refusal) return answer_request(std::move(*plan_.refusal));
  const uint64_t length = parser_->content_length().value_or(0);
  if (length > plan_.limit_bytes) return refuse(413, "request body too large");
  // A declared length is only a claim: it reserves little before the bytes come.
  if (!plan_.sink) request_.body.reserve(std::min(length, large_body_bytes / 4));
  const bool waits = input_.size() == 0 && !parser_->is_http_1_0() &&
                     equals_ignoring_case(request_.headers.get("Expect"), "100-continue");
  if (waits) output_ += "HTTP/1.1 100 Continue\r\n\r\n";
}

bool Session::receive(std::string_view piece) {
  body_bytes_ += piece.size();
  input_deadline_ = in(thread_->context().options.body_stall_ms);
  if (body_bytes_ > plan_.limit_bytes) {
    body_refused_.emplace(413, "request body too large");
    return false;
  }
  if (!plan_.sink) {
    if (!hold(piece.size())) {
      body_refused_.emplace(503, "too many request bodies are in memory");
      return false;
    }
    request_.body.append(piece);
    return true;
  }
  const auto written = plan_.sink->write(piece);
  if (!written) body_refused_ = refusal_of(written.error());
  return written.has_value();
}

bool Session::hold(size_t bytes) {
  ServerContext& context = thread_->context();
  const uint64_t limit = context.options.bodies_limit_bytes;
  held_bytes_ += bytes;
  const uint64_t all = context.body_bytes.fetch_add(bytes) + bytes;
  return all <= (held_bytes_ > large_body_bytes ? limit / 2 : limit);
}

void Session::let_go() { thread_->context().body_bytes -= std::exchange(held_bytes_, 0); }

void Session::request_complete() {
  phase_ = Phase::running;
  request_.arrived_ms = arrived_ms_;
  input_deadline_ = never;
  request_.sink = std::move(plan_.sink);
  run_handler();
  if (!std::exchange(answered_in_handle_, false)) return;
  take_answer_now(std::exchange(answer_, std::nullopt));
}

const std::shared_ptr<BusyPoll>& Session::busy_poll() const {
  return thread_->context().options.busy_poll;
}

void Session::run_handler() {
  handling_ = true;
  auto exchange = std::make_shared<SessionExchange>(shared_from_this());
  exchange_ = exchange;
  try {
    thread_->context().handler.handle(std::move(request_), Respond(std::move(exchange)));
  } catch (const std::exception& failure) {
    log_error("request failed by an exception: {}", failure.what());
  }
  handling_ = false;
  if (!input_ended_ || answered_in_handle_) return;
  if (const auto running = exchange_.lock()) running->client_gone();
}

// The connection ends after this: where the next request would start is unknown.
void Session::refuse(int status, std::string_view why) {
  const RequestHead* head = phase_ == Phase::body ? &request_ : nullptr;
  answer_request(thread_->context().handler.protocol_error(status, why, head));
}

// --- Answering -----------------------------------------------------------------------------------

void Session::deliver(std::optional<HttpResponse> answer) {
  if (thread_->is_current() && handling_) {
    answered_in_handle_ = true;
    answer_ = std::move(answer);
  } else {
    thread_->post_answer(shared_from_this(), std::move(answer));
  }
}

void Session::wake() { thread_->post_wake(shared_from_this()); }

void Session::take_answer(std::optional<HttpResponse> answer) {
  if (phase_ != Phase::running) return;  // closed meanwhile
  take_answer_now(std::move(answer));
  advance();
}

void Session::take_answer_now(std::optional<HttpResponse> answer) {
  if (!answer) {
    answer =
        thread_->context().handler.protocol_error(500, "the request was not answered", nullptr);
  }
  answer_request(std::move(*answer));
}

void Session::release() {
  held_ = false;
  if (phase_ == Phase::head) advance();
}

void Session::take_wake() {
  if (phase_ == Phase::streaming) advance();
}

// Only after a request that was read to its end the connection can go on.
void Session::answer_request(HttpResponse answer) {
  close_after_answer_ = phase_ != Phase::running || !parser_->keep_alive() || thread_->draining() ||
                        equals_ignoring_case(answer.headers.get("Connection"), "close");
  if (answer.stream) return begin_stream(answer);
  if (!close_after_answer_ && answer.headers.find("Retry-After")) {
    flush();  // what answers earlier requests
    held_ = true;
    thread_->hold(shared_from_this());
  }
  append_head(output_, answer, frame(), thread_->date());
  if (is_head_request_ || status_has_no_body(answer.status)) {
    // The head says it all.
  } else if (answer.body.size() <= small_body_bytes) {
    output_ += answer.body;
  } else {
    big_body_ = std::move(answer.body);
  }
  request_over();
}

AnswerFrame Session::frame() const {
  return {is_head_request_, !close_after_answer_, parser_->is_http_1_0(), stream_chunked_};
}

// Makes room for the next request, or for the end.
void Session::request_over() {
  request_ = HttpRequest();
  let_go();
  plan_ = BodyPlan();
  body_bytes_ = 0;
  body_refused_.reset();
  is_head_request_ = false;
  stream_chunked_ = false;
  if (close_after_answer_) {
    phase_ = Phase::lingering;
    input_deadline_ = never;
    return;
  }
  parser_->reset();
  phase_ = Phase::head;
  const auto& options = thread_->context().options;
  head_is_timed_ = input_.size() > 0;
  input_deadline_ = in(head_is_timed_ ? options.head_timeout_ms : options.idle_timeout_ms);
}

// --- Streaming an answer -------------------------------------------------------------------------

void Session::begin_stream(const HttpResponse& answer) {
  const auto length = answer.headers.find("Content-Length");
  const bool bodiless = is_head_request_ || status_has_no_body(answer.status);
  stream_left_bytes_ = length ? std::optional(number_in(*length)) : std::nullopt;
  stream_chunked_ = !length && !bodiless && !parser_->is_http_1_0();
  // Without length and chunks the end of the connection is the end of the body.
  if (!length && !stream_chunked_ && !bodiless) close_after_answer_ = true;
  append_head(output_, answer, frame(), thread_->date());
  if (bodiless) {
    answer.stream->detach();
    return request_over();
  }
  put_piece(answer.body);
  phase_ = Phase::streaming;
  input_deadline_ = never;
  stream_ = answer.stream;
  stream_->attach([weak = weak_from_this()] {
    if (const auto session = weak.lock()) session->wake();
  });
}

bool Session::pump_stream() {
  if (!flush()) return false;
  auto news = stream_->take(false);
  if (!news.any()) {
    stream_->run_drained();
    news = stream_->take(true);
    if (!news.any()) return false;
  }
  const uint64_t size = news.pieces.size();
  const bool wrong_length = stream_left_bytes_ && (size > *stream_left_bytes_ ||
                                                   (news.ended && size < *stream_left_bytes_));
  if (news.aborted || wrong_length) {
    close();
    return false;
  }
  put_piece(news.pieces);
  if (!news.ended) return true;
  if (stream_chunked_) append_last_chunk(output_);
  std::exchange(stream_, nullptr)->detach();
  request_over();
  return true;
}

void Session::put_piece(std::string_view piece) {
  if (piece.empty()) return;
  if (stream_left_bytes_) *stream_left_bytes_ -= std::min(*stream_left_bytes_, piece.size());
  if (stream_chunked_) {
    append_chunk(output_, piece);
  } else {
    output_ += piece;
  }
}

// --- Sockets and time ----------------------------------------------------------------------------

// A client that still sends when the socket is closed gets a reset, which may destroy the answer
// before it has read it. So only the sending side is shut, and input is thrown away for a while.
void Session::linger() {
  if (!flush()) return;
  if (thread_->draining() || input_ended_) return close();
  if (input_deadline_ == never) {
    error_code ignored;
    socket_.shutdown(Socket::shutdown_send, ignored);
    input_deadline_ = in(thread_->context().options.linger_ms);
  }
  input_.consume(input_.size());
  read();
}

void Session::read() {
  const bool ahead = phase_ == Phase::running || phase_ == Phase::streaming;
  if (reading_ || input_ended_ || phase_ == Phase::closed) return;
  if (ahead && input_.size() >= ahead_limit_bytes) return;
  reading_ = true;
  const bool bulk = phase_ == Phase::body || phase_ == Phase::lingering;
  const auto room = input_.room(bulk ? body_read_bytes : head_read_bytes);
  socket_.async_read_some(
      asio::buffer(room.data(), room.size()),
      [self = shared_from_this()](error_code error, size_t count) { self->on_read(error, count); });
}

void Session::on_read(error_code error, size_t count) {
  reading_ = false;
  if (phase_ == Phase::closed) return;
  if (error) return on_input_end(error);
  const bool in_request = !held_ && (phase_ == Phase::head || phase_ == Phase::body);
  if (in_request || input_.size() == 0) arrived_ms_ = thread_->arrival_ms();
  input_.filled(count);
  if (phase_ == Phase::head && !head_is_timed_) {
    head_is_timed_ = true;
    input_deadline_ = in(thread_->context().options.head_timeout_ms);
  }
  if (phase_ == Phase::running || phase_ == Phase::streaming) return read();
  advance();
}

// The end of input is a client that left, or one that has shut its sending side and still reads.
void Session::on_input_end(error_code error) {
  input_ended_ = true;
  if (error != asio::error::eof || phase_ == Phase::streaming) return close();
  if (phase_ != Phase::running) return advance();
  if (const auto running = exchange_.lock()) running->client_gone();
}

bool Session::flush() {
  while (!waiting_for_room_ && phase_ != Phase::closed) {
    const std::array<asio::const_buffer, 2> rest = {asio::buffer(output_) + output_offset_,
                                                    asio::buffer(big_body_) + big_body_offset_};
    if (asio::buffer_size(rest) == 0) {
      output_.clear();
      if (output_.capacity() > 2 * ahead_limit_bytes) output_.shrink_to_fit();
      big_body_ = std::string();
      output_offset_ = big_body_offset_ = 0;
      return true;
    }
    error_code error;
    const size_t sent = socket_.write_some(rest, error);
    if (error == asio::error::would_block) {
      wait_for_room();
    } else if (error) {
      close();
    } else {
      const size_t of_output = std::min(sent, rest[0].size());
      output_offset_ += of_output;
      big_body_offset_ += sent - of_output;
    }
  }
  return false;
}

void Session::wait_for_room() {
  waiting_for_room_ = true;
  output_deadline_ = in(thread_->context().options.body_stall_ms);
  socket_.async_wait(Socket::wait_write, [self = shared_from_this()](error_code error) {
    self->waiting_for_room_ = false;
    self->output_deadline_ = never;
    if (self->phase_ == Phase::closed) return;
    if (error) return self->close();
    self->advance();
  });
}

void Session::check_deadlines(SteadyTime now) {
  if (phase_ == Phase::closed || now < std::min(input_deadline_, output_deadline_)) return;
  const bool mid_request = phase_ == Phase::head || phase_ == Phase::body;
  if (now >= output_deadline_ || !mid_request || idle()) return close();
  refuse(408, "the request came too slowly");
  advance();
}

void Session::close_when_idle() {
  if ((idle() && output_.empty()) || phase_ == Phase::lingering) close();
}

void Session::close() {
  if (phase_ == Phase::closed) return;
  const auto self = shared_from_this();  // the registry may be the last owner
  phase_ = Phase::closed;
  error_code ignored;
  socket_.close(ignored);
  thread_->remove(*this);
  let_go();
  plan_.sink.reset();
  if (const auto running = exchange_.lock()) running->client_gone();
  if (stream_) std::exchange(stream_, nullptr)->detach();
}

}  // namespace perdure
