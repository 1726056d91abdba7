#include "asl/jsonpath/path.h"

#include "asl/jsonpath/evaluate.h"
#include "asl/jsonpath/token.h"

namespace perdure::asl::jsonpath {
namespace {

// Follows single names and indexes without building messages; undefined where something is missing.
Value follow(const Compiled& path, Value value) {
  for (const Token& token : path.tokens) {
    if (token.kind == Token::Kind::names) {
      if (!value.is(Kind::object)) return {};
      value = value.get(token.names.front());
    } else {
      const int64_t index = token.numbers.front();
      if (!value.is(Kind::array) || index < 0 || index >= static_cast<int64_t>(value.size())) {
        return {};
      }
      value = value.items()[static_cast<size_t>(index)];
    }
    if (!value.defined()) return {};
  }
  return value;
}

Error no_place() { return {ErrorKind::runtime, "States.ResultPathMatchFailure", {}}; }

// `container` with the value at tokens[at...].
Result<Value> replaced(const Compiled& path, size_t at, const Value& container, const Value& value,
                       Arena& arena) {
  if (at == path.tokens.size()) return value;
  const Token& token = path.tokens[at];
  if (token.kind == Token::Kind::indexes) {
    const auto index = static_cast<size_t>(token.numbers.front());
    if (!container.is(Kind::array) || index >= container.size()) return no_place();
    std::vector<Value> items(container.items().begin(), container.items().end());
    PD_TRY(item, replaced(path, at + 1, items[index], value, arena));
    items[index] = item;
    return Value::array(items, arena);
  }
  if (container.defined() && !container.is(Kind::object)) return no_place();
  std::vector<Member> members;
  if (container.defined()) members.assign(container.members().begin(), container.members().end());
  const std::string& name = token.names.front();
  for (Member& member : members) {
    if (member.key != name) continue;
    PD_TRY(inner, replaced(path, at + 1, member.value, value, arena));
    member.value = inner;
    return Value::object(members, arena);
  }
  PD_TRY(inner, replaced(path, at + 1, Value(), value, arena));
  members.push_back({arena.copy(name), inner});
  return Value::object(members, arena);
}

}  // namespace

Result<Path> Path::compile(std::string_view text) {
  PD_TRY(compiled, jsonpath::compile(text));
  Path path;
  path.compiled_ = std::move(compiled);
  return path;
}

Result<Value> Path::read(const Value& root, Arena& arena, Budget& budget) const {
  if (compiled_->simple) {
    if (!budget.spend(1 + static_cast<int64_t>(compiled_->tokens.size()))) return out_of_budget();
    const Value value = follow(*compiled_, root);
    if (value.defined()) return value;
  }
  Document document{root, arena, budget};
  PD_TRY(found, select(*compiled_, root, document, Purpose::answer));
  if (compiled_->definite) return found.front();
  return Value::array(found, arena);
}

bool Path::definite() const { return compiled_->definite; }

bool Path::is_reference() const {
  if (!compiled_->simple || compiled_->on_item) return false;
  for (const Token& token : compiled_->tokens) {
    if (token.kind == Token::Kind::indexes && token.numbers.front() < 0) return false;
  }
  return true;
}

const std::string& Path::text() const { return compiled_->text; }

Result<Value> Path::write(const Value& root, const Value& value, Arena& arena) const {
  PD_ASSERT(is_reference());
  auto document = replaced(*compiled_, 0, root, value, arena);
  if (!document) {
    return Error{ErrorKind::runtime, "States.ResultPathMatchFailure",
                 "Unable to apply ReferencePath " + text() + " to input " + to_json(root)};
  }
  return document;
}

}  // namespace perdure::asl::jsonpath
