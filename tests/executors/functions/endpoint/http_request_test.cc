#include "executors/functions/endpoint/http_request.h"

#include <gtest/gtest.h>

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
        std::string("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"),
        std::string("GET / HTTP/1.1\r\nno colon\r\n\r\n"), std::string(20'000, 'a')}) {
    HttpRequestReader reader(100);
    reader.push(bytes);
    EXPECT_FALSE(reader.next()) << bytes.substr(0, 60);
  }
}

}  // namespace
}  // namespace perdure::executors
