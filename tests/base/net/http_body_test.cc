// Bodies that do not pass through memory as a whole: sinks for requests, streams for answers.
#include <gmock/gmock.h>

#include <atomic>
#include <thread>

#include "base/net/http_client.h"
#include "tests/base/net/net_fixture.h"

namespace perdure {
namespace {

using testing::EndsWith;
using testing::HasSubstr;

struct SinkLog {
  std::mutex mutex;
  uint64_t bytes = 0;
  uint64_t largest_piece = 0;
  Signal destroyed;
};

class CountingSink final : public BodySink {
 public:
  CountingSink(SinkLog& log, uint64_t fail_at) : log_(log), fail_at_(fail_at) {}
  ~CountingSink() override { log_.destroyed.set(); }
  Result<> write(std::string_view piece) override {
    const std::lock_guard lock(log_.mutex);
    log_.bytes += piece.size();
    log_.largest_piece = std::max<uint64_t>(log_.largest_piece, piece.size());
    if (log_.bytes > fail_at_) return Error{ErrorKind::unavailable, "DiskFull", "no space"};
    return {};
  }

 private:
  SinkLog& log_;
  const uint64_t fail_at_;
};

class HttpBodyTest : public NetFixture {
 protected:
  void SetUp() override {
    handler_.plan = [this](const RequestHead&) {
      return BodyPlan{100 << 20, std::make_unique<CountingSink>(log_, fail_at_), std::nullopt};
    };
    handler_.routes["/upload"] = [](HttpRequest request, Respond respond) {
      const bool complete = request.sink != nullptr && request.body.empty();
      respond(HttpResponse{200, {}, complete ? "stored" : "wrong", nullptr});
    };
    handler_.routes["/stream"] = [this](HttpRequest request, Respond respond) {
      HttpResponse answer{200, {}, "", stream_};
      if (!request.query().empty())
        answer.headers.add("Content-Length", std::string(request.query()));
      respond(std::move(answer));
    };
  }

  HttpConnection connect() { return HttpConnection(HttpAddress{"127.0.0.1", port_, ""}); }

  SinkLog log_;
  uint64_t fail_at_ = UINT64_MAX;
  std::shared_ptr<ResponseStream> stream_ = std::make_shared<ResponseStream>();
};

TEST_F(HttpBodyTest, a_sink_gets_a_large_body_in_pieces) {
  start();
  auto connection = connect();
  const auto answer =
      connection.send({.method = "PUT", .target = "/upload", .body = std::string(20 << 20, 'x')});
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->body, "stored");
  EXPECT_EQ(log_.bytes, 20u << 20);
  EXPECT_LE(log_.largest_piece, 64u << 10);
}

TEST_F(HttpBodyTest, a_sink_that_fails_refuses_the_request) {
  fail_at_ = 1 << 20;
  start();
  auto connection = connect();
  const auto answer =
      connection.send({.method = "PUT", .target = "/upload", .body = std::string(8 << 20, 'x')});
  ASSERT_TRUE(answer) << answer.error().cause;
  EXPECT_EQ(answer->status, 503);
  EXPECT_EQ(answer->body, "503: no space for /upload");
  EXPECT_TRUE(log_.destroyed.wait());
  EXPECT_EQ(connect().send({.target = "/"})->body, "hello");
}

TEST_F(HttpBodyTest, the_sink_of_a_broken_upload_is_destroyed) {
  start();
  RawClient client(port_);
  client.send("PUT /upload HTTP/1.1\r\nContent-Length: 1000\r\n\r\nabc");
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  client.close();
  EXPECT_TRUE(log_.destroyed.wait());
}

TEST_F(HttpBodyTest, a_stream_is_sent_in_chunks_as_it_is_written) {
  start();
  RawClient client(port_);
  client.send(get("/stream"));
  const auto head = client.receive_head();
  EXPECT_TRUE(head.has("Transfer-Encoding: chunked\r\n"));
  EXPECT_FALSE(head.has("Content-Length"));
  EXPECT_TRUE(stream_->write("first"));
  EXPECT_TRUE(stream_->write(" second"));
  stream_->end();
  EXPECT_FALSE(stream_->write("third"));
  client.send(get("/", "Connection: close\r\n"));
  const std::string rest = client.receive_all();
  EXPECT_THAT(rest, HasSubstr("second\r\n0\r\n\r\nHTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(rest, EndsWith("hello"));
}

TEST_F(HttpBodyTest, events_reach_a_client_one_by_one) {
  start();
  std::vector<std::string> pieces;
  auto connection = connect();
  stream_->write("0");
  const auto answer =
      connection.send({.target = "/stream", .on_piece = [&](std::string_view piece) {
                         pieces.emplace_back(piece);
                         if (pieces.size() == 20) {
                           stream_->end();
                         } else {
                           stream_->write(std::to_string(pieces.size()));
                         }
                         return true;
                       }});
  ASSERT_TRUE(answer);
  ASSERT_EQ(pieces.size(), 20u);
  EXPECT_EQ(pieces[19], "19");
  EXPECT_EQ(connection.send({.target = "/"})->body, "hello");  // the connection goes on
}

TEST_F(HttpBodyTest, a_pump_sends_a_large_download_with_little_memory) {
  constexpr uint64_t size = 40 << 20;
  std::atomic<uint64_t> written = 0;
  std::atomic<size_t> most_pending = 0;
  stream_->on_drained([&, stream = stream_.get()] {
    most_pending = std::max(most_pending.load(), stream->pending_bytes());
    if (written == size) return stream->end();
    written += 1 << 20;
    stream->write(std::string(1 << 20, 'd'));
  });
  start();
  auto connection = connect();
  uint64_t received = 0;
  const auto answer = connection.send(
      {.target = "/stream?" + std::to_string(size), .on_piece = [&](std::string_view piece) {
         received += piece.size();
         return true;
       }});
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->headers.get("Content-Length"), std::to_string(size));
  EXPECT_EQ(received, size);
  EXPECT_EQ(most_pending, 0u);
  EXPECT_EQ(connection.send({.target = "/"})->body, "hello");
}

TEST_F(HttpBodyTest, a_stream_learns_that_its_client_left) {
  start();
  Signal left;
  stream_->on_closed([&] { left.set(); });
  RawClient client(port_);
  client.send(get("/stream"));
  client.receive_head();
  client.close();
  ASSERT_TRUE(left.wait());
  EXPECT_FALSE(stream_->write("x"));
  Signal at_once;
  stream_->on_closed([&] { at_once.set(); });
  EXPECT_TRUE(at_once.wait(0));
}

TEST_F(HttpBodyTest, a_stream_that_ended_is_not_told_of_a_departure) {
  start();
  std::atomic<int> departures{0};
  stream_->on_closed([&] { ++departures; });
  stream_->end();
  EXPECT_EQ(connect().send({.target = "/stream"})->status, 200);
  server_->stop(1000);
  EXPECT_EQ(departures, 0);
}

TEST_F(HttpBodyTest, a_body_that_is_not_whole_breaks_the_connection) {
  start();
  stream_->write("part");
  stream_->abort();
  EXPECT_FALSE(connect().send({.target = "/stream"}));
  for (const char* length : {"3", "5"}) {
    stream_ = std::make_shared<ResponseStream>();
    stream_->write("four");
    stream_->end();
    const auto answer = connect().send({.target = std::string("/stream?") + length});
    EXPECT_FALSE(answer && answer->body.size() == 5) << length;
  }
}

TEST_F(HttpBodyTest, old_clients_and_head_requests_get_streams_their_way) {
  start();
  stream_->write("all of it");
  stream_->end();
  RawClient old(port_);
  old.send("GET /stream HTTP/1.0\r\n\r\n");
  const std::string all = old.receive_all();
  EXPECT_THAT(all, EndsWith("\r\n\r\nall of it"));
  EXPECT_EQ(all.find("chunked"), all.npos);
  stream_ = std::make_shared<ResponseStream>();
  RawClient client(port_);
  client.send("HEAD /stream?9 HTTP/1.1\r\n\r\n");
  EXPECT_TRUE(client.receive_head().has("Content-Length: 9\r\n"));
  client.send(get("/"));
  EXPECT_EQ(client.receive().body, "hello");
}

TEST_F(HttpBodyTest, an_open_stream_ends_with_the_server) {
  start();
  Signal left;
  stream_->on_closed([&] { left.set(); });
  RawClient client(port_);
  client.send(get("/stream"));
  client.receive_head();
  server_->stop(20);
  EXPECT_TRUE(left.wait(0));
  EXPECT_FALSE(stream_->write("x"));
}

}  // namespace
}  // namespace perdure
