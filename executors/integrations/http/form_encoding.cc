#include "executors/integrations/http/form_encoding.h"

#include <array>
#include <utility>

#include "base/url.h"

namespace perdure::executors {
namespace {

using asl::Kind;
using asl::Value;

class FormWriter {
 public:
  explicit FormWriter(ArrayFormat format) : format_(format) {}

  void write(const std::string& name, const Value& value) {
    if (value.is(Kind::object)) {
      for (const asl::Member& member : value.members()) {
        const std::string key(member.key);
        write(name.empty() ? key : name + "[" + key + "]", member.value);
      }
    } else if (value.is(Kind::array) && format_ != ArrayFormat::none) {
      write_array(name, value);
    } else {
      pair(name, plain_text(value));
    }
  }

  std::string out;

 private:
  void write_array(const std::string& name, const Value& array) {
    if (format_ == ArrayFormat::commas) {
      std::string joined;
      for (const Value& item : array.items()) {
        joined += (joined.empty() ? "" : ",") + plain_text(item);
      }
      return pair(name, joined);
    }
    size_t index = 0;
    for (const Value& item : array.items()) {
      if (format_ == ArrayFormat::indices) write(name + "[" + std::to_string(index++) + "]", item);
      if (format_ == ArrayFormat::brackets) write(name + "[]", item);
      if (format_ == ArrayFormat::repeat) write(name, item);
    }
  }

  void pair(const std::string& name, const std::string& value) {
    if (!out.empty()) out += '&';
    out += percent_encode(name) + "=" + percent_encode(value);
  }

  const ArrayFormat format_;
};

}  // namespace

std::optional<ArrayFormat> array_format_named(std::string_view name) {
  constexpr std::array<std::pair<std::string_view, ArrayFormat>, 5> names = {
      {{"INDICES", ArrayFormat::indices},
       {"REPEAT", ArrayFormat::repeat},
       {"COMMAS", ArrayFormat::commas},
       {"BRACKETS", ArrayFormat::brackets},
       {"NONE", ArrayFormat::none}}};
  for (const auto& [known, format] : names) {
    if (known == name) return format;
  }
  return std::nullopt;
}

std::string plain_text(const Value& value) {
  if (value.is(Kind::string)) return std::string(value.as_string());
  if (value.is(Kind::null) || !value.defined()) return "";
  return asl::to_json(value);
}

std::string form_encoded(const Value& object, ArrayFormat format) {
  FormWriter writer(format);
  writer.write("", object);
  return std::move(writer.out);
}

}  // namespace perdure::executors
