#include "api/states/paging.h"

#include <charconv>

#include "api/states/names.h"

namespace perdure::api {
namespace {

constexpr int64_t token_ms = 24LL * 3600 * 1000;

}  // namespace

// A position is "MOMENT PLACE".
std::string next_token(const Paging& paging, std::string_view place) {
  return make_page_token(paging.question, std::to_string(paging.now_ms).append(" ").append(place));
}

Result<Paging> read_paging(const Call& call, std::string question) {
  const Input input = call.input();
  Paging paging{std::move(question), {}, page_size(input), call.arrived_ms};
  if (!input.has("nextToken")) return paging;
  PD_TRY(position, read_page_token(paging.question, input.text("nextToken")));
  int64_t given_ms = 0;
  std::from_chars(position.data(), position.data() + position.size(), given_ms);
  if (paging.now_ms - given_ms > token_ms) {
    return invalid("InvalidToken", "Invalid Token: 'Invalid token'");
  }
  paging.after = position.substr(position.find(' ') + 1);
  return paging;
}

}  // namespace perdure::api
