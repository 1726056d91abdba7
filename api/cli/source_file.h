#pragma once
// A file that people write: JSON, or YAML where its name ends in .yaml or .yml. Both are JSON to
// whoever reads on, and both know where in the file a value stands.

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/text_position.h"

namespace perdure::api::cli {

class SourceFile {
 public:
  // "-" is stdin, as JSON. Errors of YAML begin with FILE:LINE:COLUMN; JSON is not looked at yet.
  static Result<SourceFile> read(const std::string& path);

  const std::string& path() const { return path_; }
  const std::string& json() const { return json_; }
  bool is_yaml() const { return is_yaml_; }

  // Of the value at a JSON pointer, or of the closest one around it that is there. The text must be
  // JSON.
  std::optional<TextPosition> position(std::string_view pointer) const;
  // "FILE:LINE:COLUMN", or "FILE" where that is not known.
  std::string place(std::string_view pointer) const;

 private:
  std::string path_;
  std::string json_;
  bool is_yaml_ = false;
  std::map<std::string, TextPosition, std::less<>> positions_;  // of YAML
};

bool has_yaml_name(std::string_view path);

}  // namespace perdure::api::cli
