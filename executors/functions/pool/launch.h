#pragma once
// How the worker of a function is started: program, environment, limits.

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "executors/functions/function_types.h"
#include "executors/functions/sandbox/level.h"
#include "executors/functions/spawner/protocol.h"

namespace perdure::executors {

enum class Language { python, node, custom };

struct Interpreter {
  Language language;
  std::string program;  // absolute path; empty: the package brings it
};

// The interpreter that serves a runtime of AWS's naming. Refused with advice: other runtimes, and
// languages that are not installed here.
Result<Interpreter> interpreter_for(std::string_view runtime);
// "3.11.2" or "20.20.2"; empty if it does not say.
std::string version_of(const Interpreter& interpreter);

// What a worker has of its own, from its secret: nothing of it needs to be stored.
struct WorkerCredentials {
  std::string access_key, secret_key, session_token;
};
WorkerCredentials credentials_of(std::string_view worker_secret);

// Where the parts of the runtime are on this machine.
struct RuntimePlaces {
  std::string bootstrap_folder;  // bootstrap.py, bootstrap.mjs, zygote.py, bridge
  std::string endpoint_socket;
  std::string endpoint_url;  // of our API
  sandbox::Level level = sandbox::Level::none;
  std::string writable_folder{};  // at level C: what workers have for /tmp
  std::string layers_folder{};    // layers lie merged in folders under it
};

struct WorkerIdentity {
  std::string id;      // a UUID
  std::string secret;  // 64 hexadecimal digits
  std::string log_stream;
};
WorkerIdentity new_worker(Random& random, int64_t now_ms, std::string_view version);

// `snapshot`: it is forked from that, where that can be had.
Result<spawn::Spawn> launch_order(const FunctionConfiguration& function,
                                  const std::string& code_root, const WorkerIdentity& worker,
                                  const RuntimePlaces& places, bool provisioned = false,
                                  const WorkerIdentity* snapshot = nullptr);

// SnapStart: PublishedVersions. What has it is started with AWS's hooks around a snapshot.
bool wants_snap_start(const FunctionConfiguration& function);
// The same of a published version.
bool snap_starts(const FunctionConfiguration& version);
// Refused, with the reason in a few words: its workers cannot come from a snapshot here.
Result<> can_be_snapshot(const FunctionConfiguration& version, const RuntimePlaces& places);
Result<spawn::StartSnapshot> snapshot_order(const FunctionConfiguration& version,
                                            const std::string& code_root,
                                            const WorkerIdentity& snapshot,
                                            const RuntimePlaces& places);

// What the spawner should keep ready so that workers of this function start sooner: first what they
// come from, then what that comes from. Nothing where the function's variables have a meaning for
// the start of a process (LD_PRELOAD, NODE_OPTIONS, LANG, ...), and no cells where a sandbox cannot
// be made before the function is known.
std::vector<spawn::Keep> keep_orders(const FunctionConfiguration& function,
                                     const RuntimePlaces& places);

// The tag of a worker in the spawner, from which a later engine knows it again.
struct WorkerTag {
  WorkerIdentity worker;
  FunctionConfiguration function;  // what log lines and answers need of it; not its code
  sandbox::Level level = sandbox::Level::none;
  bool provisioned = false;
  bool is_snapshot = false;
  std::string snapshot_key{};  // access key of the snapshot that it came from
};
std::string to_tag(const WorkerTag& tag);
std::optional<WorkerTag> from_tag(std::string_view text);

}  // namespace perdure::executors
