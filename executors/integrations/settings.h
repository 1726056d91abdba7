#pragma once
// What the file of --integrations says: which addresses HTTP tasks may reach, and where calls go
// that this server does not do itself. docs/integrations.md describes the file.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/net/address_policy.h"

namespace perdure::executors {

struct AwsCredentials {
  std::string access_key;
  std::string secret_key;
  std::string session_token;  // of temporary ones; may be empty
};

// Where calls go whose resource matches.
struct ForwardRoute {
  std::string resource;  // "aws-sdk:dynamodb:*", "sqs:sendMessage": * is any text
  std::string endpoint;  // of an AWS service; {service} and {region} are filled in; or
  std::string plugin;    // of a plain HTTP service that does the task
  std::string region;    // of the signature; empty: the caller's
  std::optional<AwsCredentials> credentials;
  bool instead = false;  // also of what this server would do itself

  bool matches(std::string_view what) const;
};

struct IntegrationSettings {
  std::vector<std::string> reach = {"loopback"};
  std::string ca_file;
  std::string models;  // folder of service models (botocore/data); empty: where Debian has it
  std::optional<AwsCredentials>
      credentials;                   // absent: the account's number as key, as for ourselves
  int64_t poll_ms = 5'000;           // how often a job behind .sync is asked for
  std::vector<ForwardRoute> routes;  // the first that matches counts

  // Refuses what it does not know, so that a typing error is not silently nothing.
  static Result<IntegrationSettings> parse(std::string_view json);

  // The route of a resource as an ARN says it behind ":::"; null if there is none.
  const ForwardRoute* route(std::string_view resource) const;
};

}  // namespace perdure::executors
