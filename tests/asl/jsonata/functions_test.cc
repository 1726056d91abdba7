// Functions: made, applied, and those of the language that stand on the evaluator.

#include <gtest/gtest.h>

#include "tests/asl/jsonata/evaluation.h"

namespace perdure::asl::jsonata {
namespace {

TEST(JsonataFunctions, ClosuresSeeWhereTheyWereMade) {
  EXPECT_EQ(evaluated("($add := function($a){function($b){$a + $b}}; $add(3)(4))"), "7");
  EXPECT_EQ(evaluated("($x := 1; $f := function(){$x}; ($x := 2; $f()))"), "1");
  EXPECT_EQ(evaluated("$map([1..3], function($v, $i){$v * $i})"), "[0,2,6]");
  EXPECT_EQ(evaluated("λ($x){$x * $x}(5)"), "25");
}

TEST(JsonataFunctions, TailCallsTakeNoDepth) {
  const char* const sum =
      "($f := function($n, $a){$n = 0 ? $a : $f($n - 1, $a + $n)}; $f(10000, 0))";
  EXPECT_EQ(evaluated(sum, {.limits = {.depth = 20}}), "50005000");
}

TEST(JsonataFunctions, PartsAndChains) {
  EXPECT_EQ(evaluated("($five := $substring(?, 0, 5); $five('Hello, world'))"), "\"Hello\"");
  EXPECT_EQ(evaluated("'a b' ~> $split(' ') ~> $join('-')"), "\"a-b\"");
  EXPECT_EQ(evaluated("($f := $trim ~> $uppercase; $f('  x '))"), "\"X\"");
  EXPECT_EQ(evaluated("($p := function($a, $b){$a - $b}(?, 1); $p(5))"), "4");
}

TEST(JsonataFunctions, PartsGetWhatTheyCanTake) {
  EXPECT_EQ(evaluated("$substring(?, 0, 2)(5)").substr(0, 5), "T0410");
  EXPECT_EQ(evaluated("$map([1], $match(?, /a/))").substr(0, 5), "T0410");
}

TEST(JsonataFunctions, SignaturesAreChecked) {
  EXPECT_EQ(evaluated("$abs('x')"),
            "T0410: Argument 1 of function \"abs\" does not match function signature");
  EXPECT_EQ(evaluated("$sum(['a'])"),
            "T0412: Argument 1 of function \"sum\" must be an array of \"numbers\"");
  EXPECT_EQ(evaluated("$length()", {.input = "5"}).substr(0, 5), "T0411");
  EXPECT_EQ(evaluated("$sum(4)"), "4");
  EXPECT_EQ(evaluated("function($x)<s:s>{$x}(1)").substr(0, 5), "T0410");
  EXPECT_EQ(evaluated("nope(1)"), "T1006: Attempted to invoke a non-function");
  EXPECT_EQ(evaluated("sum(1)"), "T1005: Attempted to invoke a non-function. Did you mean $sum?");
}

TEST(JsonataFunctions, OfHigherOrder) {
  EXPECT_EQ(evaluated("$filter([1..6], function($x){$x % 2 = 0})"), "[2,4,6]");
  EXPECT_EQ(evaluated("$reduce([1..5], function($a, $b){$a * $b})"), "120");
  EXPECT_EQ(evaluated("$single([1, 2], function($x){$x > 1})"), "2");
  EXPECT_EQ(evaluated("$single([1, 2])").substr(0, 5), "D3138");
  EXPECT_EQ(evaluated("$sift({'a': 1, 'b': 0}, $boolean)"), R"({"a":1})");
  EXPECT_EQ(evaluated("$each({'a': 1}, function($v, $k){$k & $v})"), "\"a1\"");
  EXPECT_EQ(evaluated("$sort([3, 1, 2], function($a, $b){$a < $b})"), "[3,2,1]");
  // A comparator's answer is true as in JavaScript, not as in $boolean().
  EXPECT_EQ(evaluated("$sort([3, 1, 2], function($a, $b){{}})"), "[2,1,3]");
  EXPECT_EQ(evaluated("$sort([3, 1, 2], function($a, $b){[false]})"), "[2,1,3]");
  EXPECT_EQ(evaluated("$sort([3, 1, 2], function($a, $b){''})"), "[3,1,2]");
  EXPECT_EQ(evaluated("$zip([1, 2, 3], [4, 5])"), "[[1,4],[2,5]]");
}

TEST(JsonataFunctions, OfObjectsAndArrays) {
  EXPECT_EQ(evaluated("$keys([{'a': 1}, {'b': 2, 'a': 3}])"), R"(["a","b"])");
  EXPECT_EQ(evaluated("$merge([{'a': 1}, {'b': 2, 'a': 3}])"), R"({"a":3,"b":2})");
  EXPECT_EQ(evaluated("$spread({'a': 1, 'b': 2})"), R"([{"a":1},{"b":2}])");
  EXPECT_EQ(evaluated("$distinct([1, 1.0, '1', {'a': 1}, {'a': 1}])"), R"([1,"1",{"a":1}])");
  EXPECT_EQ(evaluated("$append([1], [2, 3])"), "[1,2,3]");
  EXPECT_EQ(evaluated("$string({'a': [1, true, null]})"), R"("{\"a\":[1,true,null]}")");
}

TEST(JsonataFunctions, Patterns) {
  EXPECT_EQ(evaluated("$match('ab12', /([a-z])([0-9])/).groups"), R"(["b","1"])");
  EXPECT_EQ(evaluated("$replace('John Smith', /(\\w+)\\s(\\w+)/, '$2, $1')"), "\"Smith, John\"");
  EXPECT_EQ(evaluated("$replace('abc', /b/, function($m){$uppercase($m.match)})"), "\"aBc\"");
  EXPECT_EQ(evaluated("$split('a1b2c', /[0-9]/)"), R"(["a","b","c"])");
  EXPECT_EQ(evaluated("/b/('abc').start"), "1");
}

TEST(JsonataFunctions, EvaluateText) {
  EXPECT_EQ(evaluated("($x := 3; $eval('$x + 1'))"), "4");
  EXPECT_EQ(evaluated("$eval('1 +')").substr(0, 5), "D3120");
  EXPECT_EQ(evaluated("$eval('1 + {}')").substr(0, 5), "D3121");
}

}  // namespace
}  // namespace perdure::asl::jsonata
