#pragma once
// Service models as botocore keeps them (botocore/data/SERVICE/VERSION/service-2.json), read when a
// service is first called: what an operation's request and answer look like on the wire.

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace perdure::executors {

// Where Debian's packages (python3-botocore, awscli) have them.
inline constexpr std::array usual_model_folders = {
    "/usr/lib/python3/dist-packages/botocore/data",
    "/usr/lib/python3/dist-packages/awscli/botocore/data"};

class ServiceModel {
 public:
  static Result<std::shared_ptr<const ServiceModel>> parse(std::string_view json);

  // The protocol to speak: "json", "query", "ec2", "rest-json", "rest-xml".
  const std::string& protocol() const { return protocol_; }
  std::string metadata(const char* name) const;  // empty if it does not say
  // The service's name in errors of the SDK for Java: "DynamoDb", "SecretsManager".
  std::string display_name() const;
  std::string signing_name() const;

  const Json* operation(const std::string& name) const;  // null if there is none
  const Json& shape(const std::string& name) const;      // an empty object if there is none
  const Json& shape_of(const Json& member) const;        // of {"shape": NAME, ...}

 private:
  std::string protocol_;
  Json model_;
};

// The members of a structure, by the names that a task may use: as they are, in either case.
const Json* member_of(const Json& given, const std::string& name);  // null: absent, or null
std::string upper_first(std::string name);

// A setting of the member, or else of its shape ("locationName", "flattened").
const Json* trait(const Json& member, const Json& shape, const char* name);

// Not safe from several threads.
class ModelLibrary {
 public:
  // Where to look; empty: where Debian's packages have them.
  explicit ModelLibrary(std::string folder);

  // By the name that ARNs of aws-sdk use ("dynamodb", "secretsmanager"). Error: not_found, with
  // what to do about it.
  Result<std::shared_ptr<const ServiceModel>> find(const std::string& sdk_name);

 private:
  void index();
  void index(const std::string& folder);

  const std::vector<std::string> folders_;
  bool indexed_ = false;
  std::map<std::string, std::string, std::less<>> paths_;  // of service-2.json, by SDK name
  std::map<std::string, std::shared_ptr<const ServiceModel>> models_;
};

}  // namespace perdure::executors
