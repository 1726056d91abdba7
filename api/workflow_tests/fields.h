#pragma once
// Reads the members of an object that a person has written. The first mistake stays; what has not
// been asked for at the end is one too.

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "api/cli/source_file.h"
#include "asl/value/value.h"
#include "base/result.h"

namespace perdure::api::workflow_tests {

class Fields {
 public:
  // All outlive the object. `mistake` is shared by the readers of one file.
  Fields(const cli::SourceFile& source, const asl::Value& object, std::string at,
         std::optional<Error>& mistake);

  const std::string& at() const { return at_; }
  std::string at(std::string_view name) const;
  const asl::Value& object() const { return object_; }  // undefined: it is none
  std::span<const asl::Member> members() const {
    return object_.is(asl::Kind::object) ? object_.members() : std::span<const asl::Member>();
  }

  asl::Value find(std::string_view name);  // undefined if absent
  std::string text(std::string_view name, std::string otherwise = {});
  std::optional<std::string> optional_text(std::string_view name);
  std::optional<int64_t> count(std::string_view name);     // a whole number from 0
  std::optional<int64_t> duration(std::string_view name);  // milliseconds
  // Of this object, below the name; nothing if absent or no object.
  std::optional<Fields> inner(std::string_view name);
  Fields entry(const asl::Value& object, std::string at) const;

  void fail(std::string_view name, const std::string& problem);
  // Whatever is there and was not asked for is unknown.
  void finish();

 private:
  const cli::SourceFile& source_;
  asl::Value object_;
  std::string at_;
  std::optional<Error>& mistake_;
  std::vector<std::string> known_;
};

// "90s", "1h30m", "250ms", "2d", "1.5s".
std::optional<int64_t> parse_duration(std::string_view text);

}  // namespace perdure::api::workflow_tests
