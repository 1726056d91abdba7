#pragma once
// One port for everything: looks at a request's head, decides whether it may pass and how much body
// it may bring, and hands it to AWS's protocols or to the routes for people.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "api/aws/endpoint.h"
#include "api/http/guard.h"
#include "api/http/request_ids.h"
#include "base/net/http_server.h"

namespace perdure::api {

// What people and tools call without AWS's protocols. All live as long as the router.
class PlainRoute {
 public:
  virtual ~PlainRoute() = default;
  // True if the path is this route's.
  virtual bool serves(std::string_view path) const = 0;
  // Whether a caller with the credentials of a function is refused: where people look after the
  // server, or what is shown is not one account's.
  virtual bool closed_to_functions(const RequestHead& head) const = 0;
  virtual void handle(HttpRequest request, const Caller& caller, Respond respond) = 0;
  virtual uint64_t body_limit() const { return 64 << 10; }
};

// Hosts with every path of theirs, for pages of any origin: it decides itself whom it lets in.
class HostRoute {
 public:
  virtual ~HostRoute() = default;
  virtual bool serves(std::string_view host) const = 0;  // as the header has it, with the port
  virtual void handle(HttpRequest request, const Caller& caller, Respond respond) = 0;
};

struct BodyLimits {
  uint64_t states = 4 << 20;
  uint64_t invoke = 6 << 20;
  uint64_t code = 70 << 20;
  uint64_t other = 1 << 20;
};

class Router final : public HttpHandler {
 public:
  Router(GuardSettings guard, BodyLimits limits, uint64_t seed);

  // Whose a key is that is no account: those that functions are given. Before the first request.
  struct FunctionSession {
    engine::Tenant tenant;
    std::string arn;  // "arn:aws:sts::ACCOUNT:assumed-role/ROLE/FUNCTION"
  };
  using KeyOwner = std::function<std::optional<FunctionSession>(std::string_view access_key)>;
  void set_key_owner(KeyOwner owner) { key_owner_ = std::move(owner); }

  // Whether the first segment of a path names something of S3's that is there: such paths are
  // served without a signature where nobody else has them. May block shortly.
  using IsBucket = std::function<bool(const std::string& name)>;
  void set_buckets(IsBucket is_bucket) { is_bucket_ = std::move(is_bucket); }

  void add(Service service);
  void add(std::unique_ptr<PlainRoute> route);
  void add(std::unique_ptr<HostRoute> route);

  BodyPlan plan_body(const RequestHead& head) override;
  void handle(HttpRequest request, Respond respond) override;
  HttpResponse protocol_error(int status, std::string_view why, const RequestHead* head) override;

 private:
  HostRoute* host_route(const RequestHead& head) const;
  PlainRoute* plain_route(const RequestHead& head) const;
  // By X-Amz-Target, then the signature's service, then the host or the path; null: nobody's.
  const Endpoint* endpoint(const RequestHead& head) const;
  uint64_t body_limit(const RequestHead& head) const;
  Caller caller_of(const RequestHead& head);

  const GuardSettings guard_;
  const BodyLimits limits_;
  RequestIds request_ids_;
  KeyOwner key_owner_;
  IsBucket is_bucket_;
  std::vector<std::unique_ptr<HostRoute>> host_routes_;
  std::vector<std::unique_ptr<PlainRoute>> routes_;
  std::vector<std::unique_ptr<Endpoint>> endpoints_;
  std::unordered_map<std::string, const Endpoint*> by_service_;
  std::unordered_map<std::string, const Endpoint*> by_target_;
};

}  // namespace perdure::api
