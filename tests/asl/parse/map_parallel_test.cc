#include "tests/asl/parse/checking.h"

namespace perdure::asl {
namespace {

const char* const processor = R"({"StartAt": "I", "States": {"I": {"Type": "Pass", "End": true}}})";

std::string map(const std::string& fields) {
  return R"({"Type": "Map", "End": true, "ItemProcessor": )" + std::string(processor) + ", " +
         fields + "}";
}

TEST(MapTest, ReadsItsFields) {
  const auto state = parsed<MapState>(machine_of(map(
      R"("ItemsPath": "$.items", "ItemSelector": {"v.$": "$$.Map.Item.Value"}, "MaxConcurrency": 3,
         "ResultSelector": {"r.$": "$"}, "ResultPath": "$.out", "ToleratedFailureCount": 2,
         "Label": "L", "Retry": [{"ErrorEquals": ["E"]}])")));
  ASSERT_TRUE(state.processor);
  EXPECT_EQ(state.processor->start_at, "I");
  EXPECT_EQ(state.mode, MapState::Mode::inline_);
  EXPECT_EQ(state.items_path.path->text(), "$.items");
  EXPECT_TRUE(state.item_selector);
  EXPECT_EQ(state.max_concurrency, 3);
  EXPECT_TRUE(state.fields.result_selector);
  EXPECT_EQ(state.fields.result_path.path->text(), "$.out");
  EXPECT_EQ(state.tolerated_failure_count.seconds, 2);
  EXPECT_EQ(state.label, "L");
  EXPECT_EQ(state.fields.retry.size(), 1u);
}

TEST(MapTest, LegacyIteratorAndParameters) {
  const auto state = parsed<MapState>(
      machine_of(R"({"Type": "Map", "Iterator": )" + std::string(processor) +
                 R"(, "Parameters": {"v.$": "$$.Map.Item.Value"}, "MaxConcurrencyPath": "$.n",
             "End": true})"));
  EXPECT_EQ(state.processor->start_at, "I");
  EXPECT_TRUE(state.item_selector);
  EXPECT_EQ(state.max_concurrency_path->text(), "$.n");
}

TEST(MapTest, OneProcessor) {
  EXPECT_THAT(errors_of_state(R"({"Type": "Map", "End": true})"),
              ElementsAre(schema("This object should have only one of the following fields: "
                                 "[ItemProcessor, Iterator]",
                                 "/States/X")));
  EXPECT_THAT(errors_of_state(map(R"("Iterator": {})")),
              ElementsAre(schema("There should only be one of the following fields: "
                                 "[ItemProcessor, Iterator]",
                                 "/States/X")));
  EXPECT_THAT(
      errors_of_state(R"({"Type": "Map", "End": true, "ItemProcessor": {
                                  "QueryLanguage": "JSONPath"}})"),
      testing::UnorderedElementsAre(
          schema("Field 'QueryLanguage' is not supported", "/States/X/ItemProcessor"),
          schema("These fields are required: [States, StartAt]", "/States/X/ItemProcessor")));
}

TEST(MapTest, NumbersHaveBoundsAndPathsAreReferences) {
  EXPECT_THAT(errors_of_state(map(R"("MaxConcurrency": -1)")),
              ElementsAre(schema("Minimum value is 0", "/States/X/MaxConcurrency")));
  EXPECT_THAT(
      errors_of_state(map(R"("ToleratedFailurePercentage": 101)")),
      ElementsAre(schema("Maximum value is 100.0", "/States/X/ToleratedFailurePercentage")));
  EXPECT_THAT(errors_of_state(map(R"("ToleratedFailurePercentage": -1)")),
              ElementsAre(schema("Minimum value is 0.0", "/States/X/ToleratedFailurePercentage")));
  EXPECT_THAT(errors_of_state(map(R"("MaxConcurrencyPath": "$$.Execution.Input.n")")),
              ElementsAre(schema("Value is not a Reference Path", "/States/X/MaxConcurrencyPath")));
  EXPECT_THAT(errors_of_state(map(R"("ItemsPath": "$$.Execution.Input.items")")), IsEmpty());
  EXPECT_THAT(errors_of_state(map(R"("MaxConcurrency": 1, "MaxConcurrencyPath": "$.n")")),
              ElementsAre(schema("There should only be one of the following fields: "
                                 "[MaxConcurrency, MaxConcurrencyPath]",
                                 "/States/X")));
}

TEST(MapTest, ProcessorConfig) {
  const auto errors = [](const std::string& config, MachineType type = MachineType::standard) {
    return errors_of_state(R"({"Type": "Map", "End": true, "ItemProcessor": {"ProcessorConfig": )" +
                               config +
                               R"(, "StartAt": "I", "States": {
                                 "I": {"Type": "Pass", "End": true}}}})",
                           type);
  };
  const std::string at = "/States/X/ItemProcessor/ProcessorConfig";
  EXPECT_THAT(errors(R"({"Mode": "INLINE"})"), IsEmpty());
  EXPECT_THAT(errors("{}"), IsEmpty());
  EXPECT_THAT(errors(R"({"Mode": "INLINE", "ExecutionType": "STANDARD"})"),
              ElementsAre(schema("Field 'ExecutionType' is not supported", at)));
  EXPECT_THAT(errors(R"({"Mode": "DISTRIBUTED"})"),
              ElementsAre(schema("These fields are required: [ExecutionType]", at)));
  EXPECT_THAT(errors(R"({"Mode": "DISTRIBUTED", "ExecutionType": "FAST"})"),
              ElementsAre(schema("Value should be one of the following: [STANDARD, EXPRESS]",
                                 at + "/ExecutionType")));
  EXPECT_THAT(
      errors(R"({"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"})", MachineType::express),
      ElementsAre(schema("The field 'Mode' with value 'DISTRIBUTED' is not supported inside "
                         "'EXPRESS' state machines",
                         at + "/Mode")));
}

TEST(MapTest, Labels) {
  EXPECT_THAT(errors_of_state(map(R"("Label": ")" + std::string(41, 'l') + "\"")),
              ElementsAre("INVALID_LABEL_NAME: Invalid Label name: " + std::string(41, 'l') +
                          " exceeds the 40-character limit allowed by the service at "
                          "/States/X/Label"));
}

TEST(MapTest, ALabelNamesOneMap) {
  const std::string inner = map(R"("Label": "l")");
  const std::string outer = R"({"Type": "Map", "Label": "l", "End": true, "ItemProcessor":
      {"StartAt": "M", "States": {"M": )" +
                            inner + "}}}";
  EXPECT_THAT(errors_of_state(outer),
              ElementsAre(testing::StartsWith("DUPLICATE_LABEL_NAME: Duplicate Label name: l")));
}

// They become a part of ARNs.
TEST(MapTest, LabelsHaveNoSpecialCharacters) {
  for (const char* label : {"a b", "a/b", "a:b", "a*", "", "a\\tb"}) {
    EXPECT_THAT(errors_of_state(map(R"("Label": ")" + std::string(label) + "\"")),
                ElementsAre(testing::StartsWith("INVALID_LABEL_NAME: Invalid Label name: ")))
        << label;
  }
  EXPECT_THAT(errors_of_state(map(R"("Label": "Ein-Etikett_1.ä")")), testing::IsEmpty());
}

TEST(MapTest, WhatIsReadAndWrittenHasItsResource) {
  EXPECT_THAT(errors_of_state(map(R"("ResultWriter": {"Resource": "arn:aws:states:::s3:getObject",
          "Parameters": {"Bucket": "b"}}, "ItemBatcher": {"MaxInputBytesPerBatch": 262145})")),
              testing::UnorderedElementsAre(
                  schema("Maximum value is 262144", "/States/X/ItemBatcher/MaxInputBytesPerBatch"),
                  schema("The field 'Resource' does not match any of the allowed values. Examples: "
                         "[arn:<partition>:states:::s3:putObject]",
                         "/States/X/ResultWriter/Resource")));
}

TEST(MapTest, DistributedFieldsAreCheckedThoughTheyDoNotRun) {
  EXPECT_THAT(errors_of_state(map(R"("ItemReader": {"Resource": "arn:aws:states:::s3:putObject",
          "ReaderConfig": {"InputType": "CSV", "MaxItems": 1, "MaxItemsPath": "$.n"}},
          "ItemBatcher": {"MaxItemsPerBatch": -1}, "ResultWriter": {})")),
              testing::SizeIs(5));
}

TEST(ParallelTest, ReadsBranches) {
  const auto state = parsed<ParallelState>(machine_of(
      R"({"Type": "Parallel", "Parameters": {"a": 1}, "ResultPath": "$.r", "End": true,
          "Branches": [{"Comment": "first", "StartAt": "A", "States": {"A": {"Type": "Succeed"}}},
                       {"StartAt": "B", "States": {"B": {"Type": "Succeed"}}}]})"));
  ASSERT_EQ(state.branches.size(), 2u);
  EXPECT_EQ(state.branches[1]->start_at, "B");
  EXPECT_TRUE(state.fields.parameters);
}

TEST(ParallelTest, BranchesAreRequiredAndWhole) {
  EXPECT_THAT(errors_of_state(R"({"Type": "Parallel", "End": true})"),
              ElementsAre(schema("These fields are required: [Branches]", "/States/X")));
  EXPECT_THAT(errors_of_state(R"({"Type": "Parallel", "Branches": [], "End": true})"),
              ElementsAre(schema("Value cannot be empty", "/States/X/Branches")));
  EXPECT_THAT(errors_of_state(R"({"Type": "Parallel", "Branches": [{"StartAt": "A"}, 1],
                                  "End": true})"),
              ElementsAre(schema("These fields are required: [States]", "/States/X/Branches[0]"),
                          schema("Expected value of type [OBJECT]", "/States/X/Branches[1]")));
}

}  // namespace
}  // namespace perdure::asl
