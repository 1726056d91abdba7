#pragma once
// Resources that this server does not do and has no route for: the task fails and says what is
// missing.

#include <memory>

#include "executors/integrations/integration.h"

namespace perdure::executors {

std::unique_ptr<Integration> make_unconfigured();

}  // namespace perdure::executors
