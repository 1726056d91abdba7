#include "tests/asl/parse/checking.h"

namespace perdure::asl {
namespace {

std::string missing(const std::string& target, const std::string& location) {
  return "MISSING_TRANSITION_TARGET: Missing 'Next' target: " + target + " at " + location;
}
std::string unreachable(const std::string& name, const std::string& location) {
  return "MISSING_TRANSITION_TARGET: State \"" + name + "\" is not reachable. at " + location;
}
const char* const no_end = "MISSING_END_STATE: Workflow has no terminal state at null";

TEST(GraphTest, ALoopNeverEnds) {
  EXPECT_THAT(errors_of(R"({"StartAt": "A", "States": {
                "A": {"Type": "Pass", "Next": "B"}, "B": {"Type": "Pass", "Next": "A"},
                "Unused": {"Type": "Pass", "Next": "A"}}})"),
              ElementsAre(no_end));
}

TEST(GraphTest, ALoopWithAnUnreachableEnd) {
  EXPECT_THAT(errors_of(R"({"StartAt": "A", "States": {
                "A": {"Type": "Pass", "Next": "B"}, "B": {"Type": "Pass", "Next": "A"},
                "C": {"Type": "Pass", "End": true}}})"),
              ElementsAre(unreachable("C", "/States/C")));
}

TEST(GraphTest, ADanglingTargetComesBeforeTheMissingEnd) {
  EXPECT_THAT(errors_of(R"({"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "NOPE"}}})"),
              ElementsAre(missing("NOPE", "/States/A/Next"), no_end));
}

TEST(GraphTest, StartAtIsATransitionToo) {
  EXPECT_THAT(
      errors_of(R"({"StartAt": "Not sure", "States": {
                "Pass One": {"Type": "Pass", "End": true}}})"),
      ElementsAre(missing("Not sure", "/StartAt"), unreachable("Pass One", "/States/Pass One")));
}

TEST(GraphTest, EveryKindOfTransitionIsChecked) {
  EXPECT_THAT(
      errors_of(R"({"StartAt": "C", "States": {
        "C": {"Type": "Choice", "Default": "N2", "Choices": [
          {"Variable": "$.a", "IsNull": true, "Next": "N1"},
          {"Variable": "$.b", "IsNull": true, "Next": "T"}]},
        "T": {"Type": "Task", "Resource": "arn:aws:lambda:r:1:function:f", "End": true,
              "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "N3"}]}}})"),
      ElementsAre(missing("N2", "/States/C/Default"), missing("N1", "/States/C/Choices[0]/Next"),
                  missing("N3", "/States/T/Catch[0]/Next")));
}

TEST(GraphTest, CatchersAndRulesReach) {
  EXPECT_THAT(errors_of(R"({"StartAt": "T", "States": {
        "T": {"Type": "Task", "Resource": "arn:aws:lambda:r:1:function:f", "Next": "C",
              "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Caught"}]},
        "C": {"Type": "Choice", "Choices": [{"Variable": "$.a", "IsNull": true, "Next": "End"}]},
        "Caught": {"Type": "Fail"}, "End": {"Type": "Succeed"}}})"),
              IsEmpty());
}

TEST(GraphTest, BranchesAreScopesOfTheirOwn) {
  EXPECT_THAT(errors_of(R"({"StartAt": "P", "States": {
        "P": {"Type": "Parallel", "Next": "Outside", "Branches": [
          {"StartAt": "In", "States": {"In": {"Type": "Pass", "Next": "Outside"}}}]},
        "Outside": {"Type": "Succeed"}}})"),
              ElementsAre(missing("Outside", "/States/P/Branches[0]/States/In/Next")));
}

TEST(GraphTest, OnlyTheWholeMachineMustEnd) {
  EXPECT_THAT(errors_of_state(R"({"Type": "Map", "End": true, "ItemProcessor": {
        "StartAt": "A", "States": {
          "A": {"Type": "Pass", "Next": "B"}, "B": {"Type": "Pass", "Next": "A"}}}})"),
              IsEmpty());
  EXPECT_THAT(errors_of_state(R"({"Type": "Map", "End": true, "ItemProcessor": {
        "StartAt": "A", "States": {
          "A": {"Type": "Pass", "End": true}, "B": {"Type": "Pass", "Next": "A"}}}})"),
              ElementsAre(unreachable("B", "/States/X/ItemProcessor/States/B")));
}

TEST(GraphTest, NamesAreUniqueInTheWholeMachine) {
  EXPECT_THAT(errors_of(R"({"StartAt": "P", "States": {
        "P": {"Type": "Parallel", "Next": "In", "Branches": [
          {"StartAt": "In", "States": {"In": {"Type": "Pass", "End": true}}}]},
        "In": {"Type": "Succeed"}}})"),
              ElementsAre("DUPLICATE_STATE_NAME: Duplicate State name: In at /States/In"));
}

TEST(GraphTest, NothingIsCalledUnreachableWhileAWayOnIsUnclear) {
  EXPECT_THAT(errors_of(R"({"StartAt": "A", "States": {
        "A": {"Type": "Nonsense", "Next": "B"}, "B": {"Type": "Succeed"}}})"),
              ElementsAre(schema("The field 'Type' should have one of these values: [Task, Wait, "
                                 "Pass, Succeed, Fail, Choice, Parallel, Map]",
                                 "/States/A/Type")));
  EXPECT_THAT(errors_of(R"({"States": {"A": {"Type": "Pass", "End": true}}})"),
              ElementsAre(schema("These fields are required: [StartAt]", "/")));
}

}  // namespace
}  // namespace perdure::asl
