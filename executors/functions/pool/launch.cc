#include "executors/functions/pool/launch.h"

#include <fmt/format.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdlib>

#include "base/hash.h"
#include "base/ids.h"
#include "base/time.h"
#include "executors/functions/pool/confinement.h"
#include "executors/functions/pool/custom_runtime.h"
#include "executors/functions/pool/layer_paths.h"
#include "executors/functions/pool/log_settings.h"

namespace perdure::executors {
namespace {

constexpr uint64_t open_files = 1024;            // AWS's
constexpr uint64_t processes_headroom_mib = 64;  // what an interpreter maps but hardly touches
constexpr int64_t node_least_mib = 256;          // Node does not start with less writable memory

constexpr int64_t custom_least_mib = 512;         // Go and others map far more than they touch
constexpr uint32_t extensions_linger_ms = 2500;   // to hear of the end: AWS gives them 2 s
constexpr int64_t snapshot_timeout_ms = 130'000;  // AWS's, or the function's timeout
constexpr const char* exec_wrapper = "AWS_LAMBDA_EXEC_WRAPPER";

std::string find_program(const char* name) {
  std::string usual = std::string("/usr/bin/") + name;
  if (access(usual.c_str(), X_OK) == 0) return usual;
  const char* path = std::getenv("PATH");
  for (std::string_view rest = path ? path : ""; !rest.empty();) {
    size_t colon = rest.find(':');
    std::string candidate = std::string(rest.substr(0, colon)) + "/" + name;
    if (candidate[0] == '/' && access(candidate.c_str(), X_OK) == 0) return candidate;
    rest.remove_prefix(colon == rest.npos ? rest.size() : colon + 1);
  }
  return {};
}

bool digits(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == text.npos;
}

std::optional<Language> language_of(std::string_view runtime) {
  if (runtime.starts_with("python3.") && digits(runtime.substr(8))) return Language::python;
  if (runtime.starts_with("nodejs") && runtime.ends_with(".x") &&
      digits(runtime.substr(6, runtime.size() - 8))) {
    return Language::node;
  }
  if (is_custom_runtime(runtime)) return Language::custom;
  return std::nullopt;
}

std::string random_hex(Random& random, int words) {
  std::string bytes;
  for (int i = 0; i < words; ++i) {
    uint64_t word = random.next();
    bytes.append(reinterpret_cast<const char*>(&word), sizeof word);
  }
  return hex(bytes);
}

using Environment = std::map<std::string, std::string>;

// The function's own variables first: what the runtime sets wins (AWS refuses reserved names when a
// function is made), but for the endpoint, which a function may point elsewhere.
Environment environment_of(const FunctionConfiguration& function, const std::string& code_root,
                           const WorkerIdentity& worker, const RuntimePlaces& places,
                           bool provisioned) {
  Environment env = function.environment;
  env.try_emplace("AWS_ENDPOINT_URL", places.endpoint_url);
  env.try_emplace("LANG", "C.UTF-8");
  const bool own_tmp = places.level >= sandbox::Level::b || places.writable_folder.empty();
  env.try_emplace("HOME", own_tmp ? "/tmp" : places.writable_folder);
  if (!own_tmp) env.try_emplace("TMPDIR", places.writable_folder);
  env.try_emplace("TZ", ":UTC");
  WorkerCredentials credentials = credentials_of(worker.secret);
  const std::pair<const char*, std::string> ours[] = {
      {"_HANDLER", function.handler},
      {"AWS_REGION", function.tenant.region},
      {"AWS_DEFAULT_REGION", function.tenant.region},
      {"AWS_EXECUTION_ENV", "AWS_Lambda_" + function.runtime},
      {"AWS_LAMBDA_FUNCTION_NAME", function.name},
      {"AWS_LAMBDA_FUNCTION_MEMORY_SIZE", std::to_string(function.memory_mib)},
      {"AWS_LAMBDA_FUNCTION_VERSION", function.version},
      {"AWS_LAMBDA_INITIALIZATION_TYPE", snap_starts(function) ? "snap-start"
                                         : provisioned         ? "provisioned-concurrency"
                                                               : "on-demand"},
      {"AWS_LAMBDA_LOG_GROUP_NAME", function.log_group()},
      {"AWS_LAMBDA_LOG_STREAM_NAME", worker.log_stream},
      {"AWS_ACCESS_KEY_ID", credentials.access_key},
      {"AWS_SECRET_ACCESS_KEY", credentials.secret_key},
      {"AWS_SESSION_TOKEN", credentials.session_token},
      {"AWS_LAMBDA_RUNTIME_API", "unix:" + places.endpoint_socket},
      {"AWS_XRAY_CONTEXT_MISSING", "LOG_ERROR"},
      {"LAMBDA_TASK_ROOT", code_root},
      {"LAMBDA_RUNTIME_DIR", places.bootstrap_folder},
      {"PERDURE_WORKER_ID", worker.id},
      {"PERDURE_WORKER_SECRET", worker.secret},
  };
  for (const auto& [name, value] : ours) env[name] = value;
  const LogSettings log = log_settings_of(function);
  env["AWS_LAMBDA_LOG_FORMAT"] = log.json ? "JSON" : "Text";
  if (log.json) env["AWS_LAMBDA_LOG_LEVEL"] = log.application_level;
  return env;
}

std::vector<std::string> interpreted(const Interpreter& interpreter,
                                     const FunctionConfiguration& function,
                                     const RuntimePlaces& places) {
  if (interpreter.language == Language::python) {
    // -I keeps the caller's variables and folders out (PYTHONPATH of the function is added by the
    // bootstrap); site stays on, so that installed packages can be imported.
    std::vector<std::string> argv = {interpreter.program, "-I"};
    // Somebody's own folder is not littered with __pycache__; in a sandbox it cannot be.
    if (!function.code_folder.empty() && places.level == sandbox::Level::none) {
      argv.insert(argv.end(), {"-X", "pycache_prefix=" + places.bootstrap_folder + "/pycache"});
    }
    argv.push_back(places.bootstrap_folder + "/bootstrap.py");
    return argv;
  }
  int64_t heap_mib = std::max<int64_t>(function.memory_mib * 3 / 4, 96);
  return {interpreter.program, "--max-old-space-size=" + std::to_string(heap_mib),
          places.bootstrap_folder + "/bootstrap.mjs"};
}

// A layer's wrapper gets the whole command of the runtime, and starts it when it likes.
void wrap(std::vector<std::string>& program, const FunctionConfiguration& function,
          const std::string& seen_opt) {
  const auto found = function.environment.find(exec_wrapper);
  if (found == function.environment.end() || found->second.empty()) return;
  const bool in_layer = found->second.starts_with("/opt/") && !seen_opt.empty();
  program.insert(program.begin(), in_layer ? seen_opt + found->second.substr(4) : found->second);
}

// As the worker sees it; `opt_root` and `code_root` are where its files really are.
Result<std::vector<std::string>> program_of(const Interpreter& interpreter,
                                            const FunctionConfiguration& function,
                                            const std::string& code_root, const SeenPlaces& seen) {
  const std::string opt_root = opt_root_of(function, seen.places);
  const bool extended = has_extensions(opt_root);
  if (interpreter.language == Language::custom) {
    PD_TRY(in_package, custom_program_is_in_package(code_root, opt_root));
    const std::string& root = in_package ? seen.code_root : seen.opt_root;
    return behind_bridge({root + "/bootstrap"}, extended ? seen.opt_root : "", false, seen.places);
  }
  std::vector<std::string> program = interpreted(interpreter, function, seen.places);
  wrap(program, function, seen.opt_root);
  if (!extended) return program;
  return behind_bridge(std::move(program), seen.opt_root, true, seen.places);
}

std::vector<spawn::Limit> limits_of(Language language, int64_t memory_mib) {
  int64_t least = language == Language::node     ? node_least_mib
                  : language == Language::custom ? custom_least_mib
                                                 : 0;
  uint64_t data_mib = static_cast<uint64_t>(std::max(memory_mib, least)) + processes_headroom_mib;
  return {{RLIMIT_CORE, 0}, {RLIMIT_NOFILE, open_files}, {RLIMIT_DATA, data_mib << 20}};
}

// A process that is started before its function is known cannot follow these.
bool matters_at_start(std::string_view variable) {
  if (variable == "NODE_PATH" || variable == "NODE_ENV") return false;
  for (std::string_view begin :
       {"LD_", "LC_", "LANG", "MALLOC_", "GLIBC_", "GCONV_", "NODE_", "UV_", "OPENSSL_", "SSL_"}) {
    if (variable.starts_with(begin)) return true;
  }
  return false;
}

// All of a sandbox but the function's code.
spawn::SandboxOrder sandbox_without_code(const FunctionConfiguration& function,
                                         const std::string& program, const RuntimePlaces& places) {
  spawn::SandboxOrder order = sandbox_order(function, "/", program, places);
  std::erase_if(order.folders, [](const spawn::SeenFolder& each) { return each.from == "/"; });
  return order;
}

const std::vector<std::string> kept_environment = {"PATH=/usr/local/bin:/usr/bin:/bin",
                                                   "LANG=C.UTF-8", "HOME=/tmp", "TZ=:UTC"};
constexpr const char* python_zygote_key = "python";

spawn::Keep python_zygote(const Interpreter& interpreter, const RuntimePlaces& places) {
  spawn::Keep order;
  order.key = python_zygote_key;
  order.env = kept_environment;
  order.argv = {interpreter.program, "-I", places.bootstrap_folder + "/zygote.py",
                places.bootstrap_folder + "/bootstrap.py"};
  return order;
}

// Node takes the size of its heap when it starts, and walls stand: cells are for one kind.
spawn::Keep cells_for(const FunctionConfiguration& function, const Interpreter& interpreter,
                      const RuntimePlaces& places) {
  const bool python = interpreter.language == Language::python;
  const SeenPlaces seen = seen_by_worker("", places);
  spawn::Keep order;
  order.kind = spawn::Keep::cells;
  if (python) order.from = python_zygote_key;
  order.sandbox = sandbox_without_code(function, interpreter.program, places);
  order.key =
      fmt::format("{}/{}/{}/{}/{}", python ? "python" : "node", function.memory_mib,
                  order.sandbox.tmp_mib, order.sandbox.network, sandbox::name_of(places.level));
  order.argv = interpreted(interpreter, function, seen.places);
  order.env = kept_environment;
  order.env.push_back("PERDURE_CELL=1");
  order.env.push_back("AWS_LAMBDA_RUNTIME_API=unix:" + seen.places.endpoint_socket);
  order.folder = "/tmp";
  order.limits = limits_of(interpreter.language, function.memory_mib);
  return order;
}

}  // namespace

Result<Interpreter> interpreter_for(std::string_view runtime) {
  auto language = language_of(runtime);
  if (!language) {
    return invalid("InvalidParameterValueException",
                   "The runtime '" + std::string(runtime) +
                       "' cannot be run here. Use python3.N, nodejsN.x or provided.al2023 with a "
                       "bootstrap of your own; other languages can be called over HTTP or as "
                       "activities.");
  }
  if (*language == Language::custom) return Interpreter{*language, ""};
  bool python = *language == Language::python;
  std::string program = find_program(python ? "python3" : "node");
  if (program.empty()) {
    return invalid("InvalidParameterValueException",
                   std::string("The runtime '") + std::string(runtime) + "' needs " +
                       (python ? "Python (apt install python3)" : "Node.js (apt install nodejs)") +
                       " on this machine.");
  }
  return Interpreter{*language, std::move(program)};
}

std::string version_of(const Interpreter& interpreter) {
  FILE* out = popen(("'" + interpreter.program + "' --version 2>/dev/null").c_str(), "re");
  if (!out) return {};
  char text[64] = {};
  size_t got = fread(text, 1, sizeof text - 1, out);
  pclose(out);
  std::string_view line(text, got);
  size_t start = line.find_first_of("0123456789");
  if (start == line.npos) return {};
  line.remove_prefix(start);
  return std::string(line.substr(0, line.find_first_not_of("0123456789.")));
}

WorkerCredentials credentials_of(std::string_view worker_secret) {
  auto part = [&](std::string_view purpose) { return hmac_sha256(worker_secret, purpose); };
  auto text = [](const Sha256& bytes) {
    return std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  };
  std::string key = hex(part("access key")).substr(0, 16);
  for (char& c : key) {
    if (c >= 'a') c = static_cast<char>(c - 'a' + 'A');
  }
  return {"ASIA" + key, base64_encode(text(part("secret key"))).substr(0, 40),
          base64_encode(text(part("session token")))};
}

WorkerIdentity new_worker(Random& random, int64_t now_ms, std::string_view version) {
  std::string day = iso8601_ms(now_ms).substr(0, 10);
  std::replace(day.begin(), day.end(), '-', '/');
  return {make_uuid(random), random_hex(random, 4),
          day + "/[" + std::string(version) + "]" + random_hex(random, 2)};
}

Result<spawn::Spawn> launch_order(const FunctionConfiguration& function,
                                  const std::string& code_root, const WorkerIdentity& worker,
                                  const RuntimePlaces& places, bool provisioned,
                                  const WorkerIdentity* snapshot) {
  PD_TRY(interpreter, interpreter_for(function.runtime));
  spawn::Spawn order;
  order.worker = worker.id;
  WorkerTag tag{worker, function, places.level, provisioned};
  if (snapshot) tag.snapshot_key = credentials_of(snapshot->secret).access_key;
  order.tag = to_tag(tag);
  order.sandbox = sandbox_order(function, code_root, interpreter.program, places);
  const SeenPlaces seen = seen_by_worker(code_root, places, opt_root_of(function, places));
  PD_TRY(program, program_of(interpreter, function, code_root, seen));
  order.argv = std::move(program);
  Environment environment =
      environment_of(function, seen.code_root, worker, seen.places, provisioned);
  if (interpreter.language == Language::custom) environment.erase("AWS_EXECUTION_ENV");
  add_search_paths(environment, function, interpreter.language, seen.code_root, seen.opt_root);
  for (const auto& [name, value] : environment) order.env.push_back(name + "=" + value);
  order.folder = seen.code_root;
  if (has_extensions(opt_root_of(function, places))) order.linger_ms = extensions_linger_ms;
  order.limits = limits_of(interpreter.language, function.memory_mib);
  const std::vector<spawn::Keep> kept = keep_orders(function, places);
  if (!kept.empty()) order.from = kept.front().key;
  if (snapshot) order.from = snapshot->id;
  return order;
}

bool wants_snap_start(const FunctionConfiguration& function) {
  return function.extra.value("/SnapStart/ApplyOn"_json_pointer, "None") == "PublishedVersions";
}

bool snap_starts(const FunctionConfiguration& version) {
  return version.version != "$LATEST" && wants_snap_start(version);
}

Result<> can_be_snapshot(const FunctionConfiguration& version, const RuntimePlaces& places) {
  if (places.level != sandbox::Level::a) {
    return internal_error("it needs a sandbox of level A, this one has " +
                          std::string(sandbox::name_of(places.level)));
  }
  if (has_extensions(opt_root_of(version, places))) {
    return internal_error("its layers have extensions");
  }
  if (version.environment.contains(exec_wrapper)) {
    return internal_error(std::string("it has ") + exec_wrapper);
  }
  return {};
}

Result<spawn::StartSnapshot> snapshot_order(const FunctionConfiguration& version,
                                            const std::string& code_root,
                                            const WorkerIdentity& snapshot,
                                            const RuntimePlaces& places) {
  PD_CHECK(can_be_snapshot(version, places));
  PD_TRY(order, launch_order(version, code_root, snapshot, places));
  order.tag = to_tag({.worker = snapshot,
                      .function = version,
                      .level = places.level,
                      .provisioned = false,
                      .is_snapshot = true});
  order.env.push_back("PERDURE_SNAPSHOT=1");
  order.from.clear();
  order.linger_ms = 1;  // beyond its last worker
  order.timeout_ms = static_cast<uint64_t>(std::max(snapshot_timeout_ms, version.timeout_s * 1000));
  return spawn::StartSnapshot{std::move(order)};
}

std::vector<spawn::Keep> keep_orders(const FunctionConfiguration& function,
                                     const RuntimePlaces& places) {
  auto interpreter = interpreter_for(function.runtime);
  if (!interpreter || interpreter->language == Language::custom) return {};
  if (!function.layers.empty() || function.environment.contains(exec_wrapper)) return {};
  for (const auto& [name, value] : function.environment) {
    if (matters_at_start(name)) return {};
  }
  const bool python = interpreter->language == Language::python;
  // The walls of B let no folder in later. Those of C are paths: they stand before a program starts
  // unless the program makes them itself, as ours of Python does.
  const bool cells = places.level == sandbox::Level::a || places.level == sandbox::Level::none ||
                     (places.level == sandbox::Level::c && python);
  std::vector<spawn::Keep> orders;
  if (cells) orders.push_back(cells_for(function, *interpreter, places));
  if (python) orders.push_back(python_zygote(*interpreter, places));
  return orders;
}

std::string to_tag(const WorkerTag& tag) {
  const FunctionConfiguration& f = tag.function;
  return dump_json({{"worker", tag.worker.id},
                    {"secret", tag.worker.secret},
                    {"stream", tag.worker.log_stream},
                    {"account", f.tenant.account},
                    {"region", f.tenant.region},
                    {"name", f.name},
                    {"arn", f.arn},
                    {"version", f.version},
                    {"revision", f.revision_id},
                    {"timeout", f.timeout_s},
                    {"memory", f.memory_mib},
                    {"logging", f.extra.value("LoggingConfig", Json::object())},
                    {"sandbox", sandbox::name_of(tag.level)},
                    {"provisioned", tag.provisioned},
                    {"is_snapshot", tag.is_snapshot},
                    {"snapshot_key", tag.snapshot_key}});
}

std::optional<WorkerTag> from_tag(std::string_view text) {
  auto json = parse_json(text);
  if (!json || !json->is_object()) return std::nullopt;
  auto word = [&](const char* name) { return json->value(name, std::string()); };
  WorkerTag tag;
  tag.worker = {word("worker"), word("secret"), word("stream")};
  tag.function.tenant = {word("account"), word("region")};
  tag.function.name = word("name");
  tag.function.arn = word("arn");
  if (json->contains("version")) tag.function.version = word("version");
  tag.function.revision_id = word("revision");
  tag.function.timeout_s = json->value("timeout", int64_t{3});
  tag.function.memory_mib = json->value("memory", int64_t{128});
  const Json logging = json->value("logging", Json::object());
  if (!logging.empty()) tag.function.extra["LoggingConfig"] = logging;
  tag.level = sandbox::level_named(word("sandbox")).value_or(sandbox::Level::none);
  tag.provisioned = json->value("provisioned", false);
  tag.is_snapshot = json->value("is_snapshot", false);
  tag.snapshot_key = word("snapshot_key");
  if (tag.worker.id.empty() || tag.worker.secret.empty()) return std::nullopt;
  return tag;
}

}  // namespace perdure::executors
