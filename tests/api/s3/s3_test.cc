// S3 through the router: what is asked by the wire and what comes back.
#include "api/s3/s3.h"

#include <gtest/gtest.h>

#include "base/checksum.h"
#include "base/hash.h"
#include "tests/api/wire.h"
#include "tests/engine/support/instant_objects.h"

namespace perdure::api {
namespace {

class AtOnce final : public Runner {
 public:
  void post(Work work) override { work(); }
  void run_at(int64_t, Work) override {}
};

std::string base64_of(const char* algorithm, std::string_view text) {
  const auto checksum = make_checksum(algorithm);
  checksum->update(text);
  return base64_encode(checksum->finish());
}

class S3Test : public testing::Test {
 protected:
  S3Test() {
    service_ = s3_service({objects_, clock_, {&runner_}});
    operations_ = service_.operations;
    wire_.router.add(service_);
    wire_.router.set_buckets(
        [this](const std::string& name) { return objects_.find_bucket({}, name).has_value(); });
    EXPECT_EQ(send("PUT", "/bucket").status, 200);
  }

  HttpResponse send(std::string method, std::string target, std::string body = "",
                    HttpHeaders headers = {}, std::string account = "000000000000") {
    headers.add("Authorization", "AWS4-HMAC-SHA256 Credential=" + account +
                                     "/20261121/us-east-1/s3/aws4_request, SignedHeaders=host");
    return deliver(std::move(method), std::move(target), std::move(body), std::move(headers));
  }
  HttpResponse deliver(std::string method, std::string target, std::string body,
                       HttpHeaders headers) {
    HttpRequest request;
    request.method = std::move(method);
    request.target = std::move(target);
    request.headers = std::move(headers);
    if (!request.headers.find("host")) request.headers.add("Host", "localhost:4566");
    if (!body.empty()) {
      BodyPlan plan = wire_.router.plan_body(request);
      if (plan.sink) {
        for (size_t at = 0; at < body.size(); at += 1000) {
          EXPECT_TRUE(plan.sink->write(std::string_view(body).substr(at, 1000)));
        }
        request.sink = std::move(plan.sink);
      } else {
        request.body = std::move(body);
      }
    }
    std::optional<HttpResponse> answer;
    wire_.router.handle(std::move(request),
                        Respond::with([&](HttpResponse r) { answer = std::move(r); }));
    return std::move(answer.value());
  }
  HttpResponse put(const std::string& key, const std::string& text, HttpHeaders headers = {}) {
    return send("PUT", "/bucket/" + key, text, std::move(headers));
  }
  std::string code(const HttpResponse& response) {
    const size_t at = response.body.find("<Code>") + 6;
    return std::to_string(response.status) + " " +
           response.body.substr(at, response.body.find("</Code>") - at);
  }
  static std::string element(const std::string& xml, const std::string& name) {
    const size_t at = xml.find("<" + name + ">");
    if (at == xml.npos) return "none";
    const size_t begin = at + name.size() + 2;
    return xml.substr(begin, xml.find("</" + name + ">") - begin);
  }
  static int count(const std::string& text, const std::string& what) {
    int found = 0;
    for (size_t at = text.find(what); at != text.npos; at = text.find(what, at + 1)) ++found;
    return found;
  }
  // As a caller within the process.
  Result<Answer> call(const std::string& name, Json input) {
    auto call = std::make_shared<Call>();
    call->json = std::move(input);
    std::optional<Result<Answer>> answer;
    for (const Operation& operation : operations_) {
      if (operation.name == name) operation.handler(call, [&](auto a) { answer = std::move(a); });
    }
    return std::move(answer.value());
  }

  SystemClock clock_;
  AtOnce runner_;
  engine::InstantObjects instant_{clock_};
  engine::Objects& objects_ = instant_.objects;
  Service service_;
  std::vector<Operation> operations_;
  Wire wire_;
};

TEST_F(S3Test, Buckets) {
  EXPECT_EQ(send("PUT", "/bucket").status, 200);  // again, in the classic region
  EXPECT_EQ(code(send("PUT", "/bucket", "", {}, "111111111111")), "409 BucketAlreadyExists");
  EXPECT_EQ(code(send("PUT", "/Wrong_Name")), "400 InvalidBucketName");
  const std::string settings =
      "<CreateBucketConfiguration><LocationConstraint>eu-west-1</LocationConstraint>"
      "</CreateBucketConfiguration>";
  EXPECT_EQ(send("PUT", "/second", settings).status, 200);
  EXPECT_EQ(code(send("PUT", "/second", settings)), "409 BucketAlreadyOwnedByYou");
  EXPECT_NE(send("GET", "/second?location").body.find(">eu-west-1</LocationConstraint>"),
            std::string::npos);
  EXPECT_EQ(send("HEAD", "/second").headers.get("x-amz-bucket-region"), "eu-west-1");
  EXPECT_EQ(count(send("GET", "/").body, "<Bucket>"), 2);
  EXPECT_EQ(send("HEAD", "/none").status, 404);
  EXPECT_EQ(code(send("GET", "/bucket", "", {}, "111111111111")), "403 AccessDenied");
  put("k", "x");
  EXPECT_EQ(code(send("DELETE", "/bucket")), "409 BucketNotEmpty");
  EXPECT_EQ(send("DELETE", "/bucket/k").status, 204);
  EXPECT_EQ(send("DELETE", "/bucket").status, 204);
  EXPECT_EQ(element(send("GET", "/bucket").body, "BucketName"), "bucket");
}

TEST_F(S3Test, AnObjectComesBackAsItWasPut) {
  const auto stored = put("a/b%20c", "hello world",
                          {{"Content-Type", "text/x"},
                           {"x-amz-meta-Colour", "red"},
                           {"Content-Encoding", "aws-chunked,gzip"},
                           {"x-amz-tagging", "a=1&b=2"}});
  EXPECT_EQ(stored.status, 200);
  EXPECT_EQ(stored.headers.get("etag"), "\"" + *digest_hex("MD5", "hello world") + "\"");
  EXPECT_EQ(stored.headers.get("x-amz-checksum-crc64nvme"), base64_of("CRC64NVME", "hello world"));
  const auto got = send("GET", "/bucket/a/b%20c", "", {{"x-amz-checksum-mode", "ENABLED"}});
  EXPECT_EQ(got.body, "hello world");
  EXPECT_EQ(got.headers.get("content-type"), "text/x");
  EXPECT_EQ(got.headers.get("content-encoding"), "gzip");
  EXPECT_EQ(got.headers.get("x-amz-meta-colour"), "red");
  EXPECT_EQ(got.headers.get("x-amz-tagging-count"), "2");
  EXPECT_EQ(got.headers.get("x-amz-checksum-crc64nvme"), base64_of("CRC64NVME", "hello world"));
  const auto head = send("HEAD", "/bucket/a/b%20c");
  EXPECT_EQ(head.headers.get("content-length"), "11");
  EXPECT_FALSE(head.headers.find("x-amz-checksum-crc64nvme"));
  const auto named = send("GET", "/bucket/a/b%20c?response-content-type=x%2Fy");
  EXPECT_EQ(named.headers.get("content-type"), "x/y");
  EXPECT_EQ(element(send("GET", "/bucket/none").body, "Key"), "none");
  EXPECT_EQ(code(send("GET", "/bucket/none")), "404 NoSuchKey");
}

TEST_F(S3Test, RangesAndConditions) {
  put("k", "0123456789");
  const auto range = [&](const char* text) {
    const auto response = send("GET", "/bucket/k", "", {{"Range", text}});
    return std::to_string(response.status) + " " + response.body;
  };
  EXPECT_EQ(range("bytes=2-4"), "206 234");
  EXPECT_EQ(range("bytes=7-"), "206 789");
  EXPECT_EQ(range("bytes=-3"), "206 789");
  EXPECT_EQ(range("bytes=5-99"), "206 56789");
  EXPECT_EQ(range("bytes=4-2"), "200 0123456789");
  EXPECT_EQ(range("lines=1-2"), "200 0123456789");
  EXPECT_EQ(range("bytes=10-").substr(0, 3), "416");
  EXPECT_EQ(send("GET", "/bucket/k", "", {{"Range", "bytes=2-4"}}).headers.get("content-range"),
            "bytes 2-4/10");
  const std::string etag(send("HEAD", "/bucket/k").headers.get("etag"));
  const auto with = [&](const char* name, const std::string& value) {
    return send("GET", "/bucket/k", "", {{name, value}}).status;
  };
  EXPECT_EQ(with("If-Match", etag), 200);
  EXPECT_EQ(with("If-Match", "\"other\""), 412);
  EXPECT_EQ(with("If-None-Match", etag), 304);
  EXPECT_EQ(with("If-None-Match", "\"other\""), 200);
  EXPECT_EQ(with("If-Modified-Since", "Fri, 01 Jan 2100 00:00:00 GMT"), 304);
  EXPECT_EQ(with("If-Unmodified-Since", "Thu, 01 Jan 1970 00:00:01 GMT"), 412);
  EXPECT_EQ(put("k", "x", {{"If-None-Match", "*"}}).status, 412);
  EXPECT_EQ(put("k", "x", {{"If-Match", "\"other\""}}).status, 412);
  EXPECT_EQ(put("k", "x", {{"If-Match", etag}}).status, 200);
}

TEST_F(S3Test, AContentThatIsNotWhatTheClientSaysIsRefused) {
  EXPECT_EQ(put("k", "text", {{"x-amz-checksum-sha1", base64_of("SHA1", "text")}}).status, 200);
  EXPECT_EQ(code(put("k", "text", {{"x-amz-checksum-crc32", "AAAAAA=="}})), "400 BadDigest");
  EXPECT_EQ(code(put("k", "text", {{"Content-MD5", base64_of("MD5", "other")}})), "400 BadDigest");
  EXPECT_EQ(code(put("k", "text", {{"Content-MD5", "AAAA"}})), "400 InvalidDigest");
  EXPECT_EQ(code(put("k", "text", {{"x-amz-content-sha256", std::string(64, '0')}})),
            "400 XAmzContentSHA256Mismatch");
  EXPECT_EQ(send("GET", "/bucket/k").body, "text");
  EXPECT_EQ(code(send("PUT", "/none/k", "text")), "404 NoSuchBucket");
}

TEST_F(S3Test, ContentInChunksWithATrailer) {
  const auto chunked = [&](const std::string& value, const char* length = "9") {
    return put("k", "4\r\nwiki\r\n5\r\npedia\r\n0\r\nx-amz-checksum-crc32:" + value + "\r\n\r\n",
               {{"x-amz-content-sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"},
                {"x-amz-decoded-content-length", length},
                {"x-amz-trailer", "x-amz-checksum-crc32"}});
  };
  EXPECT_EQ(chunked(base64_of("CRC32", "wikipedia")).status, 200);
  EXPECT_EQ(send("GET", "/bucket/k").body, "wikipedia");
  EXPECT_EQ(code(chunked(base64_of("CRC32", "other"))), "400 BadDigest");
  EXPECT_EQ(code(chunked(base64_of("CRC32", "wikipedia"), "8")), "400 IncompleteBody");
  EXPECT_EQ(
      code(put("k", "4\r\nwi", {{"x-amz-content-sha256", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"}})),
      "400 IncompleteBody");
}

TEST_F(S3Test, Lists) {
  for (const char* key : {"a", "b/1", "b/2", "c%3Cd"}) put(key, "x");
  const auto all = send("GET", "/bucket?list-type=2&max-keys=2&delimiter=%2F");
  EXPECT_EQ(element(all.body, "KeyCount"), "2");
  EXPECT_EQ(element(all.body, "CommonPrefixes"), "<Prefix>b/</Prefix>");
  EXPECT_EQ(element(all.body, "IsTruncated"), "true");
  const auto rest = send("GET", "/bucket?list-type=2&delimiter=%2F&continuation-token=" +
                                    element(all.body, "NextContinuationToken"));
  EXPECT_EQ(element(rest.body, "Key"), "c&lt;d");
  EXPECT_EQ(count(rest.body, "<Contents>"), 1);
  EXPECT_EQ(element(send("GET", "/bucket?list-type=2&prefix=c&encoding-type=url").body, "Key"),
            "c%3Cd");
  const auto old = send("GET", "/bucket?max-keys=2&delimiter=%2F");
  EXPECT_EQ(element(old.body, "NextMarker"), "b/");
  EXPECT_EQ(count(send("GET", "/bucket?marker=b/1").body, "<Contents>"), 2);
  EXPECT_EQ(count(send("GET", "/bucket?versions").body, "<Version>"), 4);
  EXPECT_EQ(code(send("GET", "/bucket?list-type=2&max-keys=-1")), "400 InvalidArgument");
  EXPECT_EQ(code(send("GET", "/bucket?list-type=2&continuation-token=%21")), "400 InvalidArgument");
}

TEST_F(S3Test, DeletesMany) {
  put("a", "x");
  put("b", "x");
  const auto deleted = send("POST", "/bucket?delete",
                            "<Delete><Object><Key>a</Key></Object><Object><Key>none</Key></Object>"
                            "</Delete>");
  EXPECT_EQ(count(deleted.body, "<Deleted>"), 2);
  EXPECT_EQ(count(send("GET", "/bucket").body, "<Contents>"), 1);
  EXPECT_EQ(code(send("POST", "/bucket?delete", "<Delete>")), "400 MalformedXML");
  EXPECT_EQ(code(send("POST", "/bucket?delete")), "400 MalformedXML");
}

TEST_F(S3Test, Copies) {
  put("a", "text", {{"Content-Type", "text/x"}, {"x-amz-tagging", "t=1"}});
  const auto copy = [&](HttpHeaders headers) {
    return send("PUT", "/bucket/copy", "", std::move(headers));
  };
  EXPECT_EQ(copy({{"x-amz-copy-source", "/bucket/a"}}).status, 200);
  EXPECT_EQ(send("HEAD", "/bucket/copy").headers.get("content-type"), "text/x");
  EXPECT_EQ(copy({{"x-amz-copy-source", "bucket/a"},
                  {"x-amz-metadata-directive", "REPLACE"},
                  {"Content-Type", "text/y"}})
                .status,
            200);
  const auto head = send("HEAD", "/bucket/copy");
  EXPECT_EQ(head.headers.get("content-type"), "text/y");
  EXPECT_EQ(head.headers.get("x-amz-tagging-count"), "1");
  EXPECT_EQ(code(copy({{"x-amz-copy-source", "bucket/none"}})), "404 NoSuchKey");
  EXPECT_EQ(code(copy({{"x-amz-copy-source", "nothing"}})), "400 InvalidArgument");
  EXPECT_EQ(code(copy({{"x-amz-copy-source", "bucket/copy"}})), "400 InvalidRequest");
  EXPECT_EQ(
      code(copy({{"x-amz-copy-source", "bucket/a"}, {"x-amz-copy-source-if-match", "\"other\""}})),
      "412 PreconditionFailed");
}

TEST_F(S3Test, UploadsInParts) {
  const std::string id =
      element(send("POST", "/bucket/k?uploads", "", {{"x-amz-checksum-algorithm", "CRC32"}}).body,
              "UploadId");
  const std::string first(5 << 20, 'a'), second = "the end";
  const std::string at = "/bucket/k?uploadId=" + id;
  const auto part = [&](int number, const std::string& text) {
    return std::string(send("PUT", at + "&partNumber=" + std::to_string(number), text,
                            {{"x-amz-sdk-checksum-algorithm", "CRC32"}})
                           .headers.get("etag"));
  };
  const std::string one = part(1, first), two = part(2, second);
  EXPECT_EQ(count(send("GET", at).body, "<Part>"), 2);
  EXPECT_EQ(count(send("GET", "/bucket?uploads").body, "<Upload>"), 1);
  const auto complete = [&](const std::string& parts) {
    return send("POST", at, "<CompleteMultipartUpload>" + parts + "</CompleteMultipartUpload>");
  };
  const auto named = [](const std::string& number, const std::string& etag) {
    return "<Part><PartNumber>" + number + "</PartNumber><ETag>" + etag + "</ETag></Part>";
  };
  EXPECT_EQ(code(complete(named("2", two) + named("1", one))), "400 InvalidPartOrder");
  EXPECT_EQ(code(complete(named("1", two))), "400 InvalidPart");
  EXPECT_EQ(code(complete(named("3", one))), "400 InvalidPart");
  part(3, "small");
  EXPECT_EQ(code(complete(named("2", two) + named("3", part(3, "small")))), "400 EntityTooSmall");
  const auto done = complete(named("1", one) + named("2", two));
  EXPECT_EQ(done.status, 200);
  EXPECT_TRUE(element(done.body, "ETag").ends_with("-2&quot;"));
  EXPECT_TRUE(element(done.body, "ChecksumCRC32").ends_with("-2"));
  const auto tail = send("GET", "/bucket/k", "", {{"Range", "bytes=-10"}});
  EXPECT_EQ(tail.body, "aaa" + second);
  EXPECT_EQ(send("GET", "/bucket/k?partNumber=2").body, second);
  EXPECT_EQ(code(complete(named("1", one))), "404 NoSuchUpload");
  // A copy is an object like any other.
  send("PUT", "/bucket/copy", "", {{"x-amz-copy-source", "bucket/k"}});
  EXPECT_EQ(send("HEAD", "/bucket/copy").headers.get("etag"),
            "\"" + *digest_hex("MD5", first + second) + "\"");
  const std::string other = element(send("POST", "/bucket/k?uploads").body, "UploadId");
  EXPECT_EQ(send("DELETE", "/bucket/k?uploadId=" + other).status, 204);
  EXPECT_EQ(code(send("DELETE", "/bucket/k?uploadId=" + other)), "404 NoSuchUpload");
}

TEST_F(S3Test, TheChecksumOfAWholeFollowsFromThoseOfItsParts) {
  const std::string id = element(
      send("POST", "/bucket/k?uploads", "", {{"x-amz-checksum-algorithm", "CRC64NVME"}}).body,
      "UploadId");
  const std::string first(5 << 20, 'b'), at = "/bucket/k?uploadId=" + id;
  std::string parts;
  for (const auto& [number, text] : {std::pair("1", first), std::pair("2", std::string("xyz"))}) {
    const auto put = send("PUT", at + "&partNumber=" + number, text);
    parts += "<Part><PartNumber>" + std::string(number) + "</PartNumber><ETag>" +
             std::string(put.headers.get("etag")) + "</ETag></Part>";
  }
  const auto done =
      send("POST", at, "<CompleteMultipartUpload>" + parts + "</CompleteMultipartUpload>");
  EXPECT_EQ(element(done.body, "ChecksumCRC64NVME"), base64_of("CRC64NVME", first + "xyz"));
  EXPECT_EQ(element(done.body, "ChecksumType"), "FULL_OBJECT");
}

TEST_F(S3Test, Tags) {
  put("k", "x");
  EXPECT_EQ(
      send("PUT", "/bucket/k?tagging",
           "<Tagging><TagSet><Tag><Key>a b</Key><Value>&amp;</Value></Tag></TagSet></Tagging>")
          .status,
      200);
  EXPECT_NE(send("GET", "/bucket/k?tagging")
                .body.find("<TagSet><Tag><Key>a b</Key><Value>&amp;</Value></Tag></TagSet>"),
            std::string::npos);
  EXPECT_EQ(send("DELETE", "/bucket/k?tagging").status, 204);
  EXPECT_NE(send("GET", "/bucket/k?tagging").body.find("<TagSet></TagSet>"), std::string::npos);
  EXPECT_EQ(code(put("k", "x", {{"x-amz-tagging", "a=1&a=2"}})), "400 InvalidTag");
}

TEST_F(S3Test, SettingsThatNobodyMayChange) {
  EXPECT_NE(send("GET", "/bucket?versioning").body.find("<VersioningConfiguration"),
            std::string::npos);
  EXPECT_EQ(element(send("GET", "/bucket?encryption").body, "SSEAlgorithm"), "AES256");
  EXPECT_EQ(code(send("GET", "/bucket?policy")), "404 NoSuchBucketPolicy");
  EXPECT_EQ(code(send("GET", "/none?policy")), "404 NoSuchBucket");
  EXPECT_EQ(code(send("PUT", "/bucket?policy", "{}")), "501 NotImplemented");
  EXPECT_EQ(code(send("GET", "/bucket?acl")), "501 NotImplemented");
  EXPECT_EQ(code(send("GET", "/bucket/k?torrent")), "501 NotImplemented");
}

TEST_F(S3Test, HostsAndUnsignedPaths) {
  put("k/x", "text");
  for (const char* host : {"bucket.s3.localhost:4566", "bucket.s3.localhost.localstack.cloud:4566",
                           "bucket.s3.us-east-1.amazonaws.com"}) {
    EXPECT_EQ(deliver("GET", "/k/x", "", {{"Host", host}}).body, "text") << host;
  }
  EXPECT_EQ(deliver("GET", "/bucket/k/x", "", {{"Host", "s3.localhost:4566"}}).body, "text");
  EXPECT_EQ(deliver("GET", "/bucket/k/x", "", {}).body, "text");
  EXPECT_EQ(deliver("GET", "/nobody/k/x", "", {}).headers.get("content-type"), "application/json");
  EXPECT_EQ(
      deliver("GET", "/bucket/k/x?X-Amz-Credential=K%2F20261121%2Feu-west-1%2Fs3%2Faws4_request",
              "", {})
          .body,
      "text");
}

TEST_F(S3Test, CallsWithinTheProcess) {
  const auto stored = call("PutObject", {{"Bucket", "bucket"}, {"Key", "k"}, {"Body", false}});
  EXPECT_EQ(dump_json(stored->json),
            R"({"ChecksumCRC32":"K81oMA==","ChecksumType":"FULL_OBJECT",)"
            R"("ETag":"\"68934a3e9455fa72420237eb05902327\"","ServerSideEncryption":"AES256"})");
  const auto got = call("GetObject", {{"Bucket", "bucket"}, {"Key", "k"}});
  EXPECT_EQ(*got->source->read(0, 100), "false");
  EXPECT_EQ(got->json["ContentType"], "text/plain; charset=UTF-8");
  EXPECT_EQ(got->json["Metadata"], Json::object());
  EXPECT_EQ(call("GetObject", {{"Bucket", "bucket"}, {"Key", "none"}}).error().name, "NoSuchKey");
  EXPECT_EQ(call("ListObjects", {{"Bucket", "nobody"}}).error().name, "NoSuchBucket");
}

}  // namespace
}  // namespace perdure::api
