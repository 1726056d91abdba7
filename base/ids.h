#pragma once
#include <string>

#include "base/clock.h"
#include "base/hash.h"

namespace perdure {

// A version 4 UUID in its 36-character lower-case form.
std::string make_uuid(Random& random);
// One that follows from the digest, in the form of version 8.
std::string uuid_of(const Sha256& digest);

}  // namespace perdure
