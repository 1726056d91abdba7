#include "api/workflow_tests/local_functions.h"

#include <cstdlib>
#include <filesystem>
#include <utility>

#include "api/cli/client.h"
#include "api/cli/deploy.h"
#include "api/server.h"
#include "base/clock.h"
#include "base/files.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/url.h"
#include "executors/functions/lambda_result.h"

namespace perdure::api::workflow_tests {
namespace {

namespace fs = std::filesystem;

// "arn:aws:lambda:REGION:ACCOUNT:function:NAME:QUALIFIER", "NAME:QUALIFIER" or "NAME" -> "NAME".
// Handlers here have no versions.
std::string function_name(std::string_view function) {
  constexpr std::string_view kind = ":function:";
  const size_t at = function.find(kind);
  if (at != function.npos) function.remove_prefix(at + kind.size());
  return std::string(function.substr(0, function.find(':')));
}

Result<std::string> temporary_folder() {
  const char* const place = std::getenv("TMPDIR");
  std::string path = std::string(place != nullptr ? place : "/tmp") + "/perdure-test-XXXXXX";
  if (mkdtemp(path.data()) == nullptr) return system_error("cannot make", path, errno);
  return path;
}

}  // namespace

class LocalFunctions::Running {
 public:
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;
  ~Running() {
    client_.reset();
    server_.reset();
    (void)remove_directory(data_);
  }

  static Result<std::unique_ptr<Running>> start(const std::string& folder) {
    std::unique_ptr<Running> made(new Running());
    PD_TRY(manifest, cli::read_manifest(folder));
    for (const cli::ManifestFunction& function : manifest.functions) {
      made->names_.insert(function.name);
    }
    PD_TRY(data, temporary_folder());
    made->data_ = std::move(data);
    start_log(LogFormat::text, LogLevel::error);
    ServerOptions options;
    options.data_folder = made->data_;
    options.port = 0;
    options.functions.end_workers_on_stop = true;
    PD_TRY(server, start_server(std::move(options)));
    made->server_ = std::move(server);
    const std::string endpoint = "http://127.0.0.1:" + std::to_string(made->server_->port());
    PD_CHECK(cli::deploy_functions(endpoint, std::move(manifest)));
    PD_TRY(client, cli::Client::open(endpoint));
    made->client_ = std::make_unique<cli::Client>(std::move(client));
    return made;
  }

  Result<engine::TaskAnswer> call(const asl::TaskResource& resource, std::string_view parameters) {
    auto read = executors::read_lambda_call(resource, parameters);
    if (!read) return executors::lambda_refusal(read.error(), "");
    const std::string name = function_name(read->function);
    if (!names_.contains(name)) {
      return Error{ErrorKind::not_found, "", "perdure.json lists no function `" + name + "`"};
    }
    HttpHeaders headers = {{"Content-Type", "application/json"}};
    if (!read->client_context.empty()) {
      headers.add("X-Amz-Client-Context", base64_encode(read->client_context));
    }
    if (read->log_tail) headers.add("X-Amz-Log-Type", "Tail");
    if (read->type == executors::InvocationType::event) {
      headers.add("X-Amz-Invocation-Type", "Event");
    } else if (read->type == executors::InvocationType::dry_run) {
      headers.add("X-Amz-Invocation-Type", "DryRun");
    }
    auto response = client_->rest("lambda", "POST",
                                  "/2015-03-31/functions/" + percent_encode(name) + "/invocations",
                                  read->payload, std::move(headers));
    if (!response) return executors::lambda_refusal(response.error(), "");
    executors::InvokeResult result;
    result.payload = std::move(response->body);
    const HttpHeaders& given = response->headers;
    result.function_error = given.find("X-Amz-Function-Error").has_value();
    result.request_id = given.find("x-amzn-RequestId").value_or("");
    const auto log = base64_decode(given.find("X-Amz-Log-Result").value_or(""));
    if (log) result.log_tail = *log;
    return executors::lambda_answer(*read, result, clock_, random_);
  }

 private:
  Running() = default;

  SystemClock clock_;
  SystemRandom random_;
  std::set<std::string> names_;
  std::string data_;
  std::unique_ptr<Server> server_;
  std::unique_ptr<cli::Client> client_;
};

LocalFunctions::LocalFunctions(std::string folder) : folder_(std::move(folder)) {}
LocalFunctions::~LocalFunctions() = default;

Result<std::set<std::string>> LocalFunctions::files() const {
  std::set<std::string> files;
  PD_TRY(manifest, cli::read_manifest(folder_));
  for (const cli::ManifestFunction& function : manifest.functions) {
    std::error_code ignored;
    fs::recursive_directory_iterator walk(function.folder, ignored);
    for (const fs::recursive_directory_iterator end; walk != end; walk.increment(ignored)) {
      const std::string name = walk->path().filename().string();
      if (walk->is_directory(ignored)) {
        const bool uninteresting = name.starts_with('.') || name == "node_modules";
        if (uninteresting) walk.disable_recursion_pending();
      } else {
        files.insert(walk->path().lexically_normal().string());
      }
    }
  }
  return files;
}

Result<engine::TaskAnswer> LocalFunctions::call(const asl::TaskResource& resource,
                                                std::string_view parameters) {
  if (!running_) {
    PD_TRY(running, Running::start(folder_));
    running_ = std::move(running);
  }
  return running_->call(resource, parameters);
}

}  // namespace perdure::api::workflow_tests
