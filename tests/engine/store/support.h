#pragma once
// What the tests of the stores share: folders that go away, keys, records, and reads as text.

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>

#include "engine/store/memory.h"
#include "engine/store/sqlite.h"

namespace perdure::engine {

// In memory where the system offers that: what is tested here is not the disk.
class StoreFolder {
 public:
  StoreFolder() {
    const std::string base = access("/dev/shm", W_OK) == 0 ? "/dev/shm/" : testing::TempDir();
    std::string pattern = base + "perdure-store-XXXXXX";
    if (mkdtemp(pattern.data()) == nullptr) ADD_FAILURE() << "no folder in " << base;
    path_ = pattern;
  }
  ~StoreFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  StoreFolder(const StoreFolder&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

inline std::unique_ptr<Store> opened(const StoreFolder& folder) {
  auto store = open_sqlite_store(folder.path());
  if (!store) throw std::runtime_error(store.error().cause);
  return std::move(*store);
}

inline ActorKey key_of(uint8_t number) {
  ActorKey key;
  key.bytes[0] = static_cast<uint8_t>(number * 37);
  key.bytes[15] = number;
  return key;
}

inline ExecutionRecord record_of(const ActorKey& key, const std::string& machine,
                                 const std::string& name, int64_t start_ms) {
  ExecutionRecord record;
  record.key = key;
  record.machine_arn = state_machine_arn({}, machine);
  record.arn = execution_arn({}, machine, name);
  record.name = name;
  record.status = "RUNNING";
  record.start_ms = start_ms;
  return record;
}

inline std::string text_of(const ActorKey& key) {
  return std::to_string(key.bytes[0]) + "/" + std::to_string(key.bytes[15]);
}
inline std::string text_of(const JournalRow& row) {
  return std::to_string(row.sequence) + "=" + row.data;
}
inline std::string text_of(const ExecutionRecord& record) {
  return text_of(record.key) + "|" + record.tenant.account + "|" + record.tenant.region + "|" +
         record.arn + "|" + record.machine_arn + "|" + record.name + "|" + record.status + "|" +
         std::to_string(record.start_ms) + "|" + std::to_string(record.stop_ms) + "|" +
         record.version_arn + "|" + record.alias_arn + "|" + std::to_string(record.redrive_count) +
         "|" + std::to_string(record.redrive_ms);
}
inline std::string text_of(const ActorDue& due) {
  return text_of(due.actor) + "|" + std::to_string(static_cast<int>(due.kind)) + "|" +
         std::to_string(due.due_ms);
}
inline std::string text_of(const OpenActor& actor) {
  return text_of(actor.actor) + "|" + std::to_string(static_cast<int>(actor.kind));
}
inline std::string text_of(const InboxMessage& message) {
  return std::to_string(message.id) + "->" + text_of(message.to) + ":" + message.message;
}
inline std::string text_of(const Document& document) {
  return document.kind + "|" + document.tenant.account + "|" + document.tenant.region + "|" +
         document.name + "|" + document.json + "|" + std::to_string(document.revision);
}
// Spelled out, because what Result<T> names does not say T.
template <class Row>
std::string text_of(const boost::system::result<std::vector<Row>, Error>& rows) {
  if (!rows) return "error: " + rows.error().cause;
  std::string text;
  for (const Row& row : *rows) text += (text.empty() ? "" : " ") + text_of(row);
  return text;
}

}  // namespace perdure::engine
