#include "executors/functions/sandbox/level.h"

namespace perdure::executors::sandbox {

std::string_view name_of(Level level) {
  switch (level) {
    case Level::a:
      return "A";
    case Level::b:
      return "B";
    case Level::c:
      return "C";
    default:
      return "none";
  }
}

std::optional<Level> level_named(std::string_view name) {
  for (Level level : {Level::none, Level::c, Level::b, Level::a}) {
    if (name == name_of(level)) return level;
  }
  return std::nullopt;
}

}  // namespace perdure::executors::sandbox
