#include "executors/functions/spawner/protocol.h"

#include <gtest/gtest.h>

namespace perdure::executors::spawn {
namespace {

const std::vector<Message>& one_of_each() {
  static const std::vector<Message> messages = {
      Hello{7, "key"},
      Spawn{"w",
            "tag",
            {"python3", "-I"},
            {"A=1", "B=\xff"},
            "/code",
            {{9, 1ull << 40}},
            10'000,
            {3, 0, 512, 1024, {{"/a", "/var/task"}}, {"/tmp"}},
            "python"},
      Assign{"w", "r", 3000},
      Finish{"w", "r"},
      Kill{"w"},
      Shutdown{},
      Keep{"node/128", Keep::cells, 2, {"node"}, {"A=1"}, "/tmp", {{9, 5}}, {3}, "python"},
      StartSnapshot{Spawn{.worker = "s", .tag = "tag", .argv = {"python3"}, .linger_ms = 1}},
      SnapshotTaken{"s"},
      Welcome{1, 4711, 2, {"A: it needs root"}},
      Workers{{{"w", "tag", 12, "r", 99}, {"v", "", 13, "", 0}}},
      Started{"w", 12, Tier::cell},
      SpawnFailed{"w", "no such file"},
      Output{"w", "r", 2, 5, std::string("a\0b", 3)},
      Exited{"w", "r", 1, 9, 1, 555, 1},
      Ended{{"w", "r", 1, 9, 1, 555, 1}},
      Files{"w", 1 << 20, Files::out | Files::status}};
  return messages;
}

TEST(ProtocolTest, EveryMessageComesBackAsItWas) {
  for (const Message& message : one_of_each()) {
    FrameReader reader;
    reader.push(encode(message));
    auto read = reader.next();
    ASSERT_TRUE(read && *read);
    EXPECT_EQ(**read, message) << "alternative " << message.index();
  }
}

TEST(ProtocolTest, FramesMayComeInAnyPieces) {
  std::string bytes;
  for (const Message& message : one_of_each()) bytes += encode(message);
  for (size_t piece : {size_t{1}, size_t{3}, size_t{7}, bytes.size()}) {
    FrameReader reader;
    std::vector<Message> read;
    for (size_t at = 0; at < bytes.size(); at += piece) {
      reader.push(std::string_view(bytes).substr(at, piece));
      for (;;) {
        auto next = reader.next();
        ASSERT_TRUE(next);
        if (!*next) break;
        read.push_back(std::move(**next));
      }
    }
    EXPECT_EQ(read, one_of_each()) << "pieces of " << piece;
  }
}

TEST(ProtocolTest, UnknownTypesAndMembersAreSkipped) {
  std::string unknown = {5, 0, 0, 0, 99, 'a', 'b', 'c', 'd'};
  std::string longer = encode(Kill{"w"});
  longer[0] = static_cast<char>(longer[0] + 3);
  longer += "new";
  FrameReader reader;
  reader.push(unknown + longer + encode(Shutdown{}));
  EXPECT_EQ(**reader.next(), Message(Kill{"w"}));
  EXPECT_EQ(**reader.next(), Message(Shutdown{}));
  EXPECT_FALSE(*reader.next());
}

TEST(ProtocolTest, NonsenseIsRefused) {
  std::string cut = encode(Assign{"worker", "request", 1});
  cut[0] = static_cast<char>(cut[0] - 4);
  std::string huge = {'\xff', '\xff', '\xff', '\x7f', 1};
  std::string lying = {9, 0, 0, 0, 66, '\xff', '\xff', '\xff', '\xff', 0, 0, 0, 0};
  for (const std::string& bytes : {cut, huge, lying}) {
    FrameReader reader;
    reader.push(bytes);
    EXPECT_FALSE(reader.next());
  }
}

}  // namespace
}  // namespace perdure::executors::spawn
