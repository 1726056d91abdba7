// Requests and answers over real sockets; limits and timeouts are in http_server_limits_test.
#include "base/net/http_server.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "base/files.h"
#include "tests/base/net/net_fixture.h"

namespace perdure {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

class HttpServerTest : public NetFixture {};

TEST_F(HttpServerTest, answers_many_requests_on_one_connection) {
  start();
  RawClient client(port_);
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(client.send(get("/")));
    const auto answer = client.receive();
    EXPECT_THAT(answer.head, StartsWith("HTTP/1.1 200 OK\r\nDate: "));
    EXPECT_EQ(answer.body, "hello");
  }
}

TEST_F(HttpServerTest, shows_the_request_as_it_was_sent) {
  HttpRequest seen;
  handler_.routes["/a%20b"] = [&](HttpRequest request, Respond respond) {
    seen = std::move(request);
    respond(HttpResponse{});
  };
  start();
  RawClient client(port_);
  client.send(
      "PUT /a%20b?x=1&y HTTP/1.1\r\nHost: h\r\nX-One: 1\r\nx-one: 2\r\n"
      "Content-Length: 3\r\n\r\nabc");
  EXPECT_EQ(client.receive().status(), 200);
  EXPECT_EQ(seen.method, "PUT");
  EXPECT_EQ(seen.target, "/a%20b?x=1&y");
  EXPECT_EQ(seen.path(), "/a%20b");
  EXPECT_EQ(seen.decoded_path(), "/a b");
  EXPECT_EQ(seen.query_parameters(), (QueryParameters{{"x", "1"}, {"y", ""}}));
  EXPECT_EQ(seen.headers.get("X-ONE"), "1");
  EXPECT_EQ(seen.headers.get("none", "-"), "-");
  EXPECT_EQ(seen.body, "abc");
  EXPECT_EQ(*seen.listener, "127.0.0.1:" + std::to_string(port_));
  EXPECT_TRUE(!seen.peer || seen.peer->uid == getuid());
}

TEST_F(HttpServerTest, answers_pipelined_requests_in_order) {
  std::vector<std::thread> threads;
  handler_.routes["/later"] = [&](HttpRequest request, Respond respond) {
    threads.emplace_back([respond, body = std::string(request.query())] {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
      respond(HttpResponse{200, {}, "later" + body, nullptr});
    });
  };
  start();
  RawClient client(port_);
  client.send(get("/later?1") + get("/") + post("/", "body") + get("/later?2") + get("/later?3") +
              get("/"));
  for (const char* expected : {"later1", "hello", "hello", "later2", "later3", "hello"}) {
    EXPECT_EQ(client.receive().body, expected);
  }
  server_.reset();
  for (auto& thread : threads) thread.join();
}

TEST_F(HttpServerTest, answers_thousands_of_pipelined_requests) {
  start();
  RawClient client(port_);
  std::string requests;
  for (int i = 0; i < 5000; ++i) requests += get("/");
  std::thread sender([&] { client.send(requests); });
  for (int i = 0; i < 5000; ++i) ASSERT_EQ(client.receive().body, "hello") << i;
  sender.join();
}

TEST_F(HttpServerTest, a_request_may_arrive_byte_by_byte) {
  handler_.routes["/echo"] = [](HttpRequest request, Respond respond) {
    respond(HttpResponse{200, {}, request.body, nullptr});
  };
  start();
  RawClient client(port_);
  const std::string chunked =
      "POST /echo HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
      "4;ext=1\r\nWiki\r\n5\r\npedia\r\n0\r\nTrailer: x\r\n\r\n";
  for (const std::string& request : {post("/echo", "abc"), chunked}) {
    for (const char c : request) ASSERT_TRUE(client.send({&c, 1}));
  }
  EXPECT_EQ(client.receive().body, "abc");
  EXPECT_EQ(client.receive().body, "Wikipedia");
}

TEST_F(HttpServerTest, an_answer_may_come_later_from_another_thread) {
  std::optional<Respond> parked;
  Signal arrived;
  handler_.routes["/poll"] = [&](HttpRequest, Respond respond) {
    parked = std::move(respond);
    arrived.set();
  };
  start();
  RawClient poll(port_), other(port_);
  poll.send(get("/poll"));
  ASSERT_TRUE(arrived.wait());
  other.send(get("/"));
  EXPECT_EQ(other.receive().body, "hello");  // a parked request holds nobody up
  (*parked)(HttpResponse{202, {}, "now", nullptr});
  (*parked)(HttpResponse{200, {}, "again", nullptr});  // only the first counts
  const auto answer = poll.receive();
  EXPECT_EQ(answer.status(), 202);
  EXPECT_EQ(answer.body, "now");
  poll.send(get("/"));
  EXPECT_EQ(poll.receive().body, "hello");
}

TEST_F(HttpServerTest, many_parked_requests_are_answered_from_many_threads) {
  options_.threads = 2;
  std::mutex mutex;
  std::vector<std::pair<Respond, std::string>> parked;
  handler_.routes["/poll"] = [&](HttpRequest request, Respond respond) {
    const std::lock_guard lock(mutex);
    parked.emplace_back(std::move(respond), std::string(request.query()));
  };
  start();
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < 100; ++i) {
    clients.push_back(std::make_unique<RawClient>(port_));
    clients.back()->send(get("/poll?" + std::to_string(i)));
  }
  const auto count = [&] {
    const std::lock_guard lock(mutex);
    return parked.size();
  };
  for (int i = 0; i < 500 && count() < 100; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  ASSERT_EQ(count(), 100u);
  std::vector<std::thread> threads;
  for (size_t t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (size_t i = t; i < 100; i += 4) {
        parked[i].first(HttpResponse{200, {}, parked[i].second, nullptr});
      }
    });
  }
  for (int i = 0; i < 100; ++i) EXPECT_EQ(clients[i]->receive().body, std::to_string(i));
  for (auto& thread : threads) thread.join();
}

TEST_F(HttpServerTest, a_dropped_request_is_answered_500) {
  handler_.routes["/drop"] = [](HttpRequest, Respond) {};
  handler_.routes["/throw"] = [](HttpRequest, Respond) { throw std::runtime_error("oops"); };
  std::optional<Respond> parked;
  Signal arrived;
  handler_.routes["/drop-later"] = [&](HttpRequest, Respond respond) {
    parked = std::move(respond);
    arrived.set();
  };
  start();
  RawClient client(port_);
  for (const char* path : {"/drop", "/throw"}) {
    client.send(get(path));
    EXPECT_EQ(client.receive().status(), 500);
  }
  client.send(get("/drop-later"));
  ASSERT_TRUE(arrived.wait());
  parked.reset();
  EXPECT_EQ(client.receive().body, "500: the request was not answered");
  client.send(get("/"));
  EXPECT_EQ(client.receive().status(), 200);
}

TEST_F(HttpServerTest, tells_when_the_client_of_a_parked_request_leaves) {
  std::optional<Respond> parked;
  Signal arrived, left;
  std::atomic<int> departures{0};
  handler_.routes["/poll"] = [&](HttpRequest, Respond respond) {
    respond.on_disconnect([&] {
      ++departures;
      left.set();
    });
    parked = std::move(respond);
    arrived.set();
  };
  start();
  RawClient client(port_);
  client.send(get("/poll"));
  ASSERT_TRUE(arrived.wait());
  EXPECT_EQ(departures, 0);
  client.close();
  ASSERT_TRUE(left.wait());
  Signal at_once;
  parked->on_disconnect([&] { at_once.set(); });
  EXPECT_TRUE(at_once.wait(0));
  (*parked)(HttpResponse{});  // to nobody
  RawClient other(port_);
  other.send(get("/"));
  EXPECT_EQ(other.receive().status(), 200);
  EXPECT_EQ(departures, 1);
}

TEST_F(HttpServerTest, an_answered_request_has_no_departure) {
  std::atomic<int> departures{0};
  handler_.routes["/"] = [&](HttpRequest, Respond respond) {
    respond.on_disconnect([&] { ++departures; });
    respond(HttpResponse{});
  };
  start();
  for (int i = 0; i < 20; ++i) {
    RawClient client(port_);
    client.send(get("/"));
    EXPECT_EQ(client.receive().status(), 200);
  }
  server_->stop(1000);
  EXPECT_EQ(departures, 0);
}

TEST_F(HttpServerTest, a_client_that_only_shut_its_sending_side_gets_its_answers) {
  start();
  RawClient client(port_);
  client.send(get("/") + get("/"));
  client.shut_sending();
  const std::string all = client.receive_all();
  EXPECT_NE(all.find("hello"), all.rfind("hello")) << all;
}

TEST_F(HttpServerTest, head_and_empty_statuses_have_no_body) {
  handler_.routes["/none"] = [](HttpRequest, Respond respond) {
    respond(HttpResponse{204, {}, "ignored", nullptr});
  };
  handler_.routes["/object"] = [](HttpRequest, Respond respond) {
    respond(HttpResponse{200, {{"Content-Length", "12345"}}, "", nullptr});
  };
  start();
  RawClient client(port_);
  client.send("HEAD / HTTP/1.1\r\n\r\n");
  const auto head = client.receive_head();
  EXPECT_TRUE(head.has("Content-Length: 5\r\n")) << head.head;
  client.send("HEAD /object HTTP/1.1\r\n\r\n");
  const auto object = client.receive_head();
  EXPECT_TRUE(object.has("Content-Length: 12345\r\n")) << object.head;
  client.send(get("/none"));
  const auto none = client.receive_head();
  EXPECT_EQ(none.status(), 204);
  EXPECT_FALSE(none.has("Content-Length"));
  client.send(get("/"));
  EXPECT_EQ(client.receive().body, "hello");
}

TEST_F(HttpServerTest, closes_where_the_client_or_the_handler_says_so) {
  handler_.routes["/close"] = [](HttpRequest, Respond respond) {
    respond(HttpResponse{200, {{"Connection", "close"}}, "bye", nullptr});
  };
  start();
  for (const std::string& request :
       {get("/", "Connection: close\r\n"), get("/close"), std::string("GET / HTTP/1.0\r\n\r\n")}) {
    RawClient client(port_);
    client.send(request);
    const auto answer = client.receive();
    EXPECT_TRUE(answer.has("\r\nConnection: close\r\n")) << answer.head;
    EXPECT_TRUE(client.closed_by_server());
  }
  RawClient old(port_);
  old.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_TRUE(old.receive().has("\r\nConnection: keep-alive\r\n"));
  old.send("GET / HTTP/1.0\r\n\r\n");
  EXPECT_EQ(old.receive().body, "hello");
}

TEST_F(HttpServerTest, a_field_of_an_answer_stays_one_line) {
  handler_.routes["/"] = [](HttpRequest, Respond respond) {
    respond(HttpResponse{200, {{"X-A", "1\r\nX-Evil: 2"}}, "", nullptr});
  };
  start();
  RawClient client(port_);
  client.send(get("/"));
  EXPECT_THAT(client.receive().head, HasSubstr("X-A: 1  X-Evil: 2\r\n"));
}

TEST_F(HttpServerTest, sends_large_answers_to_slow_readers) {
  const std::string large(8 * 1024 * 1024, 'x');
  handler_.routes["/large"] = [&](HttpRequest, Respond respond) {
    respond(HttpResponse{200, {}, large, nullptr});
  };
  start();
  RawClient client(port_);
  client.send(get("/large") + get("/large") + get("/"));
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  EXPECT_EQ(client.receive().body.size(), large.size());
  EXPECT_EQ(client.receive().body, large);
  EXPECT_EQ(client.receive().body, "hello");
}

TEST_F(HttpServerTest, serves_a_unix_socket_and_names_its_peer) {
  char folder[] = "/tmp/perdure-net-XXXXXX";
  ASSERT_NE(mkdtemp(folder), nullptr);
  const std::string path = std::string(folder) + "/s";
  std::optional<PeerCredentials> peer;
  std::string listener;
  handler_.routes["/who"] = [&](HttpRequest request, Respond respond) {
    peer = request.peer;
    listener = *request.listener;
    respond(HttpResponse{});
  };
  start();
  ASSERT_TRUE(server_->listen_unix(path));
  RawClient client(path);
  client.send(get("/who"));
  EXPECT_EQ(client.receive().status(), 200);
  ASSERT_TRUE(peer);
  EXPECT_EQ(peer->pid, getpid());
  EXPECT_EQ(peer->uid, getuid());
  EXPECT_EQ(listener, path);
  server_->stop(0);
  EXPECT_FALSE(file_exists(path));
  EXPECT_TRUE(remove_directory(folder));
}

// While the thread serves others, a request waits in its socket: that belongs to its age.
TEST_F(HttpServerTest, knows_how_long_a_request_may_have_waited) {
  Signal held, release;
  std::atomic<int64_t> age_ms{-1};
  handler_.routes["/hold"] = [&](HttpRequest, Respond respond) {
    held.set();
    release.wait();
    respond({});
  };
  handler_.routes["/age"] = [&](HttpRequest request, Respond respond) {
    age_ms = clock_.now_ms() - request.arrived_ms;
    respond({});
  };
  start();
  RawClient holder(port_), asker(port_);
  asker.send(get("/age"));
  asker.receive();
  EXPECT_GE(age_ms, 0);
  holder.send(get("/hold"));
  ASSERT_TRUE(held.wait());
  asker.send(get("/age"));
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  release.set();
  EXPECT_EQ(asker.receive().status(), 200);
  EXPECT_GE(age_ms, 100);
}

TEST_F(HttpServerTest, respond_works_without_a_connection) {
  std::vector<int> taken;
  const Respond respond = Respond::with([&](HttpResponse r) { taken.push_back(r.status); });
  respond(HttpResponse{201, {}, "", nullptr});
  respond(HttpResponse{202, {}, "", nullptr});
  EXPECT_EQ(taken, std::vector<int>{201});
}

}  // namespace
}  // namespace perdure
