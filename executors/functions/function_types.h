#pragma once
// The values that the function runtime and its callers exchange.

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "engine/keys.h"

namespace perdure::executors {

template <class T>
using Done = std::function<void(Result<T>)>;

// A layer's version, as a function has it.
struct FunctionLayer {
  std::string arn;        // with its number
  std::string blob;       // the package in the blob store
  int64_t code_size = 0;  // bytes of it
  bool operator==(const FunctionLayer&) const = default;
};

struct ProvisionedConcurrency {
  int64_t count = 0;
  int64_t modified_ms = 0;
  bool operator==(const ProvisionedConcurrency&) const = default;
};

// A function as it is kept, or one published version of it.
struct FunctionConfiguration {
  engine::Tenant tenant;
  std::string name;
  std::string arn;                  // without qualifier
  std::string version = "$LATEST";  // or a number
  std::string runtime;              // "python3.12", "nodejs20.x": as asked for
  std::string handler;
  std::string role;
  std::string description;
  int64_t timeout_s = 3;     // 1..900
  int64_t memory_mib = 128;  // 128..10240
  std::map<std::string, std::string> environment;
  std::string code_sha256;    // base64 of the package's SHA-256
  int64_t code_size = 0;      // bytes of the package; of the files for a local folder
  std::string code_blob;      // the package in the blob store; empty: a local folder
  std::string code_folder;    // absolute; used in place, set only without a blob
  int64_t unpacked_size = 0;  // bytes of its files
  std::vector<FunctionLayer> layers;
  int64_t created_ms = 0;
  int64_t modified_ms = 0;
  std::string revision_id;   // changes with every change
  int64_t last_version = 0;  // of $LATEST: the number published last; none is given twice
  std::optional<int64_t> reserved_concurrency;  // of $LATEST: at most so many invocations at once
  // Of $LATEST: what is provisioned for its versions and aliases.
  std::map<std::string, ProvisionedConcurrency> provisioned;
  // Members of CreateFunction that are kept and shown again but not acted on: Tags, Architectures,
  // EphemeralStorage, TracingConfig, LoggingConfig, VpcConfig, DeadLetterConfig, ...
  Json extra = Json::object();

  std::string log_group() const;  // that of LoggingConfig, else "/aws/lambda/NAME"
  // $LATEST is shown without it where nobody asked for a version.
  std::string version_arn() const { return arn + ":" + version; }
  bool operator==(const FunctionConfiguration&) const = default;
};

// A name for a version of a function, or for two of them that share its invocations.
struct FunctionAlias {
  engine::Tenant tenant;
  std::string function;  // its name
  std::string name;
  std::string version;  // a number, or $LATEST
  std::string description;
  std::map<std::string, double> weights;  // what other versions get of the invocations, 0..1
  std::string revision_id;

  bool operator==(const FunctionAlias&) const = default;
};

// A zip archive's bytes, or the absolute path of a folder that is used in place.
struct ZipCode {
  std::string bytes;
};
struct FolderCode {
  std::string path;
};
using FunctionCode = std::variant<ZipCode, FolderCode>;

// Members not given have the defaults above.
struct CreateFunction {
  engine::Tenant tenant;
  std::string name;  // name, partial ARN or ARN
  std::string runtime;
  std::string handler;
  std::string role;
  std::string description;
  std::optional<int64_t> timeout_s;
  std::optional<int64_t> memory_mib;
  std::map<std::string, std::string> environment;
  std::vector<std::string> layers;  // ARNs of layers' versions
  FunctionCode code;
  Json extra = Json::object();
};

// Members not given stay as they are; members of `extra` replace those stored.
struct UpdateFunction {
  std::optional<std::string> runtime;
  std::optional<std::string> handler;
  std::optional<std::string> role;
  std::optional<std::string> description;
  std::optional<int64_t> timeout_s;
  std::optional<int64_t> memory_mib;
  std::optional<std::map<std::string, std::string>> environment;
  std::optional<std::vector<std::string>> layers;
  std::optional<FunctionCode> code;
  std::optional<std::string> expected_revision_id;  // else PreconditionFailedException
  Json extra = Json::object();
};

// Members that are given must be those of the function as it stands.
struct PublishVersion {
  std::optional<std::string> description;  // of the version; else the function's
  std::optional<std::string> code_sha256;
  std::optional<std::string> expected_revision_id;  // else PreconditionFailedException
};

// Members not given stay as they are, of a new alias: empty.
struct ChangeAlias {
  std::string name;
  std::optional<std::string> version;
  std::optional<std::string> description;
  std::optional<std::map<std::string, double>> weights;
  std::optional<std::string> expected_revision_id;
};

inline constexpr size_t max_sync_payload_bytes = 6 * 1024 * 1024;
inline constexpr size_t max_async_payload_bytes = 1024 * 1024;
inline constexpr size_t max_response_bytes = 6 * 1024 * 1024 + 100;
inline constexpr size_t max_streamed_bytes = 200 * 1024 * 1024;

// A piece of a streamed answer, perhaps an empty one.
struct AnswerPiece {
  std::string bytes;
  std::string content_type;  // of the whole answer, as the function says it; may be empty
};
// False: the reader is behind, and `resume` is called (from any thread, perhaps more than once)
// when it wants more.
using TakePiece = std::function<bool(AnswerPiece piece, std::function<void()> resume)>;

struct InvokeRequest {
  engine::Tenant tenant;
  std::string function;        // name, partial ARN or ARN, with or without :QUALIFIER
  std::string qualifier;       // ?Qualifier=; empty: that of `function`, else $LATEST
  std::string payload;         // JSON text; empty: {}
  std::string client_context;  // JSON text (already decoded), or empty
  std::string trace_header;    // X-Amzn-Trace-Id, or empty
  bool log_tail = false;       // LogType Tail
  bool may_queue = false;      // waits for a slot instead of TooManyRequestsException
  std::string request_id;      // empty: a new one
  // Where a function streams its answer: what comes of it, in order, before it is done. Without it
  // the answer is gathered.
  TakePiece on_piece{};
};

struct InvokeResult {
  std::string request_id;
  std::string executed_version = "$LATEST";
  std::string payload;  // the function's answer, byte for byte, but for what has gone to on_piece;
                        // or the error's JSON
  bool function_error = false;  // X-Amz-Function-Error: Unhandled
  std::string log_tail;         // the last 4 KB of the log (not yet base64), if asked for
  int64_t duration_us = 0;
  int64_t billed_ms = 0;
  int64_t init_us = 0;    // of a cold start, else 0
  std::string_view tier;  // where the worker came from: "warm", "plain", "zygote", "cell",
                          // "snapshot" or "provisioned"
};

// Provisioned concurrency of one version.
struct ProvisionState {
  int requested = 0, ready = 0;
  std::string error;  // why its workers do not start; empty: they do, or have
};

// What a function has used since the server started.
struct FunctionUsage {
  std::string function_arn;  // without version: all of them together
  uint64_t invocations = 0;
  uint64_t errors = 0;     // of those, timeouts too
  uint64_t timeouts = 0;   // of those
  uint64_t throttles = 0;  // calls refused, which are no invocations
  std::map<std::string, uint64_t> by_tier;
  int64_t duration_us = 0;
  int64_t init_us = 0;
  int64_t billed_ms = 0;
  int64_t billed_mib_ms = 0;  // GB-seconds are this / 1,024,000
  uint64_t peak_kib = 0;
  // Workers that used the cache of their code, found a bad one, made one.
  uint64_t code_caches_used = 0, code_caches_rejected = 0, code_caches_made = 0;
};

inline std::string FunctionConfiguration::log_group() const {
  const auto config = extra.find("LoggingConfig");
  std::string own = config == extra.end() ? "" : config->value("LogGroup", "");
  return own.empty() ? "/aws/lambda/" + name : own;
}

}  // namespace perdure::executors
