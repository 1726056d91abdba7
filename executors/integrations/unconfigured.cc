#include "executors/integrations/unconfigured.h"

namespace perdure::executors {
namespace {

class Unconfigured final : public Integration {
 public:
  bool serves(const asl::TaskResource&) const override { return true; }
  void begin(const IntegrationAttemptPtr& attempt) override {
    const asl::TaskResource& resource = attempt->request.resource;
    attempt->fail("Perdure.UnsupportedResourceException",
                  "The resource '" + resource.arn +
                      "' is not done by this server itself, and no route leads elsewhere: give the "
                      "server a file by --integrations with a route whose resource is '" +
                      resource.service + ":" + resource.action + "' (docs/integrations.md).");
  }
  engine::answer::Failed lost(const IntegrationAttempt&) const override {
    return {"Perdure.UnsupportedResourceException", lost_cause};
  }
};

}  // namespace

std::unique_ptr<Integration> make_unconfigured() { return std::make_unique<Unconfigured>(); }

}  // namespace perdure::executors
