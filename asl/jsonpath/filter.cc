// The filter "[?(...)]", read as Jayway 2.0.0 reads it: cut at && and || wherever they stand, each
// piece cut at the first operator found.

#include <array>

#include "asl/jsonpath/token.h"
#include "asl/value/java_text.h"

namespace perdure::asl::jsonpath {
namespace {

using Operator = Criterion::Operator;

Error bad_path(std::string cause) { return invalid("InvalidPathException", std::move(cause)); }

// In the order in which they are looked for.
constexpr std::array<std::pair<std::string_view, Operator>, 7> operators = {{
    {"==", Operator::equal},
    {">=", Operator::greater_or_equal},
    {"<=", Operator::less_or_equal},
    {"!=", Operator::not_equal},
    {"<", Operator::less},
    {">", Operator::greater},
    {"=~", Operator::matches},
}};

bool is_joint(std::string_view piece) { return piece == "&&" || piece == "||"; }

// Cuts in front of and behind every && and ||.
std::vector<std::string_view> pieces_of(std::string_view text) {
  std::vector<std::string_view> pieces;
  size_t start = 0;
  for (size_t i = 1; i < text.size(); ++i) {
    const bool in_front = is_joint(text.substr(i, 2));
    const bool behind = i >= 2 && is_joint(text.substr(i - 2, 2));
    if (!in_front && !behind) continue;
    pieces.push_back(text.substr(start, i - start));
    start = i;
  }
  pieces.push_back(text.substr(start));
  return pieces;
}

// Without the parentheses and spaces around it.
Result<std::string_view> clean(std::string_view text) {
  const size_t first = text.find_first_not_of("[?( ");
  if (first == std::string_view::npos) return past_the_end(text);
  const size_t last = text.find_last_not_of(") ");
  if (last == std::string_view::npos || last + 1 < first) {
    return bad_path("java.lang.StringIndexOutOfBoundsException: begin " + std::to_string(first) +
                    ", end 0, length " + std::to_string(text.size()));
  }
  return text.substr(first, last + 1 - first);
}

bool is_path(std::string_view text) {
  return text.starts_with('$') || text.starts_with('@') || text.starts_with("!@");
}

bool is_quoted(std::string_view text) {
  return text.size() > 1 && text.front() == '\'' && text.back() == '\'';
}

bool is_regex(std::string_view text) {
  return text.size() > 1 && text.front() == '/' &&
         (text.back() == '/' || (text.size() > 2 && text.ends_with("/i")));
}

Result<std::shared_ptr<const Compiled>> definite_path(std::string_view text, int depth) {
  PD_TRY(path, compile(text, depth));
  if (!path->definite) {
    return bad_path("the predicate path: " + std::string(text) + " is not definite");
  }
  return path;
}

Result<Operand> operand(std::string_view text, int depth) {
  Operand out;
  if (is_path(text)) {
    PD_TRY(path, definite_path(text, depth));
    out.path = std::move(path);
  } else if (is_quoted(text)) {
    out.text = text.substr(1, text.size() - 2);
  } else if (is_regex(text)) {
    const size_t end = text.rfind('/');
    PD_TRY(regex, Regex::compile(text.substr(1, end - 1), text.ends_with('i')));
    out.regex = std::make_shared<const Regex>(std::move(regex));
  } else {
    out.text = text;
  }
  return out;
}

Result<Criterion> criterion(std::string_view text, int depth) {
  std::string_view left = java_trim(text), right;
  Criterion out;
  bool compares = false;
  for (const auto& [word, op] : operators) {
    const size_t at = text.find(word);
    if (at == std::string_view::npos) continue;
    left = java_trim(text.substr(0, at));
    right = java_trim(text.substr(at + word.size()));
    out.op = op;
    compares = true;
    break;
  }
  const bool negated = left.starts_with("!@");
  if (negated) left.remove_prefix(1);
  PD_TRY(left_operand, operand(left, depth));
  out.left = std::move(left_operand);
  if (right.starts_with("!@")) {
    return bad_path("Invalid negation! Can only be used for existence check e.g [?(!@.foo)]");
  }
  PD_TRY(right_operand, operand(right, depth));
  out.right = std::move(right_operand);
  if (compares) return out;
  if (!out.left.path) {
    return bad_path("java.lang.UnsupportedOperationException: CriteriaType  can not be parsed");
  }
  out.op = negated ? Operator::missing : Operator::exists;
  return out;
}

// What is between "[?(" and ")]".
Result<std::string_view> inside(std::string_view text) {
  text = java_trim(text);
  if (!text.starts_with('[') || !text.ends_with(']')) {
    return bad_path("Filter must start with '[' and end with ']'. " + std::string(text));
  }
  text = java_trim(text.substr(1, text.size() - 2));
  if (!text.starts_with('?')) {
    return bad_path("Filter must start with '[?' and end with ']'. " + std::string(text));
  }
  text = java_trim(text.substr(1));
  if (text.size() < 2 || text.front() != '(' || text.back() != ')') {
    return bad_path("Filter must start with '[?(' and end with ')]'. " + std::string(text));
  }
  return java_trim(text.substr(1, text.size() - 2));
}

// Criteria and what joins them must go up in each other. The words depend on what is met first when
// they are put together from the end.
Result<void> check_joints(const Filter& filter, std::string_view statement) {
  const size_t criteria = filter.criteria.size(), joints = filter.and_joined.size();
  if (criteria == joints + 1) return {};
  const bool missing_at_and =
      criteria == 0 || (criteria <= joints && filter.and_joined[joints - criteria]);
  if (missing_at_and) return bad_path("java.util.EmptyStackException");
  return bad_path("Invalid operators " + std::string(statement));
}

}  // namespace

Result<std::shared_ptr<const Filter>> compile_filter(std::string_view text, int depth) {
  PD_TRY(statement, inside(text));
  auto filter = std::make_shared<Filter>();
  for (const std::string_view piece : pieces_of(statement)) {
    const std::string_view trimmed = java_trim(piece);
    if (is_joint(trimmed)) {
      filter->and_joined.push_back(trimmed == "&&");
      continue;
    }
    PD_TRY(cleaned, clean(trimmed));
    PD_TRY(made, criterion(cleaned, depth));
    filter->criteria.push_back(std::move(made));
  }
  PD_CHECK(check_joints(*filter, statement));
  return std::shared_ptr<const Filter>(std::move(filter));
}

}  // namespace perdure::asl::jsonpath
