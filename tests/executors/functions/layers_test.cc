#include "executors/functions/catalog/layers.h"

#include <sys/stat.h>

#include "base/files.h"
#include "executors/functions/catalog/catalog.h"
#include "runtime_client_path.h"
#include "tests/executors/functions/runtime_fixture.h"

namespace perdure::executors {
namespace {

class LayersTest : public RuntimeTest {
 protected:
  void SetUp() override { start(); }

  Layers& layers() { return runtime().catalog().layers(); }

  Result<LayerVersion> publish(const std::string& name, const Files& files) {
    return publish_zip(name, zip_of(files));
  }
  Result<LayerVersion> publish_zip(const std::string& name, std::string zip) {
    std::promise<Result<LayerVersion>> done;
    layers().publish({.tenant = tenant_, .name = name, .zip = std::move(zip)},
                     [&](auto layer) { done.set_value(std::move(layer)); });
    return done.get_future().get();
  }
  std::string arn_of(const std::string& name, const Files& files) {
    const auto layer = publish(name, files);
    return layer ? layer->arn() : refusal_of(layer.error());
  }

  Result<FunctionConfiguration> with_layers(const std::string& name, const Files& files,
                                            std::vector<std::string> arns,
                                            const std::string& runtime = "python3.11",
                                            std::map<std::string, std::string> environment = {}) {
    std::promise<Result<FunctionConfiguration>> done;
    runtime_->create({.tenant = tenant_,
                      .name = name,
                      .runtime = runtime,
                      .handler = "f.handler",
                      .role = "arn:aws:iam::111111111111:role/r",
                      .timeout_s = 10,
                      .environment = std::move(environment),
                      .layers = std::move(arns),
                      .code = ZipCode{zip_of(files)}},
                     [&](auto function) { done.set_value(std::move(function)); });
    return done.get_future().get();
  }
  std::string refusal(std::vector<std::string> arns) {
    const auto made = with_layers("refused", {{"f.py", ""}}, std::move(arns));
    return made ? "made" : refusal_of(made.error());
  }
};

TEST_F(LayersTest, VersionsAreNumberedAndNoNumberComesTwice) {
  const std::string arn = "arn:aws:lambda:us-east-1:111111111111:layer:l:";
  EXPECT_EQ(arn_of("l", {{"a", "1"}}), arn + "1");
  EXPECT_EQ(arn_of("l", {{"a", "2"}}), arn + "2");
  EXPECT_EQ(arn_of("other", {{"a", "1"}}), "arn:aws:lambda:us-east-1:111111111111:layer:other:1");
  std::promise<bool> removed;
  layers().remove({tenant_, "l", 2},
                  [&](Result<bool> done) { removed.set_value(done.has_value()); });
  EXPECT_TRUE(removed.get_future().get());
  EXPECT_EQ(layers().find(tenant_, {tenant_, "l", 2}).error().name, "ResourceNotFoundException");
  EXPECT_EQ(arn_of("l", {{"a", "3"}}), arn + "3");
  start();
  EXPECT_EQ(arn_of("l", {{"a", "4"}}), arn + "4") << "after a restart too";
  EXPECT_EQ(layers().list(tenant_).size(), 4u);
  EXPECT_EQ(publish_zip("l", "").error().name, "InvalidParameterValueException");
}

TEST_F(LayersTest, PythonFindsModulesAndLaterLayersWin) {
  const auto below = arn_of("below", {{"python/shared.py", "name = 'below'\n"},
                                      {"python/only_below.py", "name = 'only below'\n"},
                                      {"data/x/y", "below"}});
  const auto above =
      arn_of("above", {{"python/shared.py", "name = 'above'\n"},
                       {"python/lib/python3.11/site-packages/deep.py", "name = 'deep'\n"},
                       {"data/x", "a file in the place of a folder"}});
  ASSERT_TRUE(with_layers("f",
                          {{"f.py",
                            "import deep, only_below, shared\n"
                            "def handler(event, context):\n"
                            "    return [shared.name, only_below.name, deep.name]\n"}},
                          {below, above}));
  EXPECT_EQ(invoke("f")->payload, R"(["above", "only below", "deep"])");
  const auto function = *runtime().find(tenant_, "f");
  ASSERT_EQ(function.layers.size(), 2u);
  EXPECT_EQ(function.layers[1].arn, above);
  EXPECT_GT(function.layers[1].code_size, 0);
}

TEST_F(LayersTest, ADeletedLayerWorksOnInItsFunctions) {
  const auto arn = arn_of("l", {{"python/shared.py", "name = 'there'\n"}});
  ASSERT_TRUE(with_layers("f", {{"f.py", "import shared\ndef handler(e, c): return shared.name\n"}},
                          {arn}));
  std::promise<void> removed;
  layers().remove({tenant_, "l", 1}, [&](Result<bool>) { removed.set_value(); });
  removed.get_future().get();
  EXPECT_EQ(refusal({arn}),
            "InvalidParameterValueException: Layer version " + arn + " does not exist.");
  start();
  EXPECT_EQ(invoke("f")->payload, "\"there\"");
}

TEST_F(LayersTest, ProgramsAndNodeModulesAreFound) {
  const auto arn = arn_of("tools", {{"bin/tool", "#!/bin/sh\necho from the layer\n"},
                                    {"nodejs/node_modules/dep/index.js", "exports.n = 41;\n"},
                                    {"bootstrap", *read_file(PERDURE_RUNTIME_CLIENT)}});
  ASSERT_TRUE(with_layers("f",
                          {{"f.py",
                            "import subprocess\n"
                            "def handler(event, context):\n"
                            "    return subprocess.check_output(['tool'], text=True)\n"}},
                          {arn}));
  EXPECT_EQ(invoke("f")->payload, R"("from the layer\n")");
  ASSERT_TRUE(with_layers("custom", {{"data", "1"}}, {arn}, "provided.al2023"));
  EXPECT_EQ(member(invoke("custom", "7"), "event"), "7") << "the runtime itself is in the layer";
  if (!interpreter_for("nodejs20.x")) return;
  ASSERT_TRUE(with_layers("node",
                          {{"f.js", "exports.handler = async () => require('dep').n + 1;\n"}},
                          {arn}, "nodejs20.x"));
  EXPECT_EQ(invoke("node")->payload, "42");
  ASSERT_TRUE(
      with_layers("module",
                  {{"f.mjs",
                    "import { more } from './more.mjs';\n"
                    "export const handler = async () => more;\n"},
                   {"more.mjs", "import dep from 'dep';\nexport const more = dep.n + 2;\n"}},
                  {arn}, "nodejs20.x"));
  EXPECT_EQ(invoke("module")->payload, "43") << "imports find it too";
}

TEST_F(LayersTest, AWrapperStartsTheRuntime) {
  const auto arn = arn_of("wrap", {{"wrapper", "#!/bin/sh\nexport WRAPPED=yes\nexec \"$@\"\n"}});
  ASSERT_TRUE(with_layers(
      "f", {{"f.py", "import os\ndef handler(e, c): return os.environ.get('WRAPPED')\n"}}, {arn},
      "python3.11", {{"AWS_LAMBDA_EXEC_WRAPPER", "/opt/wrapper"}}));
  EXPECT_EQ(invoke("f")->payload, "\"yes\"");
}

TEST_F(LayersTest, WhatAwsRefusesIsRefusedInItsWords) {
  std::vector<std::string> many;
  for (int i = 0; i < 6; ++i) {
    many.push_back(arn_of("l" + std::to_string(i), {{"a", std::to_string(i)}}));
  }
  EXPECT_EQ(refusal(many), "InvalidParameterValueException: Cannot reference more than 5 layers.");
  const auto second = arn_of("l0", {{"a", "again"}});
  EXPECT_EQ(refusal({many[0], second}),
            "InvalidParameterValueException: Two different versions of the same layer are not "
            "allowed to be referenced in the same function. " +
                many[0] + " and " + second + " are versions of the same layer.");
  const std::string strange = "arn:aws:lambda:us-east-1:222222222222:layer:l0:1";
  EXPECT_EQ(refusal({strange}),
            "InvalidParameterValueException: Layer version " + strange + " does not exist.");
}

TEST_F(LayersTest, APolicyOpensALayerToAnotherAccount) {
  publish("l", {{"a", "1"}});
  const engine::Tenant other{"222222222222", "us-east-1"};
  const LayerName name{tenant_, "l", 1};
  EXPECT_FALSE(layers().find(other, name));
  std::promise<void> changed;
  layers().change_policy(
      name,
      [](LayerVersion& layer) -> Result<> {
        layer.statements.push_back({{"Sid", "s"}, {"Principal", "*"}});
        return {};
      },
      [&](Result<LayerVersion>) { changed.set_value(); });
  changed.get_future().get();
  EXPECT_TRUE(layers().find(other, name));
  start();
  EXPECT_TRUE(layers().find(other, name)) << "after a restart too";
}

TEST_F(LayersTest, CodeIsReadableWhateverTheServersUmaskIs) {
  const mode_t before = umask(077);
  start();
  const auto made = with_layers("f",
                                {{"f.py",
                                  "import dep, sub.own\n"
                                  "def handler(e, c): return [dep.name, sub.own.name]\n"},
                                 {"sub/own.py", "name = 'own'\n"}},
                                {arn_of("l", {{"python/dep.py", "name = 'of the layer'\n"}})});
  const auto result = invoke("f");
  umask(before);
  ASSERT_TRUE(made);
  EXPECT_EQ(result->payload, R"(["of the layer", "own"])");
}

}  // namespace
}  // namespace perdure::executors
