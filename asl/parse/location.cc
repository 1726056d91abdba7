#include "asl/parse/location.h"

#include <utility>
#include <vector>

namespace perdure::asl {

std::string Location::text() const {
  if (!last_) return "/";
  std::vector<const Step*> steps;
  for (const Step* step = last_.get(); step; step = step->up.get()) steps.push_back(step);
  std::string out;
  for (auto step = steps.rbegin(); step != steps.rend(); ++step) {
    if ((*step)->is_field) {
      out += '/';
      out += (*step)->key;
    } else {
      out += "[" + std::to_string((*step)->index) + "]";
    }
  }
  return out;
}

const char* Location::anchor() const {
  for (const Step* step = last_.get(); step; step = step->up.get()) {
    if (step->is_field) return step->key.data();
  }
  return nullptr;
}

}  // namespace perdure::asl
