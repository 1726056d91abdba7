#include "api/sts/sts.h"

namespace perdure::api {

namespace {

Result<Answer> get_caller_identity(const Call& call) {
  const std::string& account = call.tenant.account;
  return Answer(
      {{"Account", account}, {"Arn", "arn:aws:iam::" + account + ":root"}, {"UserId", account}});
}

}  // namespace

Service sts_service() {
  return {"sts",
          Protocol::query,
          "2011-06-15",
          "",
          {{"GetCallerIdentity", structure({}), at_once(&get_caller_identity)}}};
}

}  // namespace perdure::api
