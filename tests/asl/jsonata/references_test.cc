// What an expression may ask its surroundings for: nothing else needs to be there.
#include <gtest/gtest.h>

#include "asl/jsonata/expression.h"

namespace perdure::asl::jsonata {
namespace {

std::string listed(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : " ") + name;
  return text;
}

// "variables | fields of $states", "*" for all of these.
std::string reads(std::string_view text) {
  const auto expression = Expression::compile(text, Mode::aws);
  if (!expression) return "does not compile";
  const auto& found = expression->references();
  return listed(found.read) + " | " + (found.whole_states ? "*" : listed(found.states));
}

TEST(References, VariablesThatAreReadAreNamedOnce) {
  EXPECT_EQ(reads("1 + 2"), " | ");
  EXPECT_EQ(reads("$a + $b.c[$d > 1] + $a"), "a b d | ");
  EXPECT_EQ(reads("$sum($a)"), "a | ");
}

// An outer one may be meant where it stands before the assignment or beside its block.
TEST(References, AssignedOnesThatAreReadAreNamedToo) {
  EXPECT_EQ(reads("($b := $a; ($a := 1); $a)"), "a | ");
  EXPECT_EQ(reads("$map([1], function($x) { $x + $y })"), "x y | ");
}

// Each part of an expression is met once: twice at each level would be for ever at this depth.
TEST(References, SortsInsideSortsAreReadOnce) {
  std::string text = "$a";
  for (int i = 0; i < 60; ++i) text = "$f(" + text + ")^($b)";
  EXPECT_EQ(reads(text), "f a b | ");
}

TEST(References, FieldsOfStatesAreNamed) {
  EXPECT_EQ(reads("$states.input.a"), "states | input");
  EXPECT_EQ(reads("$states.input.a & $states.context.State.Name"), "states | input context");
  EXPECT_EQ(reads("$states.input[$states.result = a]"), "states | input result");
}

TEST(References, AnyOtherUseOfStatesNeedsAllOfIt) {
  for (const char* text :
       {"$states", "$keys($states)", "$states.*", "$states.**", "$lookup($states, 'in' & 'put')",
        "$states[$exists(context)].input", "($s := $states; $s.context)", "$states ~> $string()",
        "$states.(input)", "$states.\"input\"[0].%", "$states@$s.input.($s.context)",
        "$states{'a': context}"}) {
    const std::string said = reads(text);
    EXPECT_TRUE(said.ends_with("| *") || said == "does not compile") << text << ": " << said;
  }
}

}  // namespace
}  // namespace perdure::asl::jsonata
