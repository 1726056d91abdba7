#pragma once
// A function runtime that runs nothing.

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "executors/functions/catalog/catalog.h"
#include "executors/functions/function_runtime.h"

namespace perdure::api {

// Remembers what it is asked, answers what it was told to.
class FakeRuntime final : public executors::FunctionRuntime, public engine::FunctionInvoker {
 public:
  engine::FunctionInvoker& invoker() override { return *this; }
  void set_invocations(engine::Invocations&) override {}
  void invoke(engine::AsyncInvocation,
              std::function<void(Result<engine::InvocationAttempt>)> done) override {
    done(engine::InvocationAttempt{});
  }
  Result<> start() override { return {}; }
  void stop() override {}
  std::shared_ptr<engine::Executor> executor(engine::AnswerSink&) override { return nullptr; }
  void create(executors::CreateFunction request,
              executors::Done<executors::FunctionConfiguration> done) override {
    created = request;
    executors::FunctionConfiguration function;
    function.name = request.name;
    function.arn = "arn:aws:lambda:us-east-1:000000000000:function:" + request.name;
    function.runtime = request.runtime;
    function.handler = request.handler;
    function.role = request.role;
    function.environment = request.environment;
    function.extra = request.extra;
    function.timeout_s = request.timeout_s.value_or(3);
    function.modified_ms = 1'763'702'869'123;
    functions[request.name] = function;
    done(function);
  }
  void update(engine::Tenant, std::string function, executors::UpdateFunction request,
              executors::Done<executors::FunctionConfiguration> done) override {
    updated = request;
    done(find({}, function));
  }
  void remove(engine::Tenant, std::string function, executors::Done<bool> done) override {
    functions.erase(function);
    done(true);
  }
  void remove_version(const executors::FunctionName& version, executors::Done<bool> done) override {
    catalog().remove_version(version, std::move(done));
  }
  Result<executors::FunctionConfiguration> find(const engine::Tenant&, std::string_view function,
                                                std::string_view) const override {
    const auto found = functions.find(std::string(function));
    if (found != functions.end()) return found->second;
    return Error{ErrorKind::not_found, "ResourceNotFoundException",
                 "Function not found: " + std::string(function)};
  }
  Result<executors::FunctionConfiguration> find(const engine::Tenant& tenant,
                                                const std::string& name) const {
    return find(tenant, name, "");
  }
  std::vector<executors::FunctionConfiguration> list(const engine::Tenant&) const override {
    std::vector<executors::FunctionConfiguration> all;
    for (const auto& [name, function] : functions) all.push_back(function);
    return all;
  }
  void invoke(executors::InvokeRequest request,
              executors::Done<executors::InvokeResult> done) override {
    invoked = std::move(request);
    for (const executors::AnswerPiece& piece : pieces) {
      if (invoked.on_piece) invoked.on_piece(piece, [] {});
    }
    done(result);
  }
  Result<> check_invoke(const executors::InvokeRequest& request) const override {
    if (functions.contains(request.function)) return {};
    return find({}, request.function).error();
  }
  executors::FunctionCatalog& catalog() override { return catalog_; }
  void publish(const engine::Tenant& tenant, std::string function,
               executors::PublishVersion request,
               executors::Done<executors::FunctionConfiguration> done) override {
    catalog_.publish(tenant, function, std::move(request), std::move(done));
  }
  bool is_optimized(const executors::FunctionConfiguration& version) const override {
    return version.version == optimized;
  }
  std::string optimized;  // the number of the version that is
  std::optional<KeyOwner> owner_of_key(std::string_view) const override { return {}; }
  Statistics statistics() const override { return {}; }

  std::map<std::string, executors::FunctionConfiguration> functions;
  executors::CreateFunction created;
  executors::UpdateFunction updated;
  executors::InvokeRequest invoked;
  std::vector<executors::AnswerPiece> pieces;  // what is streamed of an answer that may be
  Result<executors::InvokeResult> result = executors::InvokeResult{};

 private:
  // Revisions grow; what is new must not be there yet.
  struct AtOnce final : engine::DocumentWriter {
    void write(engine::DocumentWrite write, std::function<void(Result<int64_t>)> done) override {
      const std::string name = write.document.kind + " " + write.document.name;
      const bool there = stored.contains(name);
      if (write.expected_revision == 0 && there) {
        return done(Error{ErrorKind::conflict, "ConflictException", ""});
      }
      write.remove ? void(stored.erase(name)) : void(stored.insert(name));
      done(++revision);
    }
    std::set<std::string> stored;
    int64_t revision = 0;
  };
  SystemClock clock_;
  SeededRandom random_{1};
  AtOnce writer_;
  std::unique_ptr<engine::Blobs> blobs_ = engine::memory_blobs();
  executors::FunctionCatalog catalog_{clock_, random_, writer_, *blobs_, "/tmp", "/tmp"};
};

}  // namespace perdure::api
