// What the server refuses, cuts off or outlives: sizes, time, malformed input, shutdown.
#include <gmock/gmock.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "tests/base/net/net_fixture.h"

namespace perdure {
namespace {

using testing::HasSubstr;

class HttpServerLimitsTest : public NetFixture {
 protected:
  void expect_alive() {
    RawClient client(port_);
    client.send(get("/"));
    EXPECT_EQ(client.receive().body, "hello");
  }
};

TEST_F(HttpServerLimitsTest, a_declared_body_over_the_limit_is_refused_before_it_is_read) {
  start();
  RawClient client(port_);
  client.send("POST /x HTTP/1.1\r\nContent-Length: 1025\r\n\r\n");
  const auto answer = client.receive();
  EXPECT_EQ(answer.status(), 413);
  EXPECT_EQ(answer.body, "413: request body too large for /x");
  EXPECT_TRUE(answer.has("\r\nConnection: close\r\n"));
  expect_alive();
}

TEST_F(HttpServerLimitsTest, a_body_of_exactly_the_limit_is_taken) {
  start();
  RawClient client(port_);
  client.send(post("/", std::string(1024, 'x')));
  EXPECT_EQ(client.receive().status(), 200);
}

// A client that writes its whole body before it reads must not be met by a reset.
TEST_F(HttpServerLimitsTest, a_client_that_sends_on_still_reads_its_413) {
  start();
  for (int i = 0; i < 5; ++i) {
    RawClient client(port_);
    client.send("POST / HTTP/1.1\r\nContent-Length: 3000000\r\n\r\n");
    EXPECT_TRUE(client.send(std::string(3'000'000, 'x')));
    EXPECT_EQ(client.receive().status(), 413);
  }
}

TEST_F(HttpServerLimitsTest, a_chunked_body_over_the_limit_is_refused_while_it_comes) {
  start();
  RawClient client(port_);
  client.send("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n");
  for (int i = 0; i < 3; ++i) client.send("200\r\n" + std::string(0x200, 'x') + "\r\n");
  EXPECT_EQ(client.receive().status(), 413);
}

TEST_F(HttpServerLimitsTest, a_plan_may_refuse_by_the_head_alone) {
  handler_.plan = [](const RequestHead& head) {
    return BodyPlan{1 << 20, nullptr, HttpResponse{403, {}, "not " + head.method, nullptr}};
  };
  start();
  RawClient client(port_);
  client.send("POST / HTTP/1.1\r\nContent-Length: 100\r\n\r\n");
  const auto answer = client.receive();
  EXPECT_EQ(answer.status(), 403);
  EXPECT_EQ(answer.body, "not POST");
}

TEST_F(HttpServerLimitsTest, waits_with_the_body_until_100_continue) {
  start();
  RawClient client(port_);
  client.send("POST / HTTP/1.1\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(client.receive_head().head, "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("abc");
  EXPECT_EQ(client.receive().status(), 200);
  client.send("POST / HTTP/1.1\r\nContent-Length: 9999\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(client.receive().status(), 413);
}

TEST_F(HttpServerLimitsTest, a_head_over_the_limit_is_refused) {
  start();
  const std::string fields_of_9_kb = [] {
    std::string text;
    for (int i = 0; i < 90; ++i)
      text += "X-" + std::to_string(i) + ": " + std::string(95, 'v') + "\r\n";
    return text;
  }();
  for (const std::string& request : {get("/", "X: " + std::string(9000, 'v') + "\r\n"),
                                     get("/", fields_of_9_kb), get("/" + std::string(9000, 'p')),
                                     std::string(20'000, 'G'), "GET /" + std::string(9000, 'p')}) {
    RawClient client(port_);
    client.send(request);
    const auto answer = client.receive();
    EXPECT_TRUE(answer.status() == 431 || answer.status() == 400) << answer.head;
    EXPECT_TRUE(client.closed_by_server());
  }
  RawClient trickle(port_);
  trickle.send("GET / HTTP/1.1\r\n");
  for (int i = 0; i < 90 && trickle.send("X: " + std::string(95, 'v') + "\r\n"); ++i) {
    std::this_thread::sleep_for(std::chrono::microseconds(200));
  }
  EXPECT_EQ(trickle.receive().status(), 431);
  RawClient under(port_);
  under.send(get("/", "X: " + std::string(8000, 'v') + "\r\n"));
  EXPECT_EQ(under.receive().status(), 200);
}

TEST_F(HttpServerLimitsTest, malformed_requests_get_400_and_the_server_goes_on) {
  start();
  const std::string wrong[] = {
      "nonsense\r\n\r\n",
      "GET /\r\n\r\n",
      "GET / HTTP/2.0\r\n\r\n",
      "GET / HTTP/1.1\r\nNo colon\r\n\r\n",
      "GET / HTTP/1.1\r\nA: b\x01\r\n\r\n",
      "GET / HTTP/1.1\r\n: empty\r\n\r\n",
      "POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
      "POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
      "POST / HTTP/1.1\r\nContent-Length: 99999999999999999999999\r\n\r\n",
      "POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: "
      "chunked\r\n\r\n1\r\na\r\n0\r\n\r\n",
      "POST / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n",
      "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
      "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n",
      "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n",
      std::string("GET /\0 HTTP/1.1\r\n\r\n", 19),
      "\x16\x03\x01\x02\r\n\r\n",  // a TLS client
  };
  for (const auto& request : wrong) {
    RawClient client(port_);
    client.send(request);
    const auto answer = client.receive();
    EXPECT_EQ(answer.status(), 400) << request << answer.head;
    EXPECT_TRUE(client.closed_by_server());
  }
  expect_alive();
}

TEST_F(HttpServerLimitsTest, an_endless_chunk_line_or_trailer_is_refused) {
  start();
  const std::string head = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (const std::string& rest :
       {"1;" + std::string(100'000, 'x'), "0\r\nX: " + std::string(100'000, 'x')}) {
    RawClient client(port_);
    client.send(head + rest);
    EXPECT_GE(client.receive().status(), 400);
  }
  expect_alive();
}

TEST_F(HttpServerLimitsTest, truncated_requests_are_refused_or_dropped) {
  start();
  for (const std::string& request :
       {std::string("GET / HT"), std::string("POST / HTTP/1.1\r\nContent-Length: 10\r\n\r\nabc"),
        std::string("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab")}) {
    RawClient half_closed(port_);
    half_closed.send(request);
    half_closed.shut_sending();
    EXPECT_EQ(half_closed.receive().status(), 400);
    RawClient gone(port_);
    gone.send(request);
  }
  expect_alive();
}

TEST_F(HttpServerLimitsTest, slow_heads_are_answered_408) {
  options_.head_timeout_ms = 250;
  start();
  RawClient first(port_);
  first.send("GET / HTTP/1.1\r\n");
  EXPECT_EQ(first.receive().status(), 408);
  EXPECT_TRUE(first.closed_by_server());
  RawClient silent(port_);
  EXPECT_TRUE(silent.closed_by_server());
  RawClient second(port_);
  second.send(get("/") + "GET");
  EXPECT_EQ(second.receive().status(), 200);
  EXPECT_EQ(second.receive().status(), 408);
}

TEST_F(HttpServerLimitsTest, drops_of_a_head_do_not_extend_its_time) {
  options_.head_timeout_ms = 100;
  start();
  RawClient client(port_);
  const auto begin = std::chrono::steady_clock::now();
  std::atomic<bool> stop{false};
  std::thread slow([&] {
    client.send("GET / HTTP/1.1\r\n");
    while (!stop && client.send("X: 1\r\n"))
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
  });
  EXPECT_EQ(client.receive().status(), 408);
  stop = true;
  slow.join();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(3));
}

TEST_F(HttpServerLimitsTest, stalled_bodies_and_idle_connections_are_closed) {
  options_.body_stall_ms = 60;
  options_.idle_timeout_ms = 60;
  start();
  RawClient stalled(port_);
  stalled.send("POST / HTTP/1.1\r\nContent-Length: 10\r\n\r\nabc");
  EXPECT_EQ(stalled.receive().status(), 408);
  RawClient idle(port_);
  idle.send(get("/"));
  EXPECT_EQ(idle.receive().status(), 200);
  EXPECT_TRUE(idle.closed_by_server());
}

TEST_F(HttpServerLimitsTest, a_client_that_takes_nothing_is_cut_off) {
  options_.body_stall_ms = 60;
  const std::string large(32 * 1024 * 1024, 'x');
  handler_.routes["/large"] = [&](HttpRequest, Respond respond) {
    respond(HttpResponse{200, {}, large, nullptr});
  };
  start();
  RawClient client(port_);
  client.send(get("/large"));
  std::this_thread::sleep_for(std::chrono::milliseconds(600));
  EXPECT_LT(client.receive_all().size(), large.size());
}

TEST_F(HttpServerLimitsTest, parked_requests_have_no_timeout) {
  options_.head_timeout_ms = options_.body_stall_ms = options_.idle_timeout_ms = 200;
  std::optional<Respond> parked;
  Signal arrived;
  handler_.routes["/poll"] = [&](HttpRequest, Respond respond) {
    parked = std::move(respond);
    arrived.set();
  };
  start();
  RawClient client(port_);
  client.send(get("/poll"));
  ASSERT_TRUE(arrived.wait());
  std::this_thread::sleep_for(std::chrono::milliseconds(600));
  (*parked)(HttpResponse{200, {}, "now", nullptr});
  EXPECT_EQ(client.receive().body, "now");
}

TEST_F(HttpServerLimitsTest, stop_lets_running_requests_finish_and_closes_the_idle) {
  std::optional<Respond> parked;
  Signal arrived;
  handler_.routes["/poll"] = [&](HttpRequest, Respond respond) {
    parked = std::move(respond);
    arrived.set();
  };
  start();
  RawClient idle(port_), running(port_);
  idle.send(get("/"));
  idle.receive();
  running.send(get("/poll"));
  ASSERT_TRUE(arrived.wait());
  std::thread stopper([&] { server_->stop(5000); });
  EXPECT_TRUE(idle.closed_by_server());
  (*parked)(HttpResponse{200, {}, "done", nullptr});
  const auto answer = running.receive();
  EXPECT_EQ(answer.body, "done");
  EXPECT_TRUE(answer.has("\r\nConnection: close\r\n"));
  stopper.join();
}

TEST_F(HttpServerLimitsTest, stop_does_not_wait_past_its_limit_and_answers_may_come_after) {
  std::optional<Respond> parked;
  Signal arrived, left;
  handler_.routes["/poll"] = [&](HttpRequest, Respond respond) {
    respond.on_disconnect([&] { left.set(); });
    parked = std::move(respond);
    arrived.set();
  };
  start();
  RawClient client(port_);
  client.send(get("/poll"));
  ASSERT_TRUE(arrived.wait());
  const auto begin = std::chrono::steady_clock::now();
  server_->stop(50);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(3));
  EXPECT_TRUE(left.wait(0));
  EXPECT_TRUE(client.closed_by_server());
  server_.reset();
  (*parked)(HttpResponse{});
  parked.reset();
}

TEST_F(HttpServerLimitsTest, connections_past_the_limit_are_closed) {
  options_.max_connections = 2;
  start();
  RawClient one(port_), two(port_);
  for (RawClient* client : {&one, &two}) {
    client->send(get("/"));
    EXPECT_EQ(client->receive().status(), 200);
  }
  RawClient three(port_);
  EXPECT_TRUE(three.closed_by_server());
  one.send(get("/"));
  EXPECT_EQ(one.receive().status(), 200);
}

TEST_F(HttpServerLimitsTest, connections_past_the_limit_of_an_address_are_closed) {
  options_.max_connections_per_address = 2;
  start();
  RawClient one(port_);
  {
    RawClient two(port_);
    for (RawClient* client : {&one, &two}) {
      client->send(get("/"));
      EXPECT_EQ(client->receive().status(), 200);
    }
    RawClient three(port_);
    EXPECT_TRUE(three.closed_by_server());
  }
  // The server learns of the departure on its own thread: until then there is no room.
  for (int i = 0; i < 500; ++i) {
    RawClient four(port_);
    if (four.send(get("/", "Connection: close\r\n")) &&
        four.receive_all().starts_with("HTTP/1.1 200"))
      return;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  FAIL() << "the address stays full";
}

TEST_F(HttpServerLimitsTest, bodies_in_memory_are_bounded_until_they_are_answered) {
  options_.bodies_limit_bytes = 3'000;
  handler_.plan = [](const RequestHead&) { return BodyPlan{1 << 20, nullptr, std::nullopt}; };
  std::optional<Respond> parked;
  Signal has_parked;
  handler_.routes["/park"] = [&](HttpRequest, Respond respond) {
    parked = std::move(respond);
    has_parked.set();
  };
  start();
  RawClient first(port_);
  first.send(post("/park", std::string(2'000, 'x')));
  ASSERT_TRUE(has_parked.wait());
  RawClient second(port_);
  second.send(post("/", std::string(2'000, 'x')));
  EXPECT_EQ(second.receive().status(), 503);
  expect_alive();
  (*parked)(HttpResponse{});
  EXPECT_EQ(first.receive().status(), 200);
  RawClient third(port_);
  third.send(post("/", std::string(2'000, 'x')));
  EXPECT_EQ(third.receive().status(), 200);
}

TEST_F(HttpServerLimitsTest, a_body_that_breaks_off_makes_room) {
  options_.bodies_limit_bytes = 3'000;
  handler_.plan = [](const RequestHead&) { return BodyPlan{1 << 20, nullptr, std::nullopt}; };
  start();
  for (int i = 0; i < 5; ++i) {
    RawClient client(port_);
    client.send("POST / HTTP/1.1\r\nContent-Length: 3000\r\n\r\n" + std::string(2'000, 'x'));
    client.shut_sending();
    EXPECT_EQ(client.receive().status(), 400);
  }
}

// Whoever is told to come back later is told so when his turn comes; others are served meanwhile.
TEST_F(HttpServerLimitsTest, refusals_wait_for_their_turn) {
  options_.refusals_per_s = 200;
  handler_.routes["/later"] = [](HttpRequest, Respond respond) {
    HttpResponse refused;
    refused.status = 429;
    refused.headers = {{"Retry-After", "1"}};
    respond(std::move(refused));
  };
  start();
  std::vector<std::unique_ptr<RawClient>> refused;
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < 40; ++i) {
    refused.push_back(std::make_unique<RawClient>(port_));
    refused.back()->send(get("/") + get("/later") + get("/"));
    EXPECT_EQ(refused.back()->receive().status(), 200);
  }
  expect_alive();
  const auto alive = std::chrono::steady_clock::now() - begin;
  for (const auto& client : refused) {
    EXPECT_EQ(client->receive().status(), 429);
    EXPECT_EQ(client->receive().status(), 200);
  }
  const auto all = std::chrono::steady_clock::now() - begin;
  EXPECT_GE(all, std::chrono::milliseconds(90));
  EXPECT_LT(alive, all);
}

TEST_F(HttpServerLimitsTest, a_client_that_leaves_before_its_refusal_is_forgotten) {
  options_.refusals_per_s = 1;
  handler_.routes["/later"] = [](HttpRequest, Respond respond) {
    HttpResponse refused;
    refused.status = 429;
    refused.headers = {{"Retry-After", "1"}};
    respond(std::move(refused));
  };
  start();
  RawClient first(port_), second(port_);
  for (RawClient* client : {&first, &second}) {
    client->send(get("/later"));
    client->shut_sending();
  }
  expect_alive();
  EXPECT_EQ(first.receive().status(), 429);
  EXPECT_EQ(second.receive().status(), 429);
}

// What a client sends although it has no answer yet is as old as it is.
TEST_F(HttpServerLimitsTest, requests_grow_old_behind_a_refusal) {
  options_.refusals_per_s = 100;
  handler_.routes["/later"] = [](HttpRequest, Respond respond) {
    HttpResponse refused;
    refused.status = 429;
    refused.headers = {{"Retry-After", "1"}};
    respond(std::move(refused));
  };
  std::mutex mutex;
  int64_t oldest_ms = 0;
  handler_.routes["/age"] = [&](HttpRequest request, Respond respond) {
    const std::lock_guard lock(mutex);
    oldest_ms = std::max(oldest_ms, SystemClock().now_ms() - request.arrived_ms);
    respond(HttpResponse{});
  };
  start();
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < 20; ++i) {
    clients.push_back(std::make_unique<RawClient>(port_));
    clients.back()->send(get("/later") + get("/age"));
  }
  for (const auto& client : clients) {
    EXPECT_EQ(client->receive().status(), 429);
    EXPECT_EQ(client->receive().status(), 200);
  }
  const auto take_oldest_ms = [&] {
    const std::lock_guard lock(mutex);
    return std::exchange(oldest_ms, 0);
  };
  EXPECT_GE(take_oldest_ms(), 30);
  clients.front()->send(get("/age"));  // a later one is young again
  EXPECT_EQ(clients.front()->receive().status(), 200);
  EXPECT_LT(take_oldest_ms(), 1'000);
}

TEST_F(HttpServerLimitsTest, listens_on_loopback_only) {
  start();
  for (const char* host : {"0.0.0.0", "10.0.0.1", "::", "8.8.8.8"}) {
    const auto port = server_->listen_tcp(host, 0);
    ASSERT_FALSE(port) << host;
    EXPECT_EQ(port.error().kind, ErrorKind::denied);
    EXPECT_THAT(port.error().cause, HasSubstr("only loopback"));
  }
  EXPECT_EQ(server_->listen_tcp("example.com", 0).error().kind, ErrorKind::invalid);
  EXPECT_TRUE(server_->listen_tcp("localhost", 0));
  EXPECT_TRUE(server_->listen_tcp("127.1.2.3", 0));
  EXPECT_EQ(server_->listen_tcp("127.0.0.1", port_).error().kind, ErrorKind::conflict);
}

}  // namespace
}  // namespace perdure
