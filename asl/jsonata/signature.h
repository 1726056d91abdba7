#pragma once
// What a function says of its arguments: `<s-nn?:s>`.

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "asl/jsonata/fault.h"
#include "asl/value/value.h"

namespace perdure::asl::jsonata {

// The letter of a value's type: s n b l(null) a o f, m for a missing one.
char type_letter(const Value& value);

class Signature {
 public:
  // S0401, S0402 with the position in the signature.
  static Outcome<Signature> parse(std::string_view text);

  // The arguments as the function gets them: the context where one is missing, single values made
  // arrays. T0410, T0411, T0412 with the argument's index.
  Outcome<bool> validate(std::span<const Value> arguments, const Value& context, Arena& arena,
                         std::vector<Value>& validated) const;

  // Whether validate() would hand these on unchanged; it may say no where it would.
  bool takes_as_is(std::span<const Value> arguments) const;

 private:
  struct Parameter {
    uint32_t letters = 0;  // a bit for each letter it takes
    bool array = false;
    bool context = false;
    bool optional = false;
    bool repeated = false;
    std::string subtype;  // of an array's items
  };

  bool fits_one_by_one(std::span<const Value> arguments) const;
  bool match(std::string_view letters, std::vector<size_t>& taken) const;
  Fault mismatch(std::string_view letters, size_t count) const;
  Outcome<bool> check_array(const Parameter& parameter, const Value& argument, size_t index) const;

  std::vector<Parameter> parameters_;
};

}  // namespace perdure::asl::jsonata
