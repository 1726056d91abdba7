#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/hash.h"

namespace perdure {

// A version 4 UUID in its 36-character lower-case form.
std::string make_uuid(Random& random);
// One that follows from the digest, in the form of version 8.
std::string uuid_of(const Sha256& digest);

// A UUID of our own (version 8) that begins with its moment, so that what is named by such ids can
// be kept in the order of creation. 56 bits are random. The moment: UTC, from 2004 to 2039, else
// the nearest of these.
std::string make_timed_uuid(Random& random, int64_t now_ms);
// The moment, if the text is such a UUID; no other version has our marks, and of those of version 8
// that others make one in 70 million.
std::optional<int64_t> time_of_uuid(std::string_view uuid);

}  // namespace perdure
