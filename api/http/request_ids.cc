#include "api/http/request_ids.h"

#include "base/clock.h"
#include "base/ids.h"

namespace perdure::api {

std::string RequestIds::next() {
  // Twice the generator's own step: no two ids share a word.
  SeededRandom random(seed_ + count_.fetch_add(1, std::memory_order_relaxed) * 0x3C6EF372FE94F82Au);
  return make_uuid(random);
}

}  // namespace perdure::api
