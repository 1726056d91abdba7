// What every store says of buckets and objects, and the same random changes through memory and
// sqlite: both give the same outcomes, and afterwards the same can be read.
#include "engine/store/object_rows.h"

#include <gtest/gtest.h>

#include <set>

#include "base/clock.h"
#include "tests/engine/store/support.h"

namespace perdure::engine {
namespace {

using enum ObjectOutcome;

const Tenant owner{"111111111111", "eu-west-1"};

ObjectRow object(const std::string& key, const std::string& etag = "e",
                 std::vector<SegmentRow> segments = {}) {
  int64_t size = 0;
  for (const SegmentRow& segment : segments) size += segment.size;
  return {key, size, etag, 1'000, "{}", "", std::move(segments)};
}

std::string text_of(const BucketRow& row) {
  return row.name + "|" + row.tenant.account + "|" + row.tenant.region + "|" +
         std::to_string(row.created_ms);
}
std::string text_of(const ObjectRow& row) {
  std::string text = row.key + "|" + std::to_string(row.size) + "|" + row.etag + "|" +
                     std::to_string(row.modified_ms) + "|" + row.attributes + "|" + row.tags;
  for (const SegmentRow& segment : row.segments) {
    text += "|" + segment.blob + ":" + std::to_string(segment.size);
  }
  return text;
}
std::string text_of(const UploadRow& row) {
  return row.id + "|" + row.bucket + "|" + row.key + "|" + std::to_string(row.created_ms) + "|" +
         row.attributes + "|" + row.tags;
}
std::string text_of(const PartRow& row) {
  return std::to_string(row.number) + "|" + std::to_string(row.size) + "|" + row.etag + "|" +
         std::to_string(row.modified_ms) + "|" + row.attributes + "|" + row.blob;
}
template <class Row>
std::string text_of(const std::vector<Row>& rows) {
  std::string text;
  for (const Row& row : rows) text += text_of(row) + "\n";
  return text;
}
template <class Row>
std::string text_of(const std::optional<Row>& row) {
  return row ? text_of(*row) : "none";
}

class ObjectRowsTest : public testing::TestWithParam<const char*> {
 protected:
  ObjectRowsTest() {
    store_ = std::string(GetParam()) == "memory" ? memory_store() : opened(folder_);
    epoch_ = *store_->acquire_leases();
  }
  ObjectOutcome change(ObjectChange change) {
    return store_->commit(epoch_, Batch{{}, {}, {std::move(change)}})->objects.at(0);
  }
  ObjectRows& rows() { return store_->objects(); }
  ObjectOutcome put(const std::string& key, const std::string& etag = "e",
                    std::vector<SegmentRow> segments = {}) {
    return change(change::PutObject{"b", object(key, etag, std::move(segments))});
  }
  std::string keys(const std::string& first, const std::string& end, int64_t limit = 100) {
    std::string text;
    for (const ObjectRow& row : *rows().list_objects("b", first, end, limit)) text += row.key + " ";
    return text;
  }

  StoreFolder folder_;
  std::unique_ptr<Store> store_;
  int64_t epoch_ = 0;
};

TEST_P(ObjectRowsTest, ABucketNameIsTakenOnce) {
  EXPECT_EQ(change(change::CreateBucket{{"b", owner, 5}}), committed);
  EXPECT_EQ(change(change::CreateBucket{{"b", {}, 6}}), bucket_exists);
  EXPECT_EQ(text_of(*rows().find_bucket("b")), "b|111111111111|eu-west-1|5");
  EXPECT_EQ(text_of(*rows().find_bucket("c")), "none");
  EXPECT_EQ(text_of(*rows().list_buckets("111111111111")), "b|111111111111|eu-west-1|5\n");
  EXPECT_EQ(text_of(*rows().list_buckets("000000000000")), "");
  EXPECT_EQ(change(change::RemoveBucket{"b"}), committed);
  EXPECT_EQ(change(change::RemoveBucket{"b"}), no_bucket);
}

TEST_P(ObjectRowsTest, NothingGoesIntoABucketThatIsNotThere) {
  EXPECT_EQ(put("k"), no_bucket);
  EXPECT_EQ(change(change::RemoveObject{"b", "k"}), no_bucket);
  EXPECT_EQ(change(change::SetTags{"b", "k", "t"}), no_bucket);
  EXPECT_EQ(change(change::CreateUpload{{"u", "b", "k", 1}}), no_bucket);
  EXPECT_EQ(change(change::PutPart{"b", "u", {}}), no_bucket);
}

TEST_P(ObjectRowsTest, AnObjectIsReplacedAsAWhole) {
  change(change::CreateBucket{{"b", owner, 5}});
  EXPECT_EQ(put("k", "e1", {{"x", 3}, {"y", 4}}), committed);
  EXPECT_EQ(change(change::SetTags{"b", "k", "a=1"}), committed);
  EXPECT_EQ(text_of(*rows().find_object("b", "k")), "k|7|e1|1000|{}|a=1|x:3|y:4");
  EXPECT_TRUE(*store_->blob_is_named("y"));
  EXPECT_EQ(change(change::RemoveBucket{"b"}), bucket_not_empty);
  EXPECT_EQ(put("k", "e2", {{"z", 1}}), committed);
  EXPECT_EQ(text_of(*rows().find_object("b", "k")), "k|1|e2|1000|{}||z:1");
  EXPECT_FALSE(*store_->blob_is_named("y"));
  EXPECT_TRUE(*store_->blob_is_named("z"));
  EXPECT_EQ(change(change::RemoveObject{"b", "k"}), committed);
  EXPECT_EQ(change(change::RemoveObject{"b", "k"}), committed);
  EXPECT_FALSE(*store_->blob_is_named("z"));
}

TEST_P(ObjectRowsTest, ConditionsAreJudgedInTheTransaction) {
  change(change::CreateBucket{{"b", owner, 5}});
  EXPECT_EQ(change(change::PutObject{"b", object("k"), false, "e"}), no_object);
  EXPECT_EQ(change(change::PutObject{"b", object("k"), true}), committed);
  EXPECT_EQ(change(change::PutObject{"b", object("k"), true}), condition_failed);
  EXPECT_EQ(change(change::PutObject{"b", object("k", "f"), false, "other"}), condition_failed);
  EXPECT_EQ(change(change::PutObject{"b", object("k", "f"), false, "e"}), committed);
  EXPECT_EQ(rows().find_object("b", "k")->value().etag, "f");
}

TEST_P(ObjectRowsTest, KeysAreListedByTheirBytes) {
  change(change::CreateBucket{{"b", owner, 5}});
  for (const char* key : {"b", "a/2", "\xC3\xA4", "a/1", "a", "Z"}) put(key);
  EXPECT_EQ(keys("", ""), "Z a a/1 a/2 b \xC3\xA4 ");
  EXPECT_EQ(keys("a/", "a0"), "a/1 a/2 ");
  EXPECT_EQ(keys("a/2", "", 2), "a/2 b ");
}

TEST_P(ObjectRowsTest, AnUploadEndsWithItsObject) {
  change(change::CreateBucket{{"b", owner, 5}});
  EXPECT_EQ(change(change::PutPart{"b", "u", {1, 5, "e", 1, "", "x"}}), no_upload);
  EXPECT_EQ(change(change::CreateUpload{{"u", "b", "k", 1, "{}", "t"}}), committed);
  EXPECT_EQ(change(change::PutPart{"b", "u", {2, 5, "e", 1, "", "x"}}), committed);
  EXPECT_EQ(change(change::PutPart{"b", "u", {1, 6, "e", 1, "", "y"}}), committed);
  EXPECT_EQ(change(change::PutPart{"b", "u", {2, 7, "f", 2, "", "z"}}), committed);
  EXPECT_EQ(text_of(*rows().list_parts("u", 0, 10)), "1|6|e|1||y\n2|7|f|2||z\n");
  EXPECT_EQ(text_of(*rows().list_parts("u", 1, 10)), "2|7|f|2||z\n");
  EXPECT_FALSE(*store_->blob_is_named("x"));
  EXPECT_TRUE(*store_->blob_is_named("z"));
  EXPECT_EQ(text_of(*rows().find_upload("b", "u")), "u|b|k|1|{}|t");
  EXPECT_EQ(change(change::PutObject{"b", object("k", "e", {{"z", 7}}), false, "", "u"}),
            committed);
  EXPECT_EQ(text_of(*rows().find_upload("b", "u")), "none");
  EXPECT_FALSE(*store_->blob_is_named("y"));
  EXPECT_TRUE(*store_->blob_is_named("z"));
  EXPECT_EQ(change(change::PutObject{"b", object("k"), false, "", "u"}), no_upload);
}

TEST_P(ObjectRowsTest, UploadsAreListedByKeyAndId) {
  change(change::CreateBucket{{"b", owner, 5}});
  for (const auto& [id, key] : {std::pair("3", "a"), std::pair("1", "b"), std::pair("2", "a")}) {
    change(change::CreateUpload{{id, "b", key, 1}});
  }
  const auto ids = [&](const char* key, const char* id, const char* end) {
    std::string text;
    for (const UploadRow& row : *rows().list_uploads("b", key, id, end, 10)) text += row.id;
    return text;
  };
  EXPECT_EQ(ids("", "", ""), "231");
  EXPECT_EQ(ids("a", "2", ""), "31");
  EXPECT_EQ(ids("", "", "b"), "23");
  EXPECT_EQ(change(change::RemoveUpload{"b", "3"}), committed);
  EXPECT_EQ(change(change::RemoveUpload{"b", "3"}), no_upload);
  EXPECT_EQ(change(change::RemoveBucket{"b"}), committed);  // and its uploads with it
  change(change::CreateBucket{{"b", owner, 5}});
  EXPECT_EQ(ids("", "", ""), "");
}

TEST_P(ObjectRowsTest, AnOldHolderChangesNothing) {
  const int64_t old = std::exchange(epoch_, *store_->acquire_leases());
  const auto outcome = store_->commit(old, Batch{{}, {}, {change::CreateBucket{{"b", owner, 5}}}});
  EXPECT_EQ(outcome->objects.at(0), stale_lease);
  EXPECT_EQ(text_of(*rows().find_bucket("b")), "none");
}

INSTANTIATE_TEST_SUITE_P(Stores, ObjectRowsTest, testing::Values("memory", "sqlite"));

// --- Random changes ------------------------------------------------------------------------------

class ObjectDuel {
 public:
  explicit ObjectDuel(uint64_t seed) : random_(seed), memory_(memory_store()) {
    sqlite_ = opened(folder_);
    memory_epoch_ = *memory_->acquire_leases();
    sqlite_epoch_ = *sqlite_->acquire_leases();
  }

  void run(std::set<std::pair<size_t, ObjectOutcome>>& seen) {
    for (int turn = 0; turn < 60; ++turn) {
      const ObjectChange change = any_change();
      const auto expected = memory_->commit(memory_epoch_, Batch{{}, {}, {change}});
      const auto outcome = sqlite_->commit(sqlite_epoch_, Batch{{}, {}, {change}});
      ASSERT_EQ(outcome->objects.at(0), expected->objects.at(0))
          << "turn " << turn << ", change " << change.index();
      seen.emplace(change.index(), outcome->objects[0]);
    }
    ASSERT_EQ(reads(*sqlite_), reads(*memory_));
  }

 private:
  uint64_t below(uint64_t bound) { return random_.next() % bound; }
  std::string any(const char* letters) {
    return std::string(1, letters[below(std::char_traits<char>::length(letters))]);
  }
  std::string bucket() { return any("pq"); }
  std::string key() { return any("ab") + (below(2) == 0 ? "/" + any("xy") : ""); }
  std::string upload() { return any("uvw"); }
  std::vector<SegmentRow> segments() {
    std::vector<SegmentRow> made;
    for (uint64_t i = below(3); i > 0; --i) made.push_back({any("XYZ"), int64_t(below(9))});
    return made;
  }
  ObjectChange any_change() {
    switch (below(9)) {
      case 0:
        return change::CreateBucket{{bucket(), owner, int64_t(below(9))}};
      case 1:
        if (below(3) > 0) return change::RemoveObject{bucket(), key()};
        return change::RemoveBucket{bucket()};
      case 2:
        return change::RemoveObject{bucket(), key()};
      case 3:
        return change::SetTags{bucket(), key(), any("12")};
      case 4:
        next_upload_ = upload();
        return change::PutObject{bucket(), object(key(), any("ef"), segments()), false, "",
                                 next_upload_};
      case 5:
        // Ids of uploads are given once, so one that is there is ended first.
        next_upload_ = upload();
        if (taken_.insert(next_upload_).second) {
          return change::CreateUpload{{next_upload_, bucket(), key(), 1, "{}", any("12")}};
        }
        return change::RemoveUpload{bucket(), next_upload_};
      case 6:
        return change::PutPart{
            bucket(), upload(), {int64_t(1 + below(3)), 5, any("ef"), 1, "", any("XYZ")}};
      default:
        return change::PutObject{bucket(), object(key(), any("ef"), segments()), below(3) == 0,
                                 below(3) == 0 ? any("ef") : ""};
    }
  }
  static std::string reads(Store& store) {
    ObjectRows& rows = store.objects();
    std::string text = text_of(*rows.list_buckets(owner.account));
    for (const char* bucket : {"p", "q"}) {
      text += text_of(*rows.list_objects(bucket, "", "", 100));
      text += text_of(*rows.list_objects(bucket, "a/", "a0", 1));
      text += text_of(*rows.list_uploads(bucket, "", "", "", 100));
      for (const ObjectRow& row : *rows.list_objects(bucket, "", "", 100)) {
        text += text_of(*rows.find_object(bucket, row.key));
      }
    }
    for (const char* id : {"u", "v", "w"}) text += text_of(*rows.list_parts(id, 0, 100));
    for (const char* blob : {"X", "Y", "Z"}) {
      text += *store.blob_is_named(blob) ? "named " : "free ";
    }
    return text;
  }

  SeededRandom random_;
  StoreFolder folder_;
  std::unique_ptr<Store> memory_, sqlite_;
  int64_t memory_epoch_ = 0, sqlite_epoch_ = 0;
  std::set<std::string> taken_;
  std::string next_upload_;
};

TEST(ObjectRows, MemoryAndSqliteAgree) {
  std::set<std::pair<size_t, ObjectOutcome>> seen;
  for (uint64_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    ObjectDuel(seed).run(seen);
    if (testing::Test::HasFatalFailure()) return;
  }
  // Each change has met every outcome that it may have: 2+3+5+2+3+2+3+3.
  EXPECT_EQ(seen.size(), 23u);
}

}  // namespace
}  // namespace perdure::engine
