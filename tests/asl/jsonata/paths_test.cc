// Paths: what they select, and when one item stands for itself.

#include <gtest/gtest.h>

#include "tests/asl/jsonata/evaluation.h"

namespace perdure::asl::jsonata {
namespace {

constexpr const char* shop = R"({
  "name": "corner", "orders": [
    {"id": "a", "lines": [{"sku": "x", "n": 2, "price": 1.5}, {"sku": "y", "n": 1, "price": 10}]},
    {"id": "b", "lines": [{"sku": "x", "n": 4, "price": 1.25}]}],
  "tags": [["red", "green"], ["blue"]], "none": [], "nil": null, "a b": {"c": 1}})";

std::string at_shop(std::string_view text) { return evaluated(text, {.input = shop}); }

TEST(JsonataPaths, SelectThroughArrays) {
  EXPECT_EQ(at_shop("name"), "\"corner\"");
  EXPECT_EQ(at_shop("orders.id"), R"(["a","b"])");
  EXPECT_EQ(at_shop("orders.lines.sku"), R"(["x","y","x"])");
  EXPECT_EQ(at_shop("`a b`.c"), "1");
  EXPECT_EQ(at_shop("\"a b\".\"c\""), "1");
  EXPECT_EQ(at_shop("nil"), "null");
  EXPECT_EQ(at_shop("nowhere.at.all"), "undefined");
  EXPECT_EQ(at_shop("none"), "[]");
}

TEST(JsonataPaths, OneItemStandsForItself) {
  EXPECT_EQ(at_shop("orders[id='b'].lines.sku"), "\"x\"");
  EXPECT_EQ(at_shop("orders[id='b'].lines.sku[]"), R"(["x"])");
  EXPECT_EQ(at_shop("orders[id='b'].lines"), R"([{"sku":"x","n":4,"price":1.25}])");
  EXPECT_EQ(at_shop("[orders[0].id]"), R"(["a"])");
}

TEST(JsonataPaths, PredicatesTakePositionsAndConditions) {
  EXPECT_EQ(at_shop("orders[0].id"), "\"a\"");
  EXPECT_EQ(at_shop("orders[-1].id"), "\"b\"");
  EXPECT_EQ(at_shop("orders.lines[0].sku"), R"(["x","x"])");
  EXPECT_EQ(at_shop("(orders.lines)[0].n"), "2");
  EXPECT_EQ(at_shop("orders.lines[n > 1].n"), "[2,4]");
  EXPECT_EQ(at_shop("orders.lines[[0, 1]].n"), "[2,1,4]");
  EXPECT_EQ(at_shop("orders[9]"), "undefined");
  EXPECT_EQ(evaluated("$[1]", {.input = "[4,5,6]"}), "5");
}

TEST(JsonataPaths, WildcardsAndDescendants) {
  EXPECT_EQ(at_shop("orders[1].lines.*"), R"(["x",4,1.25])");
  EXPECT_EQ(at_shop("**.sku"), R"(["x","y","x"])");
  EXPECT_EQ(at_shop("$count(**)"), "24");
}

TEST(JsonataPaths, BracketsAreNotFlattened) {
  EXPECT_EQ(at_shop("orders.[id]"), R"([["a"],["b"]])");
  EXPECT_EQ(at_shop("tags"), R"([["red","green"],["blue"]])");
  EXPECT_EQ(at_shop("tags.($)"), R"(["red","green","blue"])");
}

TEST(JsonataPaths, ParentsAndBindings) {
  EXPECT_EQ(at_shop("orders.lines.(%.id & sku)"), R"(["ax","ay","bx"])");
  EXPECT_EQ(at_shop("orders@$o.$o.lines.($o.id & sku)"), R"(["ax","ay","bx"])");
  EXPECT_EQ(at_shop("orders#$i.lines.($i & sku)"), R"(["0x","0y","1x"])");
  EXPECT_EQ(at_shop("%.x"),
            "S0217: The object representing the 'parent' cannot be derived from "
            "this expression");
}

TEST(JsonataPaths, BracketsWithNothingInThemMayCarryBindings) {
  EXPECT_EQ(at_shop("[nowhere]#$i.($i)"), "undefined");
  EXPECT_EQ(at_shop("[orders]#$i.($i)"), "undefined");
}

TEST(JsonataPaths, SortAndGroup) {
  EXPECT_EQ(at_shop("orders.lines^(>price).price"), "[10,1.5,1.25]");
  EXPECT_EQ(at_shop("orders.lines^(sku, >n).n"), "[4,2,1]");
  EXPECT_EQ(at_shop("orders.lines{sku: $sum(n)}"), R"({"x":6,"y":1})");
  EXPECT_EQ(at_shop("orders.lines^(sku.price)"), R"([{"sku":"x","n":2,"price":1.5},)"
                                                 R"({"sku":"y","n":1,"price":10},)"
                                                 R"({"sku":"x","n":4,"price":1.25}])");
  EXPECT_EQ(evaluated("$^($)", {.input = R"([1, "a"])"}).substr(0, 5), "T2007");
}

TEST(JsonataPaths, NothingSortedOrGrouped) {
  EXPECT_EQ(at_shop("nowhere@$v{ 'x': 1 }"), "{}");
  EXPECT_EQ(at_shop("orders@$v{ 'x': 1 }"), R"({"x":1})");
  EXPECT_EQ(at_shop("orders[id='c']#$i{ 'x': $i }"), "{}");
  EXPECT_EQ(at_shop("orders[0]^(id).id"), "\"a\"");
  EXPECT_EQ(evaluated("[1]^(k)"), "1");
  EXPECT_EQ(evaluated("([1])^(k)"), "1");
}

TEST(JsonataPaths, TransformsChangeACopy) {
  EXPECT_EQ(at_shop("($ ~> |orders.lines|{'n': n * 2}, ['price', 'sku']|).orders.lines.n"),
            "[4,2,8]");
  EXPECT_EQ(at_shop("($x := $ ~> |orders|{'id': 'z'}|; $x.orders.id & orders[0].id)"),
            R"("[\"z\",\"z\"]a")");
  EXPECT_EQ(at_shop("($ ~> |orders|5|)").substr(0, 5), "T2011");
}

}  // namespace
}  // namespace perdure::asl::jsonata
