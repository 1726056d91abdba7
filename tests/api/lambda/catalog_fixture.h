#pragma once
// Operations of Lambda over a catalog that has the function `f`, a folder of this machine, with
// version 1 and the alias `live`; and the function `g`.

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "api/lambda/lambda.h"
#include "base/files.h"
#include "tests/api/lambda/fake_runtime.h"
#include "tests/api/wire.h"

namespace perdure::api {

class CatalogTest : public ::testing::Test {
 protected:
  CatalogTest() {
    char name[] = "/tmp/perdure-code-XXXXXX";
    folder_ = mkdtemp(name);
    std::ofstream(folder_ + "/app.py") << "def handler(event, context):\n    return event\n";
    wire_.router.add(lambda_service(parts()));
    for (const char* function : {"f", "g"}) {
      executors::CreateFunction create;
      create.name = function;
      create.runtime = "python3.11";
      create.handler = "app.handler";
      create.role = "arn:aws:iam::000000000000:role/r";
      create.code = executors::FolderCode{folder_};
      catalog().create(std::move(create), [](const auto& made) { EXPECT_TRUE(made); });
    }
    catalog().publish({}, "f", {}, [](const auto& version) { EXPECT_TRUE(version); });
    executors::ChangeAlias alias;
    alias.name = "live";
    alias.version = "1";
    catalog().create_alias({{}, "f", ""}, alias, [](const auto& made) { EXPECT_TRUE(made); });
  }
  ~CatalogTest() override { (void)remove_directory(folder_); }

  LambdaParts parts() {
    return {runtime_, clock_, [this](executors::InvokeRequest request, auto done) {
              later_.push_back(std::move(request));
              done("request-1");
            }};
  }
  executors::FunctionCatalog& catalog() { return runtime_.catalog(); }

  // "STATUS JSON" with the members of errors cut down to "Name: message".
  std::pair<int, Json> call(const char* method, const std::string& path, const Json& body = {}) {
    const HttpResponse response =
        wire_.send(method, path, body.is_null() ? "" : dump_json(body), {});
    Json json = response.body.empty() ? Json() : *parse_json(response.body);
    if (response.status >= 400) {
      json = json["__type"].get<std::string>() + ": " + json["message"].get<std::string>();
    }
    return {response.status, std::move(json)};
  }

  SystemClock clock_;
  std::string folder_;
  FakeRuntime runtime_;
  std::vector<executors::InvokeRequest> later_;
  Wire wire_;
};

}  // namespace perdure::api
