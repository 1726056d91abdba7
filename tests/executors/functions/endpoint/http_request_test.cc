#include "executors/functions/endpoint/http_request.h"

#include <gtest/gtest.h>

#include <chrono>

namespace perdure::executors {
namespace {

const std::string post =
    "POST /a/b HTTP/1.1\r\nContent-Length: 5\r\nPerdure-Worker:  w1 \r\n\r\nhello";
const std::string get = "GET /next HTTP/1.1\r\nHost: x\r\n\r\n";

TEST(HttpRequestReaderTest, ReadsRequestsThatFollowEachOtherInAnyPieces) {
  std::string bytes = post + get + post;
  for (size_t piece : {size_t{1}, size_t{10}, bytes.size()}) {
    HttpRequestReader reader(100);
    std::vector<HttpRequest> read;
    for (size_t at = 0; at < bytes.size(); at += piece) {
      reader.push(std::string_view(bytes).substr(at, piece));
      for (;;) {
        auto next = reader.next();
        ASSERT_TRUE(next);
        if (!*next) break;
        read.push_back(std::move(**next));
      }
    }
    ASSERT_EQ(read.size(), 3u) << "pieces of " << piece;
    EXPECT_EQ(read[0].method, "POST");
    EXPECT_EQ(read[0].path, "/a/b");
    EXPECT_EQ(read[0].header("perdure-worker"), "w1");
    EXPECT_EQ(read[0].body, "hello");
    EXPECT_EQ(read[1].method, "GET");
    EXPECT_EQ(read[1].body, "");
    EXPECT_EQ(read[2].body, "hello");
  }
}

TEST(HttpRequestReaderTest, ABodyOverTheLimitIsThrownAwayAndTheNextRequestIsRead) {
  HttpRequestReader reader(4);
  reader.push(post + get);
  auto large = reader.next();
  ASSERT_TRUE(large && *large);
  EXPECT_TRUE((*large)->too_large);
  EXPECT_EQ((*large)->body, "");
  EXPECT_EQ((*reader.next())->path, "/next");
}

TEST(HttpRequestReaderTest, RefusesWhatItCannotRead) {
  for (std::string bytes :
       {std::string("nonsense\r\n\r\n"), std::string("GET / SMTP\r\n\r\n"),
        std::string("POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n"),
        std::string("GET / HTTP/1.1\r\nno colon\r\n\r\n"), std::string(200'000, 'a')}) {
    HttpRequestReader reader(100);
    reader.push(bytes);
    EXPECT_FALSE(reader.next()) << bytes.substr(0, 60);
  }
}

TEST(HttpRequestReaderTest, ReadsBodiesInChunksWithTrailers) {
  const std::string chunked =
      "POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
      "5;name=value\r\nhello\r\nA\r\n0123456789\r\n0\r\nError-Type: Some.Thing\r\n\r\n";
  const std::string bytes = chunked + get;
  for (size_t piece : {size_t{1}, size_t{7}, bytes.size()}) {
    HttpRequestReader reader(100);
    std::vector<HttpRequest> read;
    for (size_t at = 0; at < bytes.size(); at += piece) {
      reader.push(std::string_view(bytes).substr(at, piece));
      while (auto next = *reader.next()) read.push_back(std::move(*next));
    }
    ASSERT_EQ(read.size(), 2u) << "pieces of " << piece;
    EXPECT_EQ(read[0].body, "hello0123456789");
    EXPECT_EQ(read[0].trailer("error-type"), "Some.Thing");
    EXPECT_EQ(read[1].method, "GET");
    EXPECT_EQ(reader.consumed(), bytes.size());
    EXPECT_EQ(reader.unfinished(), nullptr);
  }
}

TEST(HttpRequestReaderTest, ABodyMayBeTakenWhileItComes) {
  HttpRequestReader reader(4);
  reader.push("POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nabcd\r\n");
  ASSERT_FALSE(*reader.next());
  ASSERT_NE(reader.unfinished(), nullptr);
  EXPECT_EQ(std::exchange(reader.unfinished()->body, {}), "abcd");
  reader.push("4\r\nefgh\r\n0\r\n\r\n");
  auto done = *reader.next();
  ASSERT_TRUE(done);
  EXPECT_EQ(done->body, "efgh");
  EXPECT_FALSE(done->too_large) << "what was taken does not count";
}

TEST(HttpRequestReaderTest, ChunksOverTheLimitAreThrownAway) {
  HttpRequestReader reader(4);
  reader.push(
      "POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n1\r\nf\r\n"
      "0\r\n\r\n" +
      get);
  auto large = *reader.next();
  ASSERT_TRUE(large);
  EXPECT_TRUE(large->too_large);
  EXPECT_EQ(large->body, "");
  EXPECT_TRUE((*reader.next()).has_value());
}

// A quarter of a million pieces in one buffer: a copy of the rest for each would take a minute.
TEST(HttpRequestReaderTest, ManySmallPiecesAreReadInOneGo) {
  std::string bytes = "POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (int i = 0; i < 250'000; ++i) bytes += "1\r\na\r\n";
  bytes += "0\r\n\r\n";
  HttpRequestReader reader(1 << 20);
  reader.push(bytes);
  const auto request = *reader.next();
  ASSERT_TRUE(request);
  EXPECT_EQ(request->body.size(), 250'000u);
}

TEST(HttpRequestReaderTest, BrokenChunksAndAmbiguousLengthsEndTheConnection) {
  const std::string head = "POST /a HTTP/1.1\r\n";
  for (const std::string& broken :
       {head + "Transfer-Encoding: chunked\r\n\r\nxyz\r\n",
        head + "Transfer-Encoding: chunked\r\n\r\n2\r\nabcd\r\n",
        head + "Transfer-Encoding: chunked\r\n\r\n-1\r\n", head + "Transfer-Encoding: gzip\r\n\r\n",
        head + "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n",
        head + "Content-Length: 3x\r\n\r\n"}) {
    HttpRequestReader reader(100);
    reader.push(broken);
    EXPECT_FALSE(reader.next()) << broken;
  }
}

}  // namespace
}  // namespace perdure::executors
