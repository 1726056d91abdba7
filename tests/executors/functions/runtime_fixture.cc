#include "tests/executors/functions/runtime_fixture.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <zip.h>

#include <filesystem>
#include <fstream>

#include "base/files.h"

namespace perdure::executors {
namespace {

bool is_program(std::string_view content) {
  return content.starts_with("#!") || content.starts_with(
                                          "\x7f"
                                          "ELF");
}

}  // namespace

void MapStore::write(engine::DocumentWrite write, std::function<void(Result<int64_t>)> done) {
  engine::Document document = write.document;
  std::string key = document.kind + "/" + document.tenant.account + "/" + document.name;
  {
    std::lock_guard lock(mutex_);
    int64_t stored = documents_.contains(key) ? documents_[key].revision : 0;
    if (write.expected_revision && *write.expected_revision != stored) {
      stored = -1;
    } else if (write.remove) {
      documents_.erase(key);
    } else {
      document.revision = stored + 1;
      documents_[key] = document;
    }
    if (stored < 0) document.revision = -1;
  }
  if (document.revision < 0) return done(Error{ErrorKind::conflict, "Conflict", "revision"});
  done(document.revision);
}

Result<std::vector<engine::Document>> MapStore::documents(std::string_view kind) {
  std::lock_guard lock(mutex_);
  std::vector<engine::Document> found;
  for (const auto& [key, document] : documents_) {
    if (document.kind == kind) found.push_back(document);
  }
  return found;
}

RuntimeTest::RuntimeTest() {
  char name[] = "/tmp/perdure-test-XXXXXX";
  folder_ = mkdtemp(name);
  blobs_ = std::move(*engine::open_blobs(folder_ + "/blobs"));
  logs_ = std::make_unique<engine::Logs>(engine::LogOptions{.folder = folder_ + "/logs"}, clock_,
                                         log_runner_);
}

RuntimeTest::~RuntimeTest() {
  int spawner = runtime_ ? runtime_->statistics().spawner_pid : 0;
  drop();
  if (spawner > 0 && kill(spawner, SIGTERM) == 0) waitpid(spawner, nullptr, 0);
  log_runner_.stop();
  logs_.reset();  // writes what is left, before its folder goes
  (void)remove_directory(folder_);
}

void RuntimeTest::start(FunctionOptions options) {
  drop();
  options.data_folder = folder_;
  reactor_ = std::make_unique<ReactorThread>();
  auto made = make_function_runtime({.clock = clock_,
                                     .random = random_,
                                     .reactor = reactor_->reactor(),
                                     .store = store_,
                                     .writer = store_,
                                     .blobs = *blobs_,
                                     .logs = *logs_,
                                     .runner = log_runner_,
                                     .options = options});
  ASSERT_TRUE(made) << made.error().cause;
  runtime_ = std::move(*made);
  auto started = runtime_->start();
  ASSERT_TRUE(started) << started.error().cause;
}

void RuntimeTest::drop() {
  runtime_.reset();
  reactor_.reset();
}

FolderCode RuntimeTest::folder_with(const Files& files) {
  std::string folder = folder_ + "/code-" + std::to_string(++folders_);
  for (const auto& [name, content] : files) {
    std::filesystem::path path = folder + "/" + name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path) << content;
    if (is_program(content)) std::filesystem::permissions(path, std::filesystem::perms(0755));
  }
  return {folder};
}

std::string RuntimeTest::zip_of(const Files& files) {
  char name[] = "/tmp/perdure-zip-XXXXXX";
  close(mkstemp(name));
  zip_t* archive = zip_open(name, ZIP_CREATE | ZIP_TRUNCATE, nullptr);
  for (const auto& [path, content] : files) {
    zip_source_t* source = zip_source_buffer(archive, content.data(), content.size(), 0);
    const auto index = zip_file_add(archive, path.c_str(), source, ZIP_FL_ENC_UTF_8);
    const zip_uint32_t mode = S_IFREG | (is_program(content) ? 0755 : 0644);
    zip_file_set_external_attributes(archive, static_cast<zip_uint64_t>(index), 0, ZIP_OPSYS_UNIX,
                                     mode << 16);
  }
  zip_close(archive);
  std::string bytes = *read_file(name);
  (void)remove_file(name);
  return bytes;
}

void RuntimeTest::create(const std::string& name, const Files& files, const std::string& runtime,
                         const std::string& handler, int64_t timeout_s,
                         std::map<std::string, std::string> environment, CreateFunction more) {
  more.tenant = tenant_;
  more.name = name;
  more.runtime = runtime;
  more.handler = handler;
  more.role = "arn:aws:iam::111111111111:role/r";
  more.timeout_s = timeout_s;
  more.environment = std::move(environment);
  more.code = ZipCode{zip_of(files)};
  const auto result = wait<FunctionConfiguration>(
      [&](auto done) { runtime_->create(std::move(more), std::move(done)); });
  ASSERT_TRUE(result) << result.error().cause;
}

std::future<Result<InvokeResult>> RuntimeTest::begin(const std::string& name,
                                                     const std::string& payload, bool may_queue,
                                                     bool log_tail) {
  auto promise = std::make_shared<std::promise<Result<InvokeResult>>>();
  auto future = promise->get_future();
  runtime_->invoke({.tenant = tenant_,
                    .function = name,
                    .payload = payload,
                    .log_tail = log_tail,
                    .may_queue = may_queue},
                   [promise](Result<InvokeResult> result) { promise->set_value(result); });
  return future;
}

Result<InvokeResult> RuntimeTest::invoke(const std::string& name, const std::string& payload,
                                         bool log_tail) {
  return begin(name, payload, false, log_tail).get();
}

std::vector<std::string> RuntimeTest::log_of(const std::string& name) {
  std::vector<std::string> lines;
  auto read = logs_->read({.tenant = tenant_, .group = "/aws/lambda/" + name, .limit = 100'000});
  if (!read) return lines;
  for (const auto& line : *read) lines.push_back(line.message);
  return lines;
}

bool RuntimeTest::comes_into_log(const std::string& name, const std::string& end) {
  for (int i = 0; i < 250; ++i, usleep(20'000)) {
    for (const std::string& line : log_of(name)) {
      if (line.ends_with(end)) return true;
    }
  }
  return false;
}

std::string unique_sleep() {
  static int number = 0;
  return "600." + std::to_string(getpid()) + "0" + std::to_string(++number);
}

std::vector<int> processes_with(const std::string& text) {
  std::vector<int> found;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator("/proc", error)) {
    const std::string name = entry.path().filename();
    if (name.find_first_not_of("0123456789") != name.npos) continue;
    const auto command = read_file("/proc/" + name + "/cmdline");
    if (command && command->find(text) != command->npos) found.push_back(std::stoi(name));
  }
  return found;
}

bool begin_soon(const std::string& text) {
  for (int i = 0; i < 150 && processes_with(text).empty(); ++i) usleep(20'000);
  return !processes_with(text).empty();
}

bool end_soon(const std::string& text) {
  for (int i = 0; i < 150 && !processes_with(text).empty(); ++i) usleep(20'000);
  return processes_with(text).empty();
}

std::string member(const Result<InvokeResult>& result, const std::string& name) {
  if (!result) return "refused: " + result.error().name + ": " + result.error().cause;
  auto json = parse_json(result->payload);
  if (!json || !json->is_object() || !json->contains(name)) return "none in " + result->payload;
  const Json& value = (*json)[name];
  return value.is_string() ? value.get<std::string>() : dump_json(value);
}

}  // namespace perdure::executors
