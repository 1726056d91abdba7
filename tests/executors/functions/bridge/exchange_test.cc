#include <gtest/gtest.h>

#include "executors/functions/bridge/relay.h"

namespace perdure::executors::bridge {
namespace {

const std::string next = "GET /next HTTP/1.1\r\nHost: x\r\n\r\n";
const std::string post = "POST /answer HTTP/1.1\r\nContent-Length: 2\r\n\r\nhi";
const std::string event = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\none";
const std::string accepted =
    "HTTP/1.1 202 Accepted\r\nContent-Type: application/json\r\nContent-Length: 15\r\n\r\n"
    R"({"status":"OK"})";
const std::string refused = "HTTP/1.1 400 Bad Request\r\nContent-Length: 4\r\n\r\nwhat";

// What it has for one of its sides, taken as if it were sent.
std::string sent(std::string& bytes) { return std::exchange(bytes, {}); }

TEST(ExchangeTest, CarriesBothWaysInAnyPieces) {
  Exchange exchange;
  for (char c : next + post) exchange.from_worker({&c, 1});
  EXPECT_EQ(sent(exchange.to_engine), next + post);
  for (char c : event + accepted) exchange.from_engine({&c, 1});
  EXPECT_EQ(sent(exchange.to_worker), event + accepted);
  EXPECT_TRUE(exchange.lost_engine());
  EXPECT_EQ(exchange.to_engine, "") << "everything has its answer";
}

TEST(ExchangeTest, WhatWasNotAnsweredIsToldToTheNextEngine) {
  Exchange exchange;
  exchange.from_worker(next + post + "POST /half");
  exchange.from_engine(event);
  sent(exchange.to_engine);
  sent(exchange.to_worker);
  ASSERT_TRUE(exchange.lost_engine());
  EXPECT_EQ(sent(exchange.to_engine), post + "POST /half");
  exchange.from_worker(" HTTP/1.1\r\n\r\n");
  EXPECT_EQ(sent(exchange.to_engine), " HTTP/1.1\r\n\r\n");
  ASSERT_TRUE(exchange.lost_engine());
  EXPECT_EQ(sent(exchange.to_engine), post + "POST /half HTTP/1.1\r\n\r\n");
  exchange.from_engine(accepted + refused);
  EXPECT_EQ(sent(exchange.to_worker), accepted + refused);
}

TEST(ExchangeTest, AnAnswerThatTheLastEngineTookIsSettled) {
  Exchange exchange;
  exchange.from_worker(post);
  ASSERT_TRUE(exchange.lost_engine());
  exchange.from_engine(refused);
  EXPECT_EQ(sent(exchange.to_worker), accepted);
  exchange.from_worker(post);
  exchange.from_engine(refused);
  EXPECT_EQ(sent(exchange.to_worker), refused) << "the first time it is as the engine says";
}

TEST(ExchangeTest, WhatCannotBeToldAgainEndsTheConnection) {
  Exchange half_an_answer;
  half_an_answer.from_worker(next);
  half_an_answer.from_engine(event.substr(0, event.size() - 1));
  EXPECT_FALSE(half_an_answer.lost_engine());

  Exchange too_much;
  too_much.from_worker("POST /x HTTP/1.1\r\nContent-Length: 100000000\r\n\r\n");
  for (int i = 0; i < 10; ++i) too_much.from_worker(std::string(1 << 20, 'x'));
  EXPECT_FALSE(too_much.lost_engine());

  Exchange no_http;
  no_http.from_worker("hello\r\n\r\n");
  EXPECT_EQ(no_http.to_engine, "hello\r\n\r\n") << "the engine says what is wrong";
  EXPECT_FALSE(no_http.lost_engine());

  Exchange asked_for_the_end;
  asked_for_the_end.from_worker("GET / HTTP/1.1\r\nConnection: close\r\n\r\n");
  asked_for_the_end.from_engine(event);
  EXPECT_FALSE(asked_for_the_end.lost_engine());
}

TEST(ExchangeTest, ALargeRequestIsForgottenOnceItIsAnswered) {
  Exchange exchange;
  exchange.from_worker("POST /x HTTP/1.1\r\nContent-Length: 10485760\r\n\r\n");
  for (int i = 0; i < 10; ++i) exchange.from_worker(std::string(1 << 20, 'x'));
  exchange.from_engine("HTTP/1.1 100 Continue\r\n\r\n" + accepted);
  exchange.from_worker(next);
  sent(exchange.to_engine);
  ASSERT_TRUE(exchange.lost_engine());
  EXPECT_EQ(exchange.to_engine, next);
}

}  // namespace
}  // namespace perdure::executors::bridge
