#include "api/states/names.h"

#include "asl/value/value.h"
#include "base/hash.h"

namespace perdure::api {

namespace {

struct Character {
  char32_t code = 0;
  size_t bytes = 1;
};

// The input is UTF-8 that the JSON reader has accepted.
Character character_at(std::string_view text, size_t at) {
  const auto lead = static_cast<unsigned char>(text[at]);
  const size_t bytes = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  char32_t code = bytes == 1 ? lead : lead & (0x7F >> bytes);
  for (size_t i = 1; i < bytes && at + i < text.size(); ++i) {
    code = code << 6 | (static_cast<unsigned char>(text[at + i]) & 0x3F);
  }
  return {code, bytes};
}

bool is_space(char32_t c) {
  return c == 0x20 || c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 ||
         c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000;
}

bool is_forbidden(char32_t c) {
  if (c < 0x20 || (c >= 0x7F && c <= 0x9F)) return true;
  if (c < 0x80)
    return std::string_view("<>{}[]?*\"#%\\^|~`$&,;:/ ").find(char(c)) != std::string_view::npos;
  return is_space(c) || c == 0xFFFE || c == 0xFFFF || c == 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF);
}

}  // namespace

Result<> check_name(std::string_view name) {
  for (size_t at = 0; at < name.size();) {
    const Character character = character_at(name, at);
    if (is_forbidden(character.code)) {
      return invalid("InvalidName", "Invalid Name: '" + std::string(name) + "'");
    }
    at += character.bytes;
  }
  return {};
}

namespace {

Error invalid_arn(const std::string& text) {
  return invalid("InvalidArn", "Invalid Arn: '" + text + "'");
}

}  // namespace

Result<engine::Arn> check_arn(std::string_view arn, std::string_view type) {
  if (!arn.starts_with("arn:")) return invalid_arn("Invalid ARN prefix: " + std::string(arn));
  engine::Arn parts = engine::parse_arn(arn);
  if (parts.service.empty() || parts.rest.empty()) {
    return invalid_arn("Invalid ARN: " + std::string(arn));
  }
  if (parts.service != "states") {
    return invalid_arn("Service name not valid in this context: " + parts.service);
  }
  const size_t colon = parts.rest.find(':');
  const std::string_view found = std::string_view(parts.rest).substr(0, colon);
  if (found != type) {
    return invalid_arn("Resource type not valid in this context: " + std::string(found));
  }
  if (colon == std::string::npos || colon + 1 == parts.rest.size()) {
    return invalid_arn("Invalid ARN: " + std::string(arn));
  }
  parts.rest.erase(0, colon + 1);
  return parts;
}

Result<> refuse_labelled(std::string_view machine_arn) {
  if (machine_arn.find('/') == std::string_view::npos) return {};
  return invalid("ValidationException",
                 "A state machine ARN that is qualified with the label of a Map cannot be used "
                 "here: " +
                     std::string(machine_arn));
}

Result<> check_execution_input(std::string_view text, int64_t max_bytes) {
  const auto refused = [](const std::string& why) {
    return invalid("InvalidExecutionInput", "Invalid State Machine Execution Input: '" + why + "'");
  };
  if (text.empty()) return refused("Invalid execution input.");
  if (int64_t(text.size()) > max_bytes) {
    return refused("The input exceeds the maximum number of bytes: " + std::to_string(max_bytes));
  }
  asl::Arena arena;
  const auto value = asl::parse_json(text, arena);
  if (value) return {};
  // AWS leaves out where in the text it was.
  const std::string& why = value.error().cause;
  return refused(why.substr(0, why.find("\n at [Source")));
}

namespace {

constexpr size_t check_bytes = 12;

std::string token_check(std::string_view question, std::string_view position) {
  std::string text(question);
  text += '\n';
  text += position;
  const Sha256 digest = sha256(text);
  return {reinterpret_cast<const char*>(digest.data()), check_bytes};
}

}  // namespace

std::string make_page_token(std::string_view question, std::string_view position) {
  return base64url_encode(token_check(question, position) + std::string(position));
}

Result<std::string> read_page_token(std::string_view question, std::string_view token) {
  const auto bytes = base64url_decode(token);
  if (bytes && bytes->size() > check_bytes) {
    std::string position = bytes->substr(check_bytes);
    if (bytes->compare(0, check_bytes, token_check(question, position)) == 0) return position;
  }
  return invalid("InvalidToken", "Invalid Token: 'Invalid token'");
}

int64_t page_size(const Input& input) {
  const int64_t asked = input.integer("maxResults");
  return asked == 0 ? 100 : asked;
}

Error activity_does_not_exist(std::string_view arn) {
  return {ErrorKind::not_found, "ActivityDoesNotExist",
          "Activity Does Not Exist: '" + std::string(arn) + "'"};
}
Error state_machine_does_not_exist(std::string_view arn) {
  return {ErrorKind::not_found, "StateMachineDoesNotExist",
          "State Machine Does Not Exist: '" + std::string(arn) + "'"};
}
Error execution_does_not_exist(std::string_view arn) {
  return {ErrorKind::not_found, "ExecutionDoesNotExist",
          "Execution Does Not Exist: '" + std::string(arn) + "'"};
}
Error wrong_machine_type() {
  return invalid("StateMachineTypeNotSupported",
                 "This operation is not supported by this type of state machine");
}

}  // namespace perdure::api
