#include "engine/objects/stored_objects.h"

#include <gtest/gtest.h>

#include "base/hash.h"
#include "tests/engine/support/instant_objects.h"
#include "tests/engine/support/world.h"

namespace perdure::engine {
namespace {

const Tenant tenant{"111111111111", "us-east-1"};
const Tenant other{"222222222222", "us-east-1"};

class StoredObjectsTest : public testing::Test {
 protected:
  StoredObjectsTest() { create("bucket"); }

  // What `done` got; it has been called.
  template <class T = void, class Begin>
  static Result<T> now(Begin&& begin) {
    std::optional<Result<T>> answer;
    begin([&](Result<T> result) { answer = std::move(result); });
    return std::move(answer.value());
  }
  Result<Bucket> create(const std::string& name, const Tenant& by = tenant) {
    return now<Bucket>([&](auto done) { objects_.create_bucket(by, name, done); });
  }
  StoredContent stored(const std::vector<std::string>& pieces) {
    const auto writer = objects_.writer();
    for (const std::string& piece : pieces) EXPECT_TRUE(writer->write(piece));
    return *writer->finish();
  }
  Result<ObjectInfo> put(const std::string& key, const std::string& text = "text") {
    return put(PutOrder{"bucket", key, stored({text})});
  }
  Result<ObjectInfo> put(PutOrder order, const Tenant& by = tenant) {
    return now<ObjectInfo>([&](auto done) { objects_.put(by, std::move(order), done); });
  }
  std::string list(ListOrder order) {
    const auto list = objects_.list(tenant, order);
    std::string text;
    for (const auto& entry : list->entries) text += (entry.info ? "" : "*") + entry.key + " ";
    return text + (list->truncated ? "..." : "");
  }

  ManualClock clock_;
  InstantObjects instant_{clock_};
  Objects& objects_ = instant_.objects;
};

TEST_F(StoredObjectsTest, ABucketNameBelongsToOneAccount) {
  EXPECT_EQ(create("bucket").error().name, "BucketAlreadyOwnedByYou");
  EXPECT_EQ(create("bucket", other).error().name, "BucketAlreadyExists");
  EXPECT_EQ(objects_.find_bucket(other, "bucket").error().name, "AccessDenied");
  EXPECT_EQ(objects_.look_up(other, "bucket", "k").error().name, "AccessDenied");
  EXPECT_EQ(put(PutOrder{"bucket", "k", stored({"x"})}, other).error().name, "AccessDenied");
  EXPECT_EQ(objects_.find_bucket(tenant, "none").error(),
            (Error{ErrorKind::not_found, "NoSuchBucket", "The specified bucket does not exist"}));
  for (const char* wrong : {"ab", "Bucket", "-abc", "abc-", "a..b", "10.0.0.1", "a_b"}) {
    EXPECT_EQ(create(wrong).error().name, "InvalidBucketName") << wrong;
  }
}

TEST_F(StoredObjectsTest, AnObjectHasTheDigestOfItsContent) {
  const auto info = put("a/key", "hello");
  EXPECT_EQ(info->etag, *digest_hex("MD5", "hello"));
  EXPECT_EQ(info->size, 5);
  const auto content = objects_.open(tenant, "bucket", "a/key");
  EXPECT_EQ(*(*content)->read(1, 3), "ell");
  EXPECT_EQ(*(*content)->read(3, 100), "lo");
  EXPECT_EQ(*(*content)->read(5, 1), "");
  EXPECT_EQ(objects_.open(tenant, "bucket", "none").error().name, "NoSuchKey");
}

TEST_F(StoredObjectsTest, AContentMayBeLargeOrEmpty) {
  std::string large;
  std::vector<std::string> pieces;
  for (int i = 0; i < 100; ++i) pieces.emplace_back(10'000, char('a' + i % 26));
  for (const std::string& piece : pieces) large += piece;
  EXPECT_EQ(put(PutOrder{"bucket", "large", stored(pieces)})->etag, *digest_hex("MD5", large));
  EXPECT_EQ(*(*objects_.open(tenant, "bucket", "large"))->read(0, 2'000'000), large);
  EXPECT_EQ(put(PutOrder{"bucket", "empty", stored({})})->etag, *digest_hex("MD5", ""));
  EXPECT_EQ(*(*objects_.open(tenant, "bucket", "empty"))->read(0, 10), "");
}

TEST_F(StoredObjectsTest, WhatIsOpenStaysAsItWas) {
  put("k", "old");
  auto content = std::move(*objects_.open(tenant, "bucket", "k"));
  put("k", "new and longer");
  EXPECT_EQ(*content->read(0, 100), "old");
  const ObjectInfo info = content->info();
  EXPECT_EQ(*(*objects_.reopen(info))->read(0, 100), "old");
}

TEST_F(StoredObjectsTest, ContentsOfPartsAreReadAcrossTheirBorders) {
  StoredContent whole;
  for (const char* text : {"abc", "defgh", "ij"}) {
    StoredContent part = stored({text});
    whole.segments.push_back(part.segments.at(0));
    whole.size += part.size;
  }
  put(PutOrder{"bucket", "k", whole, "etag-3"});
  const auto content = std::move(*objects_.open(tenant, "bucket", "k"));
  EXPECT_EQ(*content->read(0, 10), "abcdefghij");
  EXPECT_EQ(*content->read(2, 7), "cdefghi");
  EXPECT_EQ(*content->read(8, 5), "ij");
  EXPECT_EQ(content->info().etag, "etag-3");
}

TEST_F(StoredObjectsTest, ListsGatherCommonPrefixes) {
  for (const char* key : {"a", "b/1", "b/2", "b/c/3", "d", "e/4", "e0"}) put(key);
  EXPECT_EQ(list({"bucket"}), "a b/1 b/2 b/c/3 d e/4 e0 ");
  EXPECT_EQ(list({"bucket", "", "/"}), "a *b/ d *e/ e0 ");
  EXPECT_EQ(list({"bucket", "b/", "/"}), "b/1 b/2 *b/c/ ");
  EXPECT_EQ(list({"bucket", "", "/", "a", 2}), "*b/ d ...");
  EXPECT_EQ(list({"bucket", "", "/", "b/", 2}), "d *e/ ...");
  EXPECT_EQ(list({"bucket", "", "/", "d", 2}), "*e/ e0 ");
  EXPECT_EQ(list({"bucket", "", "", "b/2", 2}), "b/c/3 d ...");
  EXPECT_EQ(list({"bucket", "x"}), "");
  EXPECT_EQ(list({"bucket", "", "", "", 0}), "");
}

TEST_F(StoredObjectsTest, ALargeListIsReadPageByPage) {
  for (int i = 0; i < 3'000; ++i) {
    std::string number = std::to_string(10'000 + i);
    put("p" + std::to_string(i % 3) + "/" + number, "x");
  }
  EXPECT_EQ(list({"bucket", "", "/"}), "*p0/ *p1/ *p2/ ");
  std::string after;
  size_t seen = 0;
  for (;;) {
    const auto page = objects_.list(tenant, {"bucket", "p1/", "", after, 300});
    seen += page->entries.size();
    if (!page->truncated) break;
    after = page->entries.back().key;
  }
  EXPECT_EQ(seen, 1'000u);
}

TEST_F(StoredObjectsTest, ConditionsOfAPut) {
  PutOrder order{"bucket", "k", stored({"x"})};
  order.if_etag = "e";
  EXPECT_EQ(put(order).error().name, "NoSuchKey");
  order.if_etag = "";
  order.if_absent = true;
  EXPECT_TRUE(put(order));
  EXPECT_EQ(put(order).error().name, "PreconditionFailed");
}

TEST_F(StoredObjectsTest, AnUploadIsGoneOnceItIsComplete) {
  const auto upload = now<Upload>([&](auto done) {
    objects_.create_upload(tenant, Upload{"", "bucket", "k"}, done);
  });
  ASSERT_TRUE(upload);
  UploadPart part;
  part.number = 3;
  part.size = 4;
  EXPECT_TRUE(now<UploadPart>(
      [&](auto done) { objects_.put_part(tenant, "bucket", upload->id, part, done); }));
  EXPECT_EQ(objects_.list_parts(*upload, 0, 10)->at(0).number, 3);
  EXPECT_TRUE(now<ObjectInfo>([&](auto done) {
    objects_.complete_upload(tenant, upload->id, PutOrder{"bucket", "k", stored({"text"})}, done);
  }));
  EXPECT_EQ(objects_.find_upload(tenant, "bucket", upload->id).error().name, "NoSuchUpload");
  EXPECT_EQ(now([&](auto done) { objects_.abort_upload(tenant, "bucket", upload->id, done); })
                .error()
                .name,
            "NoSuchUpload");
}

// --- On the engine's committer
// --------------------------------------------------------------------

class CommittedObjectsTest : public testing::Test {
 protected:
  CommittedObjectsTest() {
    world_.assembly->objects().create_bucket(tenant, "bucket", [](auto) {});
    world_.settle();
  }
  // Nothing: not answered yet.
  std::optional<Result<ObjectInfo>> put(const std::string& text) {
    Objects& objects = world_.assembly->objects();
    const auto writer = objects.writer();
    EXPECT_TRUE(writer->write(text));
    const auto answer = std::make_shared<std::optional<Result<ObjectInfo>>>();
    objects.put(tenant, PutOrder{"bucket", "k", *writer->finish()},
                [answer](auto info) { *answer = std::move(info); });
    world_.settle();
    return *answer;
  }
  std::string content() {
    const auto opened = world_.assembly->objects().open(tenant, "bucket", "k");
    return opened ? *(*opened)->read(0, 100) : opened.error().name;
  }

  World world_;
};

TEST_F(CommittedObjectsTest, ACrashLeavesTheOldObjectOrTheNewOne) {
  ASSERT_TRUE(put("old"));
  for (const bool before : {true, false}) {
    world_.faulty->crash_at = world_.faulty->commits + 1;
    world_.faulty->before = before;
    const auto answer = put("new");
    EXPECT_FALSE(answer && *answer);
    world_.crash();
    EXPECT_EQ(content(), before ? "old" : "new");
  }
}

TEST_F(CommittedObjectsTest, AFullDiskIsToldAtOnce) {
  ASSERT_TRUE(put("old"));
  world_.faulty->disk_full = true;
  for (int attempt = 0; attempt < 2; ++attempt) {
    const auto refused = put("new");
    ASSERT_TRUE(refused && !*refused) << attempt;
    EXPECT_EQ(refused->error().kind, ErrorKind::unavailable);
  }
  world_.faulty->disk_full = false;
  world_.pass(1'000);
  EXPECT_EQ(content(), "old");
  EXPECT_TRUE(put("new").value());
  EXPECT_EQ(content(), "new");
}

}  // namespace
}  // namespace perdure::engine
