#include "engine/map_runs/readers/record_reader.h"

#include <gtest/gtest.h>

namespace perdure::engine {
namespace {

// Gives a few bytes at a time, so that everything is cut somewhere.
class Dripping final : public Bytes {
 public:
  Dripping(std::string text, int64_t piece) : text_(std::move(text)), piece_(piece) {}
  Result<std::string> read(int64_t offset, int64_t length) override {
    if (offset >= int64_t(text_.size())) return std::string();
    return text_.substr(size_t(offset), size_t(std::min(length, piece_)));
  }

 private:
  const std::string text_;
  const int64_t piece_;
};

using Make = std::function<std::unique_ptr<RecordReader>(std::unique_ptr<Bytes>)>;

// All items, a line each; the error at the end if there is one.
std::string items(RecordReader& reader) {
  std::string all;
  for (;;) {
    auto item = reader.next();
    if (!item) return all + item.error().name + ": " + item.error().cause;
    if (!*item) return all;
    all.append((*item)->value.text()).append("\n");
  }
}

// Whatever the pieces are, and wherever the reading is taken up again, the items are the same.
std::string read(const Make& make, const std::string& text) {
  const auto whole = make(std::make_unique<Dripping>(text, 1 << 20));
  const std::string all = items(*whole);
  for (const int64_t piece : {1, 3, 7}) {
    EXPECT_EQ(items(*make(std::make_unique<Dripping>(text, piece))), all) << "piece " << piece;
  }
  const auto reader = make(std::make_unique<Dripping>(text, 5));
  std::string before;
  for (;;) {
    const auto resumed = make(std::make_unique<Dripping>(text, 4));
    const auto sought = resumed->seek(reader->position());
    EXPECT_EQ(before + (sought ? items(*resumed) : sought.error().name), all)
        << "from " << reader->position();
    const auto item = reader->next();
    if (!item || !*item) break;
    before.append((*item)->value.text()).append("\n");
  }
  EXPECT_TRUE(whole->seek(""));
  EXPECT_EQ(items(*whole), all) << "again from the beginning";
  return all;
}

std::string lines(const std::string& text) {
  return read([](auto bytes) { return json_lines(std::move(bytes)); }, text);
}
std::string json(const std::string& text, const std::string& pointer = "") {
  return read([&](auto bytes) { return json_items(std::move(bytes), pointer); }, text);
}
std::string csv(const std::string& text, CsvFormat format = {}) {
  return read([&](auto bytes) { return csv_rows(std::move(bytes), format); }, text);
}
CsvFormat given(std::vector<std::string> headers, char delimiter = ',') {
  return {delimiter, std::move(headers)};
}

constexpr char no_items[] = "States.ItemReaderFailed: Attempting to map over non-iterable node.";

TEST(JsonLines, EachLineIsAnItem) {
  EXPECT_EQ(lines("{\"a\": 1}\n\n  [1, 2]\r\n\"x\"\n7"), "{\"a\":1}\n[1,2]\n\"x\"\n7\n");
  EXPECT_EQ(lines("\xEF\xBB\xBF{}\n"), "{}\n");
  EXPECT_EQ(lines(""), "");
  EXPECT_EQ(lines("1\n{\"a\":\n2").substr(0, 57),
            "1\nStates.ItemReaderFailed: The line at byte 2 of the data");
}

TEST(JsonLines, OtherEncodingsThanUtf8AreRefused) {
  for (const std::string& line : {std::string("\"\xE4\"\n"), std::string("\xFF\xFE{\0}\0", 6)}) {
    EXPECT_EQ(lines("1\n" + line).substr(0, 45), "1\nStates.ItemReaderFailed: The line at byte 2")
        << line;
  }
}

TEST(JsonItems, AnArrayOrAnObject) {
  EXPECT_EQ(json(" [1, \"a]\\\"b\" , {\"x\": [ ]}, [[2]], null ] "),
            "1\n\"a]\\\"b\"\n{\"x\":[]}\n[[2]]\nnull\n");
  EXPECT_EQ(json("[]"), "");
  EXPECT_EQ(json("{ \"a\" : 1, \"b\\n\": {\"c\": 2} }"),
            "{\"Key\":\"a\",\"Value\":1}\n{\"Key\":\"b\\n\",\"Value\":{\"c\":2}}\n");
  EXPECT_EQ(json("{}"), "");
  EXPECT_EQ(json("\xEF\xBB\xBF[1]"), "1\n");
}

TEST(JsonItems, APointerLeadsToThem) {
  const std::string text =
      R"({"x":"}]","a":{"skip":[1,{"b":[0]}],"b/c":[[5,6],{"k":[7,8]}]},"z":1})";
  EXPECT_EQ(json(text, "/a/b~1c/0"), "5\n6\n");
  EXPECT_EQ(json(text, "/a/b~1c/1/k"), "7\n8\n");
  EXPECT_EQ(json(text, "/a/b~1c/1"), "{\"Key\":\"k\",\"Value\":[7,8]}\n");
  EXPECT_EQ(json(text, "/a/none"), no_items);
  EXPECT_EQ(json(text, "/a/b~1c/2"), no_items);
  EXPECT_EQ(json(text, "/z"), no_items);
  EXPECT_EQ(json(text, "/z/q"), no_items);
}

TEST(JsonItems, WhatIsNoArrayAndNoObjectHasNoItems) {
  EXPECT_EQ(json("1"), no_items);
  EXPECT_EQ(json("\"[1]\""), no_items);
}

TEST(JsonItems, BrokenJsonIsRefused) {
  for (const char* text : {"", "[1, 2", "[1 2]", "[1,]", "{\"a\" 1}", "[tru]", "{\"a\":1,}"}) {
    EXPECT_NE(json(text).find("States.ItemReaderFailed: The dataset is no valid JSON"),
              std::string::npos)
        << text;
  }
}

// As recorded.
TEST(CsvRows, RowsAreObjectsOfTexts) {
  const std::string text =
      "Col1,Col2,Col3\nValue1,Value2,Value3\nValue4,Value5,Value6\n,,,\ntrue,1,'HelloWorld'\n"
      "Null,None,\n   \n";
  EXPECT_EQ(csv(text),
            "{\"Col1\":\"Value1\",\"Col2\":\"Value2\",\"Col3\":\"Value3\"}\n"
            "{\"Col1\":\"Value4\",\"Col2\":\"Value5\",\"Col3\":\"Value6\"}\n"
            "{\"Col1\":\"\",\"Col2\":\"\",\"Col3\":\"\"}\n"
            "{\"Col1\":\"true\",\"Col2\":\"1\",\"Col3\":\"'HelloWorld'\"}\n"
            "{\"Col1\":\"Null\",\"Col2\":\"None\",\"Col3\":\"\"}\n"
            "{\"Col1\":\"   \",\"Col2\":\"\",\"Col3\":\"\"}\n");
  EXPECT_EQ(csv("a,b,c\nd,e,f\n", given({"H1"})), "{\"H1\":\"a\"}\n{\"H1\":\"d\"}\n");
}

TEST(CsvRows, QuotesHoldDelimitersAndLines) {
  EXPECT_EQ(csv("h,i\r\n\"a,\"\"b\"\"\",\"c\r\nd\"\r\n\"\",e\r\n"),
            "{\"h\":\"a,\\\"b\\\"\",\"i\":\"c\\r\\nd\"}\n{\"h\":\"\",\"i\":\"e\"}\n");
  // Elsewhere than at the beginning of a field a quote is a character.
  EXPECT_EQ(csv("h,i\n5\" pipe,a\"b\"\nx,y\n"),
            "{\"h\":\"5\\\" pipe\",\"i\":\"a\\\"b\\\"\"}\n{\"h\":\"x\",\"i\":\"y\"}\n");
}

TEST(CsvRows, OtherDelimitersMarksAndEscapes) {
  EXPECT_EQ(csv("\xEF\xBB\xBFh;i\na;b,c", {';', std::nullopt}), "{\"h\":\"a\",\"i\":\"b,c\"}\n");
  EXPECT_EQ(csv("a\tb\\\x01\xC3\xA4\xFF", given({"x", "y"}, '\t')),
            "{\"x\":\"a\",\"y\":\"b\\\\\\u0001\xC3\xA4\xEF\xBF\xBD\"}\n");
  EXPECT_EQ(csv_delimiter("PIPE"), '|');
  EXPECT_EQ(csv_delimiter("SPACE"), ' ');
  EXPECT_EQ(csv_delimiter("COMMA"), ',');
}

TEST(CsvRows, HeadersAreChecked) {
  EXPECT_EQ(csv("a,b,a\n1,2,3\n"),
            "States.ItemReaderFailed: CSV headers cannot contain duplicates.");
  EXPECT_EQ(csv("1\n", given({"H1", "H1"})),
            "States.ItemReaderFailed: CSV headers cannot contain duplicates.");
  EXPECT_EQ(csv(""), "States.ItemReaderFailed: The CSV file has no headers.");
  EXPECT_EQ(csv("", given({"a"})), "");
  std::string wide(10'241, 'h');
  wide += "\n1\n";
  EXPECT_EQ(csv(wide), "States.ItemReaderFailed: CSV headers exceed the maximum size of 10 KiB.");
}

TEST(CsvRows, BrokenQuotesAreRefused) {
  EXPECT_NE(csv("h\n\"a\"b\n").find("States.ItemReaderFailed"), std::string::npos);
  EXPECT_EQ(csv("h\n\"a\nb"), "States.ItemReaderFailed: The CSV file ends within a quoted field.");
}

TEST(RecordReader, AnItemOfAnySizeIsBounded) {
  const auto reader = json_lines(std::make_unique<Dripping>(std::string(20 << 20, ' '), 1 << 20));
  EXPECT_EQ(reader->next().error().name, "States.DataLimitExceeded");
}

TEST(RecordReader, ParquetIsRefused) {
  ItemReaderSpec spec;
  spec.input_type = "PARQUET";
  const auto reader = record_reader(spec, nullptr);
  EXPECT_EQ(reader.error().name, "States.ItemReaderFailed");
}

}  // namespace
}  // namespace perdure::engine
