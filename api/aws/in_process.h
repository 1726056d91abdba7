#pragma once
// The services of this server called from tasks (aws-sdk:SERVICE:ACTION): the operations of the
// wire, their shapes and their access rules, without HTTP. Members have the names of the SDK for
// Java there: in upper case, moments as ISO 8601.

#include <map>
#include <memory>
#include <string>

#include "api/aws/operation.h"
#include "api/http/request_ids.h"
#include "base/clock.h"
#include "executors/integrations/service_caller.h"

namespace perdure::api {

class InProcessServices final : public executors::ServiceCaller {
 public:
  // Both outlive it.
  InProcessServices(const Clock& clock, RequestIds& ids) : clock_(clock), ids_(ids) {}

  // Before the first call. A service that no SDK name is known for is left out.
  void add(Service service);

  bool has(std::string_view service, std::string_view action) const override;
  std::string display_name(std::string_view service) const override;
  void call(const engine::Tenant& tenant, std::string_view service, std::string_view action,
            const Json& parameters, std::function<void(executors::ServiceAnswer)> done) override;

 private:
  const Service* find(std::string_view service) const;
  static const Operation* find(const Service& service, std::string_view action);

  const Clock& clock_;
  RequestIds& ids_;
  std::map<std::string, Service, std::less<>> services_;  // by the SDK's name
};

// What a task gives, as the shape wants it: members found in either case, null ones left out, other
// values than texts where a text is wanted as their JSON, moments as seconds.
Json fitted(const Shape& shape, const Json& given);

}  // namespace perdure::api
