#include "executors/functions/catalog/catalog.h"

#include <filesystem>

#include "base/files.h"
#include "base/hash.h"
#include "base/ids.h"
#include "base/log.h"
#include "executors/functions/catalog/document.h"
#include "executors/functions/catalog/layer_folder.h"
#include "executors/functions/catalog/package.h"
#include "executors/functions/pool/launch.h"

namespace perdure::executors {
namespace {

constexpr size_t max_environment_bytes = 4096;
constexpr size_t max_created_name = 64;  // of a new function; ARNs may name longer ones

// AWS refuses these in a function's own variables; what is listed is what AWS lists.
constexpr std::string_view reserved_variables[] = {"_HANDLER",
                                                   "_X_AMZN_TRACE_ID",
                                                   "AWS_ACCESS_KEY",
                                                   "AWS_ACCESS_KEY_ID",
                                                   "AWS_DEFAULT_REGION",
                                                   "AWS_EXECUTION_ENV",
                                                   "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
                                                   "AWS_LAMBDA_FUNCTION_NAME",
                                                   "AWS_LAMBDA_FUNCTION_VERSION",
                                                   "AWS_LAMBDA_INITIALIZATION_TYPE",
                                                   "AWS_LAMBDA_LOG_GROUP_NAME",
                                                   "AWS_LAMBDA_LOG_STREAM_NAME",
                                                   "AWS_LAMBDA_RUNTIME_API",
                                                   "AWS_REGION",
                                                   "AWS_SECRET_ACCESS_KEY",
                                                   "AWS_SECRET_KEY",
                                                   "AWS_SECURITY_TOKEN",
                                                   "AWS_SESSION_TOKEN",
                                                   "LAMBDA_RUNTIME_DIR",
                                                   "LAMBDA_TASK_ROOT"};

Error bad_parameter(std::string cause) {
  return invalid("InvalidParameterValueException", std::move(cause));
}

bool is_variable_name(std::string_view name) {
  if (name.empty() || !std::isalpha(static_cast<unsigned char>(name[0]))) return false;
  return std::all_of(name.begin(), name.end(),
                     [](unsigned char c) { return std::isalnum(c) || c == '_'; });
}

Result<> check_environment(const std::map<std::string, std::string>& environment) {
  std::string reserved;
  size_t bytes = 0;
  for (const auto& [name, value] : environment) {
    bytes += name.size() + value.size();
    if (std::find(std::begin(reserved_variables), std::end(reserved_variables), name) !=
        std::end(reserved_variables)) {
      reserved += (reserved.empty() ? "" : ", ") + name;
    } else if (!is_variable_name(name) || value.find('\0') != value.npos) {
      return bad_parameter("'" + name + "' cannot be an environment variable");
    }
  }
  if (!reserved.empty()) {
    return bad_parameter(
        "Lambda was unable to configure your environment variables because the environment "
        "variables you have provided contains reserved keys that are currently not supported for "
        "modification. Reserved keys used in this request: " +
        reserved);
  }
  if (bytes > max_environment_bytes) {
    return bad_parameter(
        "Lambda was unable to configure your environment variables because the environment "
        "variables you have provided exceeded the 4KB limit. String measured: " +
        dump_json(environment));
  }
  return {};
}

Result<> check_settings(const FunctionConfiguration& function) {
  PD_CHECK(interpreter_for(function.runtime));
  if (function.handler.empty() || function.handler.size() > 128 ||
      function.handler.find_first_of(" \t\r\n") != std::string::npos) {
    return bad_parameter("A handler is needed: up to 128 characters without spaces");
  }
  if (function.timeout_s < 1 || function.timeout_s > 900) {
    return bad_parameter("Timeout must be between 1 and 900 seconds");
  }
  if (function.memory_mib < 128 || function.memory_mib > 10240) {
    return bad_parameter("MemorySize must be between 128 and 10240 MB");
  }
  if (wants_snap_start(function) && !function.runtime.starts_with("python3.")) {
    return bad_parameter(function.runtime + " is not supported for SnapStart enabled functions.");
  }
  return check_environment(function.environment);
}

void merge_extra(FunctionConfiguration& function, const Json& extra) {
  if (!extra.is_object()) return;
  for (const auto& [name, value] : extra.items()) function.extra[name] = value;
}

}  // namespace

FunctionCatalog::FunctionCatalog(const Clock& clock, Random& random, engine::DocumentWriter& writer,
                                 engine::Blobs& blobs, std::string code_folder,
                                 std::string layers_folder)
    : clock_(clock),
      random_(random),
      documents_("function", writer),
      versions_(writer),
      aliases_(writer),
      layers_(clock, random, writer, blobs),
      event_configs_("function_event_config", writer),
      urls_(writer, random),
      blobs_(blobs),
      code_folder_(std::move(code_folder)),
      layers_folder_(std::move(layers_folder)) {}

Result<> FunctionCatalog::load(engine::Store& store) {
  PD_CHECK(make_directories(code_folder_, 0700));
  PD_CHECK(make_directories(layers_folder_, 0700));
  PD_CHECK(layers_.load(store));
  PD_CHECK(documents_.load(store));
  PD_CHECK(versions_.load(store));
  PD_CHECK(aliases_.load(store));
  PD_CHECK(event_configs_.load(store));
  PD_CHECK(urls_.load(store));
  std::lock_guard lock(mutex_);
  for (const engine::Document& document : documents_.all()) {
    PD_TRY(function, from_document(document));
    std::string arn = function.arn;
    functions_[arn] = {std::make_shared<FunctionConfiguration>(std::move(function)),
                       document.revision};
  }
  return {};
}

// ---- changes

void FunctionCatalog::create(CreateFunction request, Done<FunctionConfiguration> done) {
  auto function = prepare(std::move(request));
  if (!function) return done(function.error());
  save(std::move(*function), 0, std::move(done));
}

Result<FunctionConfiguration> FunctionCatalog::prepare(CreateFunction request) {
  PD_TRY(name, parse_function_name(request.tenant, request.name));
  if (!name.qualifier.empty()) {
    return invalid("InvalidParameterValueException", "A function is created without a qualifier.");
  }
  if (name.name.size() > max_created_name) {
    return invalid("ValidationException",
                   "1 validation error detected: Value '" + name.name +
                       "' at 'functionName' failed to satisfy constraint: Member must have length "
                       "less than or equal to 64");
  }
  if (find(name)) {
    return Error{ErrorKind::conflict, "ResourceConflictException",
                 "Function already exist: " + name.name};
  }
  FunctionConfiguration function;
  function.tenant = name.tenant;
  function.name = name.name;
  function.arn = name.arn();
  function.runtime = std::move(request.runtime);
  function.handler = std::move(request.handler);
  function.role = std::move(request.role);
  function.description = std::move(request.description);
  function.timeout_s = request.timeout_s.value_or(function.timeout_s);
  function.memory_mib = request.memory_mib.value_or(function.memory_mib);
  function.environment = std::move(request.environment);
  merge_extra(function, request.extra);
  PD_CHECK(check_settings(function));
  PD_CHECK(take_code(function, std::move(request.code)));
  PD_CHECK(set_layers(function, request.layers));
  function.created_ms = clock_.now_ms();
  PD_CHECK(touch(function));
  return function;
}

void FunctionCatalog::update(const engine::Tenant& tenant, std::string_view function,
                             UpdateFunction update, Done<FunctionConfiguration> done) {
  auto changed = [&]() -> Result<std::pair<FunctionConfiguration, int64_t>> {
    PD_TRY(name, parse_function_name(tenant, function));
    PD_TRY(handle, find(name));
    FunctionConfiguration next = *handle;
    if (update.expected_revision_id && *update.expected_revision_id != next.revision_id) {
      return outdated_revision();
    }
    if (update.runtime) next.runtime = *update.runtime;
    if (update.handler) next.handler = *update.handler;
    if (update.role) next.role = *update.role;
    if (update.description) next.description = *update.description;
    if (update.timeout_s) next.timeout_s = *update.timeout_s;
    if (update.memory_mib) next.memory_mib = *update.memory_mib;
    if (update.environment) next.environment = *update.environment;
    merge_extra(next, update.extra);
    PD_CHECK(check_settings(next));
    if (update.code) PD_CHECK(take_code(next, std::move(*update.code)));
    if (update.layers) PD_CHECK(set_layers(next, *update.layers));
    PD_CHECK(touch(next));
    const int64_t revision = revision_of(next.arn);
    return std::pair(std::move(next), revision);
  }();
  if (!changed) return done(changed.error());
  save(std::move(changed->first), changed->second, std::move(done));
}

void FunctionCatalog::remove(const engine::Tenant& tenant, std::string_view function,
                             Done<std::string> done) {
  auto name = parse_function_name(tenant, function);
  if (!name) return done(name.error());
  if (auto found = find(*name); !found) return done(found.error());
  // What hangs on it goes first, so that a crash in between leaves nothing without its function.
  const FunctionName whole{name->tenant, name->name, ""};
  const auto next = [done](auto step) {
    return [done, step = std::move(step)](Result<bool> gone) {
      if (!gone) return done(gone.error());
      step();
    };
  };
  const auto versions = [this, whole, next, done] {
    const auto latest = find(whole);
    if (!latest) return done(latest.error());
    versions_.remove_all(**latest, next([this, whole, done] { remove_latest(whole, done); }));
  };
  const auto aliases = [this, whole, next, versions] {
    aliases_.remove_all(whole.tenant, whole.name, next(versions));
  };
  const auto urls = [this, whole, next, aliases] { urls_.remove_all(whole, next(aliases)); };
  event_configs_.remove_all(whole, next(urls));
}

void FunctionCatalog::remove_latest(const FunctionName& name, Done<std::string> done) {
  documents_.remove(name.tenant, name.name, std::nullopt,
                    [this, arn = name.arn(), done = std::move(done)](Result<int64_t> removed) {
                      if (!removed) return done(removed.error());
                      {
                        std::lock_guard lock(mutex_);
                        functions_.erase(arn);
                      }
                      done(arn);
                    });
}

void FunctionCatalog::save(FunctionConfiguration function, int64_t expected_revision,
                           Done<FunctionConfiguration> done) {
  note_runtime(function);
  auto handle = std::make_shared<const FunctionConfiguration>(std::move(function));
  documents_.put(handle->tenant, handle->name, to_document(*handle), expected_revision,
                 [this, handle, done = std::move(done)](Result<int64_t> revision) {
                   if (!revision) {
                     if (revision.error().kind != ErrorKind::conflict)
                       return done(revision.error());
                     return done(Error{ErrorKind::conflict, "ResourceConflictException",
                                       "The operation cannot be performed at this time. An update "
                                       "is in progress for resource: " +
                                           handle->arn});
                   }
                   {
                     std::lock_guard lock(mutex_);
                     Stored& stored = functions_[handle->arn];
                     if (stored.revision < *revision) stored = {handle, *revision};
                   }
                   done(*handle);
                 });
}

int64_t FunctionCatalog::revision_of(const std::string& arn) const {
  std::lock_guard lock(mutex_);
  const auto found = functions_.find(arn);
  return found == functions_.end() ? 0 : found->second.revision;
}

Result<> FunctionCatalog::touch(FunctionConfiguration& function) {
  std::lock_guard lock(mutex_);
  function.modified_ms = clock_.now_ms();
  function.revision_id = make_uuid(random_);
  return {};
}

// Says once a runtime which interpreter serves it.
void FunctionCatalog::note_runtime(const FunctionConfiguration& function) {
  {
    std::lock_guard lock(mutex_);
    if (!noted_runtimes_.insert(function.runtime).second) return;
  }
  auto interpreter = interpreter_for(function.runtime);
  if (!interpreter || interpreter->language == Language::custom) return;
  std::string version = version_of(*interpreter);
  std::string prefix = interpreter->language == Language::python ? "python" : "nodejs";
  std::string wanted = function.runtime.substr(prefix.size());
  if (wanted.ends_with(".x")) wanted.resize(wanted.size() - 2);
  if (version.starts_with(wanted) &&
      !std::isdigit(static_cast<unsigned char>(
          version.size() > wanted.size() ? version[wanted.size()] : '.'))) {
    return;
  }
  log_warning("{} runs on the installed {} {}", function.runtime, interpreter->program, version);
}

// ---- code

Result<> FunctionCatalog::take_code(FunctionConfiguration& function, FunctionCode code) {
  if (auto* folder = std::get_if<FolderCode>(&code)) {
    if (!std::filesystem::path(folder->path).is_absolute()) {
      return bad_parameter("a folder with code is named by its absolute path");
    }
    PD_TRY(digest, digest_folder(folder->path));
    function.code_blob.clear();
    function.code_folder = folder->path;
    function.code_sha256 = base64_encode(digest.sha256);
    function.code_size = function.unpacked_size = static_cast<int64_t>(digest.bytes);
    return {};
  }
  const std::string& zip = std::get<ZipCode>(code).bytes;
  PD_TRY(unpacked_bytes, check_package(zip));
  PD_TRY(blob, blobs_.put(zip));
  PD_CHECK(unpack_package(zip, code_folder_ + "/" + blob));
  Sha256 digest = sha256(zip);
  function.code_folder.clear();
  function.code_blob = blob;
  function.code_sha256 =
      base64_encode({reinterpret_cast<const char*>(digest.data()), digest.size()});
  function.code_size = static_cast<int64_t>(zip.size());
  function.unpacked_size = static_cast<int64_t>(unpacked_bytes);
  return {};
}

Result<> FunctionCatalog::set_layers(FunctionConfiguration& function,
                                     const std::vector<std::string>& arns) {
  PD_TRY(layers, layers_.resolve(function.tenant, arns, function.unpacked_size));
  function.layers = std::move(layers);
  return {};
}

Result<std::string> FunctionCatalog::code_root(const FunctionConfiguration& function) {
  const std::string folder =
      function.code_blob.empty() ? function.code_folder : code_folder_ + "/" + function.code_blob;
  const std::string merged =
      function.layers.empty() ? std::string() : merged_layers_name(function.layers);
  {
    std::lock_guard lock(mutex_);
    const bool has_code = function.code_blob.empty() || unpacked_.contains(function.code_blob);
    if (has_code && (merged.empty() || unpacked_.contains(merged))) return folder;
  }
  if (!function.code_blob.empty() && !file_exists(folder)) {
    PD_TRY(zip, blobs_.get(function.code_blob));
    PD_CHECK(unpack_package(zip, folder));
  }
  if (!merged.empty()) PD_CHECK(merge_layers(function.layers, blobs_, layers_folder_));
  std::lock_guard lock(mutex_);
  unpacked_.insert(function.code_blob);
  unpacked_.insert(merged);
  return folder;
}

// ---- reads

Result<std::shared_ptr<const FunctionConfiguration>> FunctionCatalog::find(const FunctionName& name,
                                                                           double chance) const {
  const std::string arn = name.arn();
  Handle latest;
  {
    std::lock_guard lock(mutex_);
    const auto found = functions_.find(arn);
    if (found != functions_.end()) latest = found->second.function;
  }
  if (!latest) return function_not_found(name.qualifier.empty() ? arn : arn + ":" + name.qualifier);
  if (name.qualifier.empty() || name.qualifier == "$LATEST") return latest;
  return find_qualified(latest, name.qualifier, chance);
}

Result<FunctionCatalog::Handle> FunctionCatalog::find_qualified(const Handle& latest,
                                                                const std::string& qualifier,
                                                                double chance) const {
  std::string version = qualifier;
  if (const auto alias = aliases_.find(latest->tenant, latest->name, qualifier)) {
    version = pick_version(*alias, chance);
  }
  if (version == "$LATEST") return latest;
  if (Handle found = versions_.find(latest->arn, version)) return found;
  return function_not_found(latest->arn + ":" + qualifier);
}

std::vector<FunctionCatalog::Handle> FunctionCatalog::all() const {
  std::lock_guard lock(mutex_);
  std::vector<Handle> found;
  for (const auto& [arn, stored] : functions_) found.push_back(stored.function);
  return found;
}

bool FunctionCatalog::exists(const FunctionName& name) const { return find(name, 1).has_value(); }

std::vector<FunctionConfiguration> FunctionCatalog::list(const engine::Tenant& tenant) const {
  std::vector<FunctionConfiguration> result;
  std::lock_guard lock(mutex_);
  for (const auto& [arn, stored] : functions_) {
    if (stored.function->tenant == tenant) result.push_back(*stored.function);
  }
  return result;
}

}  // namespace perdure::executors
