#include "executors/functions/pool/launch.h"

#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdlib>

#include "base/hash.h"
#include "base/ids.h"
#include "base/time.h"
#include "executors/functions/pool/custom_runtime.h"
#include "executors/functions/pool/layer_paths.h"
#include "executors/functions/pool/log_settings.h"

namespace perdure::executors {
namespace {

constexpr uint64_t open_files = 1024;            // AWS's
constexpr uint64_t processes_headroom_mib = 64;  // what an interpreter maps but hardly touches
constexpr int64_t node_least_mib = 256;          // Node does not start with less writable memory
constexpr int64_t custom_least_mib = 512;        // Go and others map far more than they touch

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
                           const WorkerIdentity& worker, const RuntimePlaces& places) {
  Environment env = function.environment;
  env.try_emplace("AWS_ENDPOINT_URL", places.endpoint_url);
  env.try_emplace("LANG", "C.UTF-8");
  env.try_emplace("HOME", "/tmp");
  env.try_emplace("TZ", ":UTC");
  WorkerCredentials credentials = credentials_of(worker.secret);
  const std::pair<const char*, std::string> ours[] = {
      {"_HANDLER", function.handler},
      {"AWS_REGION", function.tenant.region},
      {"AWS_DEFAULT_REGION", function.tenant.region},
      {"AWS_LAMBDA_FUNCTION_NAME", function.name},
      {"AWS_LAMBDA_FUNCTION_MEMORY_SIZE", std::to_string(function.memory_mib)},
      {"AWS_LAMBDA_FUNCTION_VERSION", function.version},
      {"AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand"},
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
  return env;
}

std::vector<std::string> interpreted(const Interpreter& interpreter,
                                     const FunctionConfiguration& function,
                                     const RuntimePlaces& places) {
  if (interpreter.language == Language::python) {
    // -I keeps the caller's variables and folders out (PYTHONPATH of the function is added by the
    // bootstrap); site stays on, so that installed packages can be imported.
    std::vector<std::string> argv = {interpreter.program, "-I"};
    // Somebody's own folder is not littered with __pycache__.
    if (!function.code_folder.empty()) {
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
std::vector<std::string> wrapped(std::vector<std::string> program, const std::string& wrapper,
                                 const std::string& opt_root) {
  const bool in_layer = wrapper.starts_with("/opt/") && !opt_root.empty();
  program.insert(program.begin(), in_layer ? opt_root + wrapper.substr(4) : wrapper);
  return program;
}

Result<std::vector<std::string>> program_of(const Interpreter& interpreter,
                                            const FunctionConfiguration& function,
                                            const std::string& code_root,
                                            const RuntimePlaces& places) {
  const std::string opt_root = opt_root_of(function, places);
  if (interpreter.language == Language::custom) {
    PD_TRY(program, custom_program(code_root, opt_root));
    return behind_bridge({program}, opt_root, false, places);
  }
  std::vector<std::string> program = interpreted(interpreter, function, places);
  const auto wrapper = function.environment.find("AWS_LAMBDA_EXEC_WRAPPER");
  if (wrapper != function.environment.end() && !wrapper->second.empty()) {
    program = wrapped(std::move(program), wrapper->second, opt_root);
  }
  if (!has_extensions(opt_root)) return program;
  return behind_bridge(std::move(program), opt_root, true, places);
}

std::vector<spawn::Limit> limits_of(Language language, int64_t memory_mib) {
  int64_t least = language == Language::node     ? node_least_mib
                  : language == Language::custom ? custom_least_mib
                                                 : 0;
  uint64_t data_mib = static_cast<uint64_t>(std::max(memory_mib, least)) + processes_headroom_mib;
  return {{RLIMIT_CORE, 0}, {RLIMIT_NOFILE, open_files}, {RLIMIT_DATA, data_mib << 20}};
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
                                  const RuntimePlaces& places) {
  PD_TRY(interpreter, interpreter_for(function.runtime));
  spawn::Spawn order;
  order.worker = worker.id;
  order.tag = to_tag({worker, function});
  PD_TRY(program, program_of(interpreter, function, code_root, places));
  order.argv = std::move(program);
  Environment environment = environment_of(function, code_root, worker, places);
  if (interpreter.language != Language::custom) {
    environment["AWS_EXECUTION_ENV"] = "AWS_Lambda_" + function.runtime;
  }
  if (const LogSettings log = log_settings_of(function); log.json) {
    environment["AWS_LAMBDA_LOG_FORMAT"] = "JSON";
    environment["AWS_LAMBDA_LOG_LEVEL"] = log.application_level;
  } else {
    environment["AWS_LAMBDA_LOG_FORMAT"] = "Text";
  }
  add_search_paths(environment, function, interpreter.language, code_root,
                   opt_root_of(function, places));
  for (const auto& [name, value] : environment) order.env.push_back(name + "=" + value);
  order.folder = code_root;
  order.limits = limits_of(interpreter.language, function.memory_mib);
  return order;
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
                    {"logging", f.extra.value("LoggingConfig", Json::object())},
                    {"memory", f.memory_mib}});
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
  if (tag.worker.id.empty() || tag.worker.secret.empty()) return std::nullopt;
  return tag;
}

}  // namespace perdure::executors
