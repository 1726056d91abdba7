#include "engine/map_runs/readers/object_items.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include "base/json.h"
#include "tests/engine/support/instant_objects.h"

namespace perdure::engine {
namespace {

const Tenant tenant;

class FixedClock final : public Clock {
 public:
  int64_t now_ms() const override { return 1'668'699'881'000; }
};

std::string gzip(const std::string& text) {
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string out(text.size() + 1'000, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = uInt(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = uInt(out.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

class ObjectItemsTest : public testing::Test {
 protected:
  ObjectItemsTest() {
    objects_.create_bucket(tenant, "data", [](auto made) { EXPECT_TRUE(made); });
  }
  void put(const std::string& key, const std::string& text) {
    const auto writer = objects_.writer();
    EXPECT_TRUE(writer->write(text));
    objects_.put(tenant, PutOrder{"data", key, *writer->finish()},
                 [](auto made) { EXPECT_TRUE(made); });
  }
  static ItemReaderSpec object(const std::string& key, const std::string& type) {
    ItemReaderSpec spec;
    spec.arguments = dump_json({{"Bucket", "data"}, {"Key", key}});
    spec.input_type = type;
    return spec;
  }
  static ItemReaderSpec bucket(const std::string& prefix = "") {
    ItemReaderSpec spec;
    spec.resource = ItemReaderSpec::Resource::list_objects_v2;
    spec.arguments = dump_json({{"Bucket", "data"}, {"Prefix", prefix}});
    return spec;
  }
  Result<std::unique_ptr<ItemSource>> open(const ItemReaderSpec& spec,
                                           const std::string& pin = "") {
    return items_in(objects_)(tenant, spec, pin);
  }
  // Each page by a source of its own, as after a restart before each.
  std::string read(const ItemReaderSpec& spec, int64_t page_items) {
    std::string all, position, pin;
    for (;;) {
      auto source = open(spec, pin);
      if (!source) return all + source.error().name + ": " + source.error().cause;
      if (const auto sought = (*source)->seek(position); !sought) return sought.error().cause;
      const auto page = (*source)->next(page_items, 1 << 20);
      if (!page) return all + page.error().name + ": " + page.error().cause;
      for (const Item& item : page->items) all.append(item.value.text()).append("\n");
      position = page->position;
      pin = (*source)->pin();
      if (page->end) return all;
    }
  }

  FixedClock clock_;
  InstantObjects instant_{clock_};
  Objects& objects_ = instant_.objects;
};

TEST_F(ObjectItemsTest, ReadsAContentPageByPage) {
  put("rows.csv", "a,b\n1,2\n3,4\n5,6\n");
  for (const int64_t page : {1, 2, 10}) {
    EXPECT_EQ(read(object("rows.csv", "CSV"), page),
              "{\"a\":\"1\",\"b\":\"2\"}\n{\"a\":\"3\",\"b\":\"4\"}\n{\"a\":\"5\",\"b\":\"6\"}\n");
  }
  EXPECT_EQ((*open(object("rows.csv", "CSV")))->name(), "S3://data/rows.csv");
}

TEST_F(ObjectItemsTest, APinLeadsToTheContentThatWasOpened) {
  put("k", "[1,2]");
  const auto source = std::move(*open(object("k", "JSON")));
  EXPECT_EQ(source->blobs().size(), 1u);
  put("k", "[3]");
  const auto again = std::move(*open(object("k", "JSON"), source->pin()));
  EXPECT_EQ(again->next(10, 1'000)->items.size(), 2u);
}

TEST_F(ObjectItemsTest, APageIsBoundedByBytesToo) {
  put("k", "[\"aaaaaaaaaa\",\"bbbbbbbbbb\",\"c\"]");
  const auto source = std::move(*open(object("k", "JSON")));
  EXPECT_EQ(source->next(10, 15)->items.size(), 2u);
}

TEST_F(ObjectItemsTest, WhatIsNotThereFailsTheReader) {
  EXPECT_EQ(read(object("none", "JSON"), 10),
            "States.ItemReaderFailed: The specified key does not exist.");
  ItemReaderSpec spec = bucket();
  spec.arguments = R"({"Bucket":"nobody"})";
  EXPECT_EQ(read(spec, 10), "States.ItemReaderFailed: The specified bucket does not exist");
}

TEST_F(ObjectItemsTest, ListsObjects) {
  put("a/1", "x");
  put("a/2", "yz");
  put("b", "");
  EXPECT_EQ(
      read(bucket("a/"), 1),
      R"({"Etag":"\"9dd4e461268c8034f5c8564e155c67a6\"","Key":"a/1","LastModified":1668699881,)"
      R"("Size":1,"StorageClass":"STANDARD"})"
      "\n"
      R"({"Etag":"\"2151a2bc77807b81113febbf50c4bc95\"","Key":"a/2","LastModified":1668699881,)"
      R"("Size":2,"StorageClass":"STANDARD"})"
      "\n");
}

TEST_F(ObjectItemsTest, LoadsAndFlattensWhatItLists) {
  put("in/1.jsonl", "1\n2\n");
  put("in/2.jsonl.gz", gzip("3\n4\n"));
  put("in/folder/", "");
  put("in/z.jsonl", "5\n");
  ItemReaderSpec spec = bucket("in/");
  spec.transformation = "LOAD_AND_FLATTEN";
  spec.input_type = "JSONL";
  for (const int64_t page : {1, 2, 3, 10}) EXPECT_EQ(read(spec, page), "1\n2\n3\n4\n5\n");
}

TEST_F(ObjectItemsTest, ReadsAnInventory) {
  put("inventory/1.csv.gz", gzip("\"data\",\"a.txt\",\"5\"\n\"data\",\"b%20c\",\"6\"\n"));
  put("inventory/2.csv.gz", gzip("\"data\",\"d\",\"7\"\n"));
  put("manifest.json",
      R"({"sourceBucket":"data","destinationBucket":"arn:aws:s3:::data","version":"2016-11-30",)"
      R"("fileFormat":"CSV","fileSchema":"Bucket, Key, Size",)"
      R"("files":[{"key":"inventory/1.csv.gz","size":9},{"key":"inventory/2.csv.gz","size":9}]})");
  const std::string expected =
      "{\"Bucket\":\"data\",\"Key\":\"a.txt\",\"Size\":\"5\"}\n"
      "{\"Bucket\":\"data\",\"Key\":\"b%20c\",\"Size\":\"6\"}\n"
      "{\"Bucket\":\"data\",\"Key\":\"d\",\"Size\":\"7\"}\n";
  for (const int64_t page : {1, 2, 10}) {
    EXPECT_EQ(read(object("manifest.json", "MANIFEST"), page), expected);
  }
  put("manifest.json", "{}");
  EXPECT_EQ(read(object("manifest.json", "MANIFEST"), 1).substr(0, 24), "States.ItemReaderFailed:");
}

TEST_F(ObjectItemsTest, AFileThatAManifestNamesMustBeThere) {
  put("out/1", "{\"n\":1}\n");
  put("m.csv", "s3://data/out/1\ns3://data/out/none\n");
  ItemReaderSpec spec = object("m.csv", "JSONL");
  spec.manifest_type = "ATHENA_DATA";
  EXPECT_EQ(read(spec, 1), "{\"n\":1}\nStates.ItemReaderFailed: The specified key does not exist.");
  put("m.csv", "s3://nobody/x\n");
  EXPECT_EQ(read(spec, 1), "States.ItemReaderFailed: The specified bucket does not exist");
  put("m.csv", "out/1\n");
  EXPECT_EQ(read(spec, 1),
            "States.ItemReaderFailed: The manifest is not that of an Amazon Athena UNLOAD.");
}

TEST_F(ObjectItemsTest, APackedFileMustBeWhole) {
  std::string packed = gzip("1\n2\n3\n");
  packed.resize(packed.size() - 10);
  put("in/a", packed);
  ItemReaderSpec spec = bucket("in/");
  spec.transformation = "LOAD_AND_FLATTEN";
  spec.input_type = "JSONL";
  EXPECT_NE(read(spec, 10).find("States.ItemReaderFailed: The compressed file ends too early."),
            std::string::npos);
}

TEST_F(ObjectItemsTest, ReadsTheManifestOfAnUnload) {
  put("out/1", "{\"n\":1}\n{\"n\":2}\n");
  put("out/2", "{\"n\":3}\n");
  put("m.csv", "s3://data/out/1\ns3://data/out/2\n");
  ItemReaderSpec spec = object("m.csv", "JSONL");
  spec.manifest_type = "ATHENA_DATA";
  EXPECT_EQ(read(spec, 2), "{\"n\":1}\n{\"n\":2}\n{\"n\":3}\n");
}

}  // namespace
}  // namespace perdure::engine
