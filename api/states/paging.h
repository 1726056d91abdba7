#pragma once
// Lists that come in pages: maxResults and nextToken.

#include <string>
#include <string_view>
#include <utility>

#include "api/aws/operation.h"

namespace perdure::api {

// `question` names operation, tenant and filters: a token is good for the question it was given
// for, and for 24 hours.
struct Paging {
  std::string question;
  std::string after;  // the place of the last item that was shown; empty: none was
  int64_t size = 0;
  int64_t now_ms = 0;
};

// Errors: InvalidToken.
Result<Paging> read_paging(const Call& call, std::string question);
std::string next_token(const Paging& paging, std::string_view place);

// `place` gives a text for each item; the items are ordered by it, ascending.
template <class Items, class Place, class Show>
Answer answer_page(const Paging& paging, const char* member, const Items& items, Place place,
                   Show show) {
  Json shown = Json::array();
  std::string last;
  for (const auto& item : items) {
    std::string at = place(item);
    if (at <= paging.after) continue;
    if (static_cast<int64_t>(shown.size()) == paging.size) {
      return Answer(Json{{member, std::move(shown)}, {"nextToken", next_token(paging, last)}});
    }
    shown.push_back(show(item));
    last = std::move(at);
  }
  return Answer(Json::object({{member, std::move(shown)}}));
}

}  // namespace perdure::api
