#include "api/events/events.h"

#include <iterator>
#include <utility>

namespace perdure::api {

Service events_service(const EventsParts& parts) {
  Service service{"events", Protocol::json, "1.1", "AWSEvents", {}};
  for (auto* group : {&connection_operations}) {
    std::vector<Operation> rows = group(parts);
    std::move(rows.begin(), rows.end(), std::back_inserter(service.operations));
  }
  return service;
}

}  // namespace perdure::api
