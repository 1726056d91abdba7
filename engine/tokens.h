#pragma once
// Task tokens: base64url(version, shard, execution, event id, redrive count, HMAC). A token says by
// itself which attempt it belongs to; there is no index of tokens, and it is good for as long as
// the attempt is.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "engine/keys.h"

namespace perdure::engine {

struct TaskToken {
  ActorKey execution;
  int64_t scheduled = 0;  // the attempt's Scheduled event
  int64_t redrive_count = 0;
  bool operator==(const TaskToken&) const = default;
};

// `secret` is a setting of the data folder's, 32 bytes.
std::string mint_token(const TaskToken& token, std::string_view secret);
// Nothing for what was not minted with this secret.
std::optional<TaskToken> verify_token(std::string_view text, std::string_view secret);

// What the caller of a token that is not good is told.
Error invalid_token();

}  // namespace perdure::engine
