#include "asl/jsonpath/evaluate.h"

#include <algorithm>
#include <optional>

#include "asl/value/java_text.h"

namespace perdure::asl::jsonpath {
namespace {

// The way from the root to a value, kept on the stack; written out only for messages.
struct Trail {
  const Trail* up = nullptr;
  std::string_view name;
  int64_t index = -1;              // of an array item; -1: a member
  const Token* several = nullptr;  // several names at once

  std::string text() const {
    if (!up) return "$";
    if (several) return up->text() + several->fragment();
    if (index >= 0) return up->text() + "[" + std::to_string(index) + "]";
    return up->text() + "['" + std::string(name) + "']";
  }
};

Trail member_of(const Trail& up, std::string_view name) { return {&up, name}; }
Trail item_of(const Trail& up, size_t index) { return {&up, {}, static_cast<int64_t>(index)}; }

class Selection {
 public:
  Selection(const Compiled& path, Document& document, Purpose purpose)
      : tokens_(path.tokens),
        document_(document),
        purpose_(purpose),
        quiet_(purpose == Purpose::answer ? 0 : 1) {}

  Result<std::vector<Value>> run(const Value& model) {
    const Trail root;
    if (step(0, model, root) != Outcome::ok) return std::move(*error_);
    return std::move(found_);
  }

 private:
  // `absent` is what a wildcard over an array passes over; `failed` ends everything. Both set
  // error_.
  enum class Outcome : uint8_t { ok, absent, failed };
  static constexpr auto ok = Outcome::ok;

  Outcome step(size_t at, const Value& model, const Trail& trail);
  Outcome next(size_t at, const Value& value, const Trail& trail);
  Outcome names(size_t at, const Value& model, const Trail& trail);
  Outcome several_names(size_t at, const Value& model, const Trail& trail);
  Outcome array(size_t at, const Value& model, const Trail& trail);
  Outcome range(size_t at, const Value& model, const Trail& trail, int64_t from, int64_t to);
  Outcome item(size_t at, const Value& model, const Trail& trail, int64_t index);
  Outcome wildcard(size_t at, const Value& model, const Trail& trail);
  Outcome filter(size_t at, const Value& model, const Trail& trail);
  Outcome scan(size_t at, const Value& model, const Trail& trail);
  Outcome scan_here(size_t at, const Value& model, const Trail& trail);
  Result<bool> scan_stops_at(const Token& token, const Value& model);
  Outcome fail(Error error);
  Outcome invalid_path(size_t at, const char* problem, const Value& model);
  template <class Text>
  Outcome absent(Text&& text);
  std::string rest(size_t at) const;

  const std::vector<Token>& tokens_;
  Document& document_;
  Purpose purpose_;
  int quiet_;  // more than 0: the text of an `absent` error is not needed
  std::vector<Value> found_;
  std::optional<Error> error_;
};

Selection::Outcome Selection::fail(Error error) {
  error_ = std::move(error);
  return Outcome::failed;
}

template <class Text>
Selection::Outcome Selection::absent(Text&& text) {
  error_ = Error{ErrorKind::runtime, not_found_error, quiet_ > 0 ? std::string() : text()};
  return Outcome::absent;
}

std::string Selection::rest(size_t at) const {
  std::string out;
  for (; at < tokens_.size(); ++at) out += tokens_[at].fragment();
  return out;
}

Selection::Outcome Selection::invalid_path(size_t at, const char* problem, const Value& model) {
  return fail(
      {ErrorKind::runtime, "InvalidPathException",
       "Filter: " + rest(at) + " " + problem + ". Current context is: " + java_text(model)});
}

Selection::Outcome Selection::step(size_t at, const Value& model, const Trail& trail) {
  if (!document_.budget.spend()) return fail(out_of_budget());
  if (at == tokens_.size()) {
    found_.push_back(model);
    return ok;
  }
  switch (tokens_[at].kind) {
    case Token::Kind::names:
      return names(at, model, trail);
    case Token::Kind::wildcard:
      return wildcard(at, model, trail);
    case Token::Kind::scan:
      return scan(at + 1, model, trail);
    case Token::Kind::filter:
      return filter(at, model, trail);
    default:
      return array(at, model, trail);
  }
}

Selection::Outcome Selection::next(size_t at, const Value& value, const Trail& trail) {
  return step(at + 1, value, trail);
}

Selection::Outcome Selection::names(size_t at, const Value& model, const Trail& trail) {
  const Token& token = tokens_[at];
  if (!model.is(Kind::object)) {
    return absent(
        [&] { return "Property " + token.fragment() + " not found in path " + trail.text(); });
  }
  if (token.names.size() != 1) return several_names(at, model, trail);
  const std::string& name = token.names.front();
  const Trail here = member_of(trail, name);
  const Value value = model.get(name);
  if (value.defined()) return next(at, value, here);
  if (at + 1 == tokens_.size()) {
    return absent([&] { return "No results for path: " + here.text(); });
  }
  if (!token.missing_is_error) return ok;
  return absent([&] { return "Missing property in path " + here.text(); });
}

// An object of those members that are there.
Selection::Outcome Selection::several_names(size_t at, const Value& model, const Trail& trail) {
  const Token& token = tokens_[at];
  const Trail here{&trail, {}, -1, &token};
  if (at + 1 != tokens_.size()) {
    return fail({ErrorKind::runtime, "InvalidPathException",
                 "Multi properties can only be used as path leafs: " + here.text()});
  }
  std::vector<Member> members;
  for (const std::string& name : token.names) {
    const Value value = model.get(name);
    const auto same = [&](const Member& m) { return m.key == name; };
    if (!value.defined() && purpose_ == Purpose::existence) {
      return absent([&] { return "Missing property in path " + here.text(); });
    }
    if (!value.defined() || std::any_of(members.begin(), members.end(), same)) continue;
    members.push_back({document_.arena.copy(name), value});
  }
  return next(at, Value::object(members, document_.arena), here);
}

Selection::Outcome Selection::array(size_t at, const Value& model, const Trail& trail) {
  const Token& token = tokens_[at];
  if (model.is(Kind::null)) {
    return absent([&] { return "The path " + trail.text() + " is null"; });
  }
  if (!model.is(Kind::array)) return invalid_path(at, "can only be applied to arrays", model);
  const int64_t size = model.size();
  const int64_t first = token.numbers.front();
  switch (token.kind) {
    case Token::Kind::from_end:
      return item(at, model, trail, size + first);
    case Token::Kind::slice_from:
      return range(at, model, trail, first < 0 ? std::max<int64_t>(0, size + first) : first, size);
    case Token::Kind::slice_to:
      return range(at, model, trail, 0, std::min(size, first < 0 ? size + first : first));
    case Token::Kind::slice_between:
      if (size == 0) return ok;
      // A negative start is not counted from the end: it is out of bounds.
      return range(at, model, trail, first, std::min<int64_t>(size, token.numbers[1]));
    default:
      break;
  }
  for (const int32_t index : token.numbers) {
    const Outcome outcome = item(at, model, trail, index);
    if (outcome != ok) return outcome;
  }
  return ok;
}

Selection::Outcome Selection::range(size_t at, const Value& model, const Trail& trail, int64_t from,
                                    int64_t to) {
  for (int64_t i = from; i < to; ++i) {
    const Outcome outcome = item(at, model, trail, i);
    if (outcome != ok) return outcome;
  }
  return ok;
}

Selection::Outcome Selection::item(size_t at, const Value& model, const Trail& trail,
                                   int64_t index) {
  if (index < 0 || index >= static_cast<int64_t>(model.size())) {
    return absent([&] {
      return "Index out of bounds when evaluating path " + trail.text() + "[" +
             std::to_string(index) + "]";
    });
  }
  const auto i = static_cast<size_t>(index);
  return next(at, model.items()[i], item_of(trail, i));
}

// What is not found behind an item of an array is passed over, behind a member of an object it is
// an error.
Selection::Outcome Selection::wildcard(size_t at, const Value& model, const Trail& trail) {
  if (model.is(Kind::object)) {
    for (const Member& member : model.members()) {
      const Outcome outcome = next(at, member.value, member_of(trail, member.key));
      if (outcome != ok) return outcome;
    }
  } else if (model.is(Kind::array)) {
    ++quiet_;
    for (size_t i = 0; i < model.size(); ++i) {
      if (next(at, model.items()[i], item_of(trail, i)) == Outcome::failed) return Outcome::failed;
    }
    --quiet_;
  }
  return ok;
}

Selection::Outcome Selection::filter(size_t at, const Value& model, const Trail& trail) {
  const Filter& filter = *tokens_[at].filter;
  if (model.is(Kind::object)) {
    auto taken = accepts(filter, model, document_);
    if (!taken) return fail(std::move(taken).error());
    return *taken ? next(at, model, trail) : ok;
  }
  if (!model.is(Kind::array)) return invalid_path(at, "can not be applied to primitives", model);
  for (size_t i = 0; i < model.size(); ++i) {
    auto taken = accepts(filter, model.items()[i], document_);
    if (!taken) return fail(std::move(taken).error());
    if (!*taken) continue;
    const Outcome outcome = next(at, model.items()[i], item_of(trail, i));
    if (outcome != ok) return outcome;
  }
  return ok;
}

Result<bool> Selection::scan_stops_at(const Token& token, const Value& model) {
  switch (token.kind) {
    case Token::Kind::names:
      return model.is(Kind::object) &&
             std::all_of(token.names.begin(), token.names.end(),
                         [&](const std::string& name) { return model.get(name).defined(); });
    case Token::Kind::wildcard:
      return true;
    case Token::Kind::filter:
      return accepts(*token.filter, model, document_);
    case Token::Kind::scan:
      return false;
    default:
      return model.is(Kind::array);
  }
}

// Applies the token at `at`, which follows the scan, to a container that suits it. Where the path
// goes on behind an array, Jayway leaves that token out and goes on with each of the items.
Selection::Outcome Selection::scan_here(size_t at, const Value& model, const Trail& trail) {
  if (!model.is(Kind::array) || at + 1 == tokens_.size()) return step(at, model, trail);
  for (size_t i = 0; i < model.size(); ++i) {
    const Outcome outcome = step(at + 1, model.items()[i], item_of(trail, i));
    if (outcome != ok) return outcome;
  }
  return ok;
}

// Every container from here down, each before what is inside it. `at` is the token behind the scan.
Selection::Outcome Selection::scan(size_t at, const Value& model, const Trail& trail) {
  if (!model.is(Kind::array) && !model.is(Kind::object)) return ok;
  if (!document_.budget.spend()) return fail(out_of_budget());
  auto stops = scan_stops_at(tokens_[at], model);
  if (!stops) return fail(std::move(stops).error());
  if (*stops) {
    const Outcome outcome = scan_here(at, model, trail);
    if (outcome != ok) return outcome;
  }
  if (model.is(Kind::object)) {
    for (const Member& member : model.members()) {
      const Outcome outcome = scan(at, member.value, member_of(trail, member.key));
      if (outcome != ok) return outcome;
    }
    return ok;
  }
  for (size_t i = 0; i < model.size(); ++i) {
    const Outcome outcome = scan(at, model.items()[i], item_of(trail, i));
    if (outcome != ok) return outcome;
  }
  return ok;
}

}  // namespace

Result<std::vector<Value>> select(const Compiled& path, const Value& model, Document& document,
                                  Purpose purpose) {
  return Selection(path, document, purpose).run(model);
}

}  // namespace perdure::asl::jsonpath
