#include "engine/catalog/state_machine_catalog.h"

#include <gtest/gtest.h>

namespace perdure::engine {
namespace {

// Completes every write at once, with the store's rule for expected revisions.
class InstantWriter : public DocumentWriter {
 public:
  void write(DocumentWrite write, std::function<void(Result<int64_t>)> done) override {
    int64_t& revision = revisions_[write.document.kind + "/" + write.document.name];
    if (write.expected_revision && *write.expected_revision != revision) {
      return done(Error{ErrorKind::conflict, "Conflict", ""});
    }
    revision = write.remove ? 0 : ++last_revision_;
    done(last_revision_);
  }

 private:
  std::map<std::string, int64_t> revisions_;
  int64_t last_revision_ = 0;
};

struct StateMachineCatalogTest : ::testing::Test {
  InstantWriter writer;
  SystemClock clock;
  StateMachineCatalog catalog{writer, clock, [] { return std::string("revision"); }};
  const std::string arn = "arn:aws:states:us-east-1:000000000000:stateMachine:m";

  StateMachineRecord record(std::string definition) {
    StateMachineRecord record;
    record.name = "m";
    record.definition = std::move(definition);
    record.role_arn = "role";
    record.settings = Json::object();
    return record;
  }
  Result<StateMachineRecord> create(StateMachineRecord record) {
    Result<StateMachineRecord> result = internal_error("not called");
    catalog.create(std::move(record), [&](Result<StateMachineRecord> r) { result = std::move(r); });
    return result;
  }
};

constexpr char one[] = R"({"StartAt":"A","States":{"A":{"Type":"Succeed"}}})";
constexpr char two[] = R"({"StartAt":"A", "States":{"A":{"Type":"Succeed"}}})";

TEST_F(StateMachineCatalogTest, the_same_machine_again_is_the_same_and_another_is_refused) {
  const auto first = create(record(one));
  ASSERT_TRUE(first);
  StateMachineRecord again = record(one);
  again.role_arn = "another role is not compared";
  EXPECT_EQ(create(again)->created_ms, first->created_ms);
  EXPECT_EQ(catalog.find(arn)->role_arn, "role");
  EXPECT_EQ(create(record(two)).error().name, "StateMachineAlreadyExists");
}

TEST_F(StateMachineCatalogTest, an_update_leaves_the_old_definition_to_those_who_pinned_it) {
  const std::string old_hash = create(record(one))->definition_hash;
  StateMachines::Update update;
  update.definition = two;
  catalog.update(arn, update, [](Result<StateMachineRecord> r) { EXPECT_TRUE(r); });
  EXPECT_EQ(catalog.find(arn)->definition, two);
  EXPECT_EQ(catalog.find(arn)->role_arn, "role");
  EXPECT_EQ(catalog.definition_text(old_hash), one);
  EXPECT_NE(catalog.parsed(old_hash), nullptr);
  catalog.remove(arn, [](Result<bool> r) { EXPECT_TRUE(r); });
  EXPECT_FALSE(catalog.find(arn));
  EXPECT_NE(catalog.parsed(old_hash), nullptr);
}

TEST_F(StateMachineCatalogTest, a_definition_is_read_once_by_what_was_given) {
  int readings = 0;
  StateMachineCatalog reader{writer, clock, [] { return std::string("revision"); },
                             [&](std::string_view text) {
                               ++readings;
                               return asl::load_definition(text);
                             }};
  reader.create(record(one), [](Result<StateMachineRecord> r) { EXPECT_TRUE(r); });
  const std::string hash = reader.find(arn)->definition_hash;
  EXPECT_NE(reader.parsed(hash), nullptr);
  EXPECT_EQ(reader.parsed(hash), reader.parsed(hash));
  EXPECT_EQ(readings, 1);
}

TEST_F(StateMachineCatalogTest, what_is_not_there_is_said_so) {
  catalog.update(
      "arn:aws:states:us-east-1:000000000000:stateMachine:x", {},
      [](Result<StateMachineRecord> r) { EXPECT_EQ(r.error().name, "StateMachineDoesNotExist"); });
  EXPECT_EQ(catalog.parsed("00"), nullptr);
  EXPECT_FALSE(catalog.find("no ARN at all"));
}

}  // namespace
}  // namespace perdure::engine
