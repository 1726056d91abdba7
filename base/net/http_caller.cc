#include "base/net/http_caller.h"

// clang-format off
#include <utility>  // before Asio: Boost 1.81 uses std::exchange without including it
// clang-format on

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <deque>
#include <optional>
#include <thread>

#include "base/net/http_parser.h"

namespace perdure {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using Response = Result<HttpResponse>;

constexpr auto awaited = asio::as_tuple(asio::use_awaitable);
constexpr size_t head_limit_bytes = 64 * 1024;
constexpr size_t chunk_bytes = 16 * 1024;

Error failed(const char* name, std::string cause) {
  return {ErrorKind::unavailable, name, std::move(cause)};
}
Error failed(const char* name, std::string doing, const error_code& why) {
  return failed(name, std::move(doing) + ": " + why.message());
}

std::string request_text(const OutgoingRequest& request) {
  std::string text = request.method + " " + request.url.target() + " HTTP/1.1\r\n";
  if (!request.headers.find("Host")) text += "Host: " + request.url.authority() + "\r\n";
  for (const auto& [name, value] : request.headers) text += name + ": " + value + "\r\n";
  const bool has_body = !request.body.empty() || request.method == "POST" ||
                        request.method == "PUT" || request.method == "PATCH";
  if (has_body) text += "Content-Length: " + std::to_string(request.body.size()) + "\r\n";
  return text + "Connection: close\r\n\r\n" + request.body;
}

// One request and its answer. Everything but `send` happens on the caller's thread.
class CallerExchange final : public std::enable_shared_from_this<CallerExchange>,
                             private BodyReceiver {
 public:
  using Finished = std::function<void(CallerExchange&)>;

  CallerExchange(asio::io_context& io, asio::ssl::context& tls, OutgoingRequest request,
                 HttpCaller::Done done)
      : request_(std::move(request)),
        done_(std::move(done)),
        parser_(make_response_parser(head_limit_bytes)),
        resolver_(io),
        timer_(io),
        stream_(io, tls) {}

  void begin(Finished finished) {
    finished_ = std::move(finished);
    watch(shared_from_this());
    asio::co_spawn(timer_.get_executor(), run(shared_from_this()), asio::detached);
  }
  void cancel() {
    done_ = nullptr;
    give_up(failed(call_error::broken, "cancelled"));
  }
  bool cancelled() const { return done_ == nullptr; }

 private:
  static void watch(std::shared_ptr<CallerExchange> self) {
    CallerExchange& one = *self;
    one.timer_.expires_after(std::chrono::milliseconds(one.request_.timeout_ms));
    one.timer_.async_wait([self = std::move(self)](const error_code& error) {
      if (error) return;
      self->give_up(failed(
          call_error::timeout,
          "no whole answer came within " + std::to_string(self->request_.timeout_ms) + " ms"));
    });
  }

  static asio::awaitable<void> run(std::shared_ptr<CallerExchange> self) {
    Response response = co_await self->exchange();
    if (self->given_up_) response = *self->given_up_;
    self->timer_.cancel();
    error_code ignored;
    self->socket().close(ignored);
    if (auto done = std::exchange(self->done_, nullptr)) done(std::move(response));
    self->finished_(*self);
  }

  // What is under way fails soon, and then this is why.
  void give_up(Error why) {
    if (!given_up_) given_up_ = std::move(why);
    resolver_.cancel();
    error_code ignored;
    socket().close(ignored);
  }

  tcp::socket& socket() { return stream_.next_layer(); }

  asio::awaitable<Response> exchange() {
    if (auto failure = co_await connect()) co_return *failure;
    if (request_.url.secure) {
      if (auto failure = co_await shake_hands()) co_return *failure;
    }
    const std::string text = request_text(request_);
    // A server that refuses a body answers while we still send: its answer says more than our
    // broken pipe.
    const error_code unsent = co_await write(text);
    co_return co_await read_response(unsent);
  }

  asio::awaitable<std::optional<Error>> connect() {
    const HttpUrl& url = request_.url;
    auto [unresolved, found] =
        co_await resolver_.async_resolve(url.host, std::to_string(url.port), awaited);
    if (unresolved) {
      co_return failed(call_error::name_not_resolved, url.host + ": Name or service not known");
    }
    std::vector<tcp::endpoint> endpoints;
    std::optional<std::string> refused;
    for (const auto& entry : found) {
      if (auto why = refusal(entry.endpoint().address())) {
        refused = entry.endpoint().address().to_string() + ": " + *why;
      } else {
        endpoints.push_back(entry.endpoint());
      }
    }
    if (endpoints.empty()) {
      co_return Error{ErrorKind::denied, call_error::address_refused,
                      refused.value_or(url.host + " has no address")};
    }
    auto [unconnected, where] = co_await asio::async_connect(socket(), endpoints, awaited);
    if (unconnected) {
      co_return failed(call_error::connect_failed, "Connect to " + url.authority() + " failed",
                       unconnected);
    }
    error_code ignored;
    socket().set_option(tcp::no_delay(true), ignored);
    co_return std::nullopt;
  }

  std::optional<std::string> refusal(const asio::ip::address& address) const {
    if (!request_.addresses) return std::nullopt;
    if (address.is_v4()) return request_.addresses->refusal(address.to_v4().to_bytes());
    return request_.addresses->refusal(address.to_v6().to_bytes());
  }

  asio::awaitable<std::optional<Error>> shake_hands() {
    const std::string& host = request_.url.host;
    error_code ignored;
    asio::ip::make_address(host, ignored);
    if (ignored) SSL_set_tlsext_host_name(stream_.native_handle(), host.c_str());
    stream_.set_verify_callback(asio::ssl::host_name_verification(host), ignored);
    auto [error] = co_await stream_.async_handshake(asio::ssl::stream_base::client, awaited);
    if (error) co_return failed(call_error::tls_failed, "TLS with " + host + " failed", error);
    co_return std::nullopt;
  }

  asio::awaitable<error_code> write(std::string_view text) {
    const auto buffer = asio::buffer(text.data(), text.size());
    if (request_.url.secure) {
      auto [error, size] = co_await asio::async_write(stream_, buffer, awaited);
      co_return error;
    }
    auto [error, size] = co_await asio::async_write(socket(), buffer, awaited);
    co_return error;
  }

  asio::awaitable<error_code> read_more() {
    const auto buffer = asio::buffer(chunk_);
    if (request_.url.secure) {
      auto [error, size] = co_await stream_.async_read_some(buffer, awaited);
      input_.append(chunk_.data(), size);
      co_return error;
    }
    auto [error, size] = co_await socket().async_read_some(buffer, awaited);
    input_.append(chunk_.data(), size);
    co_return error;
  }

  asio::awaitable<Response> read_response(error_code unsent) {
    begin_message();
    while (true) {
      const ParseStep step = parser_->feed(input_, *this);
      input_.erase(0, step.consumed);
      if (step.state == ParseStep::State::head) continue;
      if (step.state == ParseStep::State::failed) co_return unreadable();
      if (step.state == ParseStep::State::done) {
        if (parser_->status() / 100 != 1) co_return answer();
        begin_message();  // 100 Continue and its like come before the answer
        continue;
      }
      const error_code error = co_await read_more();
      if (!error) continue;
      if (error == asio::error::eof && parser_->begun() &&
          parser_->feed_end().state == ParseStep::State::done) {
        co_return answer();
      }
      co_return failed(call_error::broken, "The connection broke before a whole answer had come",
                       unsent ? unsent : error);
    }
  }

  void begin_message() {
    parser_->reset();
    response_ = {};
    if (request_.method == "HEAD") parser_->expect_no_body();
  }

  Response answer() {
    response_.status = parser_->status();
    response_.headers = std::move(parser_->headers());
    return std::move(response_);
  }

  Response unreadable() const {
    if (too_large_) {
      return Error{
          ErrorKind::too_large, call_error::body_too_large,
          "the answer is larger than " + std::to_string(request_.max_body_bytes) + " bytes"};
    }
    return Error{ErrorKind::invalid, call_error::bad_response, parser_->failure().why};
  }

  bool receive(std::string_view piece) override {
    too_large_ = response_.body.size() + piece.size() > request_.max_body_bytes;
    if (!too_large_) response_.body.append(piece);
    return !too_large_;
  }

  const OutgoingRequest request_;
  HttpCaller::Done done_;  // null: nobody waits
  Finished finished_;
  std::unique_ptr<ResponseParser> parser_;
  tcp::resolver resolver_;
  asio::steady_timer timer_;
  asio::ssl::stream<tcp::socket> stream_;  // of http only its socket is used
  std::array<char, chunk_bytes> chunk_;
  std::string input_;
  HttpResponse response_;
  bool too_large_ = false;
  std::optional<Error> given_up_;
};

}  // namespace

struct HttpCaller::Impl {
  explicit Impl(size_t max_open_) : max_open(max_open_), work(io.get_executor()) {}

  // The caller's thread.
  void take(std::shared_ptr<CallerExchange> one) {
    waiting.push_back(std::move(one));
    begin_waiting();
  }
  void begin_waiting() {
    while (open < max_open && !waiting.empty()) {
      const std::shared_ptr<CallerExchange> one = std::move(waiting.front());
      waiting.pop_front();
      if (one->cancelled()) continue;
      ++open;
      one->begin([this](CallerExchange&) {
        --open;
        begin_waiting();
      });
    }
  }

  const size_t max_open;
  asio::io_context io{1};
  asio::executor_work_guard<asio::io_context::executor_type> work;
  asio::ssl::context tls{asio::ssl::context::tls_client};
  size_t open = 0;
  std::deque<std::shared_ptr<CallerExchange>> waiting;
  std::thread thread;
};

HttpCaller::HttpCaller(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
HttpCaller::~HttpCaller() { stop(); }

Result<std::unique_ptr<HttpCaller>> HttpCaller::make(HttpCallerOptions options) {
  auto impl = std::make_unique<Impl>(options.max_open);
  error_code error;
  impl->tls.set_verify_mode(asio::ssl::verify_peer, error);
  impl->tls.set_default_verify_paths(error);
  SSL_CTX_set_min_proto_version(impl->tls.native_handle(), TLS1_2_VERSION);
  if (!options.ca_file.empty()) {
    impl->tls.load_verify_file(options.ca_file, error);
    if (error) {
      return invalid("InvalidCertificates", options.ca_file + ": " + error.message());
    }
  }
  impl->thread = std::thread([&io = impl->io] { io.run(); });
  return std::unique_ptr<HttpCaller>(new HttpCaller(std::move(impl)));
}

HttpCaller::Cancel HttpCaller::send(OutgoingRequest request, Done done) {
  Impl& impl = *impl_;
  auto one =
      std::make_shared<CallerExchange>(impl.io, impl.tls, std::move(request), std::move(done));
  asio::post(impl.io, [&impl, one] { impl.take(one); });
  return [&impl, weak = std::weak_ptr(one)] {
    asio::post(impl.io, [weak] {
      if (const auto still = weak.lock()) still->cancel();
    });
  };
}

void HttpCaller::stop() {
  if (!impl_->thread.joinable()) return;
  impl_->io.stop();
  impl_->thread.join();
}

}  // namespace perdure
