#pragma once
#include <string>

#include "base/clock.h"

namespace perdure {

// A version 4 UUID in its 36-character lower-case form.
std::string make_uuid(Random& random);

}  // namespace perdure
