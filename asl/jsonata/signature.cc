#include "asl/jsonata/signature.h"

#include <algorithm>
#include <optional>

#include "asl/jsonata/marks.h"

namespace perdure::asl::jsonata {
namespace {

constexpr std::string_view every_letter = "asnblfom";

uint32_t bit(char letter) {
  return letter >= 'a' && letter <= 'z' ? uint32_t{1} << (letter - 'a') : 0;
}

uint32_t bits(std::string_view letters) {
  uint32_t out = 0;
  for (const char c : letters) out |= bit(c);
  return out;
}

// The letters that a type in a signature takes, or 0 for a letter that is no type.
uint32_t letters_of(char type) {
  switch (type) {
    case 's':
    case 'n':
    case 'b':
    case 'l':
    case 'o':
      return bit(type) | bit('m');
    case 'a':
    case 'x':
      return bits(every_letter);
    case 'f':
      return bit('f');
    case 'j':
      return bits("asnblom");
    default:
      return 0;
  }
}

size_t closing(std::string_view text, size_t open, char opener, char closer) {
  int depth = 0;
  for (size_t i = open; i < text.size(); ++i) {
    if (text[i] == opener) ++depth;
    if (text[i] == closer && --depth == 0) return i;
  }
  return text.size();
}

std::string_view plural(char type) {
  switch (type) {
    case 'a':
      return "\"arrays\"";
    case 'b':
      return "\"booleans\"";
    case 'f':
      return "\"functions\"";
    case 'n':
      return "\"numbers\"";
    case 'o':
      return "\"objects\"";
    case 's':
      return "\"strings\"";
    default:
      return "";
  }
}

Fault bad_signature(std::string_view code, std::string_view what, size_t position) {
  Fault out = fault(code, json_text(what));
  out.position = position;
  return out;
}

Fault bad_argument(std::string_view code, size_t index) {
  Fault out = fault(code);
  out.index = static_cast<int64_t>(index) + 1;
  return out;
}

}  // namespace

char type_letter(const Value& value) {
  constexpr char letters[] = {'m', 'l', 'b', 'n', 'n', 's', 'a', 'o', 'f'};
  return letters[static_cast<size_t>(value.kind())];
}

Outcome<Signature> Signature::parse(std::string_view text) {
  Signature out;
  char type = '\0';  // of the parameter before
  for (size_t i = 1; i < text.size() && text[i] != ':'; ++i) {
    const char c = text[i];
    Parameter* const last = out.parameters_.empty() ? nullptr : &out.parameters_.back();
    if (const uint32_t letters = letters_of(c)) {
      out.parameters_.push_back({.letters = letters, .array = c == 'a'});
      type = c;
    } else if (c == '-' && last) {
      last->context = last->optional = true;
    } else if (c == '?' && last) {
      last->optional = true;
    } else if (c == '+' && last) {
      last->repeated = true;
    } else if (c == '(') {
      const size_t end = closing(text, i, '(', ')');
      const std::string_view choice = text.substr(i + 1, end - i - 1);
      if (choice.find('<') != choice.npos) return bad_signature("S0402", choice, i);
      out.parameters_.push_back({.letters = bits(choice) | bit('m')});
      type = '(';
      i = end;
    } else if (c == '<') {
      if (type != 'a' && type != 'f') return bad_signature("S0401", {&type, 1}, i);
      const size_t end = closing(text, i, '<', '>');
      last->subtype = text.substr(i + 1, end - i - 1);
      i = end;
    }
  }
  return out;
}

bool Signature::fits_one_by_one(std::span<const Value> arguments) const {
  if (arguments.size() != parameters_.size()) return false;
  for (size_t i = 0; i < arguments.size(); ++i) {
    if (parameters_[i].repeated) return false;
    if ((parameters_[i].letters & bit(type_letter(arguments[i]))) == 0) return false;
  }
  return true;
}

bool Signature::takes_as_is(std::span<const Value> arguments) const {
  if (!fits_one_by_one(arguments)) return false;
  for (size_t i = 0; i < arguments.size(); ++i) {
    if (!parameters_[i].array) continue;
    if (!is_array(arguments[i]) || !parameters_[i].subtype.empty()) return false;
  }
  return true;
}

// How many letters each parameter takes, the first ones as many as they can. What can follow is
// worked out from the end, so that no signature takes more than letters x letters x parameters.
bool Signature::match(std::string_view letters, std::vector<size_t>& taken) const {
  const size_t columns = letters.size() + 1;
  // best[p * columns + i]: how many letters parameter p takes from letter i on, or `never`.
  constexpr size_t never = SIZE_MAX;
  std::vector<size_t> best((parameters_.size() + 1) * columns, never);
  best.back() = 0;
  for (size_t p = parameters_.size(); p-- > 0;) {
    const Parameter& parameter = parameters_[p];
    for (size_t i = 0; i < columns; ++i) {
      const size_t most = std::min(parameter.repeated ? columns : 1, letters.size() - i);
      for (size_t n = 0; n <= most; ++n) {
        const bool enough = n > 0 || parameter.optional;
        if (enough && best[(p + 1) * columns + i + n] != never) best[p * columns + i] = n;
        if (n < most && (parameter.letters & bit(letters[i + n])) == 0) break;
      }
    }
  }
  size_t at = 0;
  for (size_t p = 0; p < parameters_.size(); ++p) {
    taken[p] = best[p * columns + at];
    if (taken[p] == never) return false;
    at += taken[p];
  }
  return at == letters.size();
}

// The first argument that stops the parameters, tried one after the other, from fitting.
Fault Signature::mismatch(std::string_view letters, size_t count) const {
  size_t good = 0;
  Signature part;
  for (const Parameter& p : parameters_) {
    part.parameters_.push_back(p);
    std::optional<size_t> fits;
    std::vector<size_t> taken(part.parameters_.size());
    for (size_t n = count + 1; n-- > 0 && !fits;) {
      if (part.match(letters.substr(0, n), taken)) fits = n;
    }
    if (!fits) return bad_argument("T0410", good);
    good = *fits;
  }
  return bad_argument("T0410", good);
}

Outcome<bool> Signature::check_array(const Parameter& parameter, const Value& argument,
                                     size_t index) const {
  if (parameter.subtype.empty()) return true;
  const char wanted = parameter.subtype.front();
  bool fits = true;
  if (!is_array(argument)) {
    fits = parameter.subtype == std::string_view(&wanted, 1) && type_letter(argument) == wanted;
  } else if (has(argument, is_range)) {
    fits = wanted == 'n';
  } else {
    fits = std::ranges::all_of(argument.items(),
                               [&](const Value& v) { return type_letter(v) == wanted; });
  }
  if (fits) return true;
  Fault out = bad_argument("T0412", index);
  out.value2 = plural(wanted);
  return out;
}

Outcome<bool> Signature::validate(std::span<const Value> arguments, const Value& context,
                                  Arena& arena, std::vector<Value>& validated) const {
  std::vector<size_t> taken(parameters_.size(), 1);
  if (!fits_one_by_one(arguments)) {
    std::string letters;
    for (const Value& v : arguments) letters += type_letter(v);
    if (!match(letters, taken)) return mismatch(letters, letters.size());
  }
  validated.clear();
  size_t next = 0;
  for (size_t i = 0; i < parameters_.size(); ++i) {
    const Parameter& p = parameters_[i];
    if (taken[i] == 0) {
      if (p.context) {
        if ((p.letters & bit(type_letter(context))) == 0) return bad_argument("T0411", next);
        validated.push_back(context);
      } else {
        validated.push_back(next < arguments.size() ? arguments[next] : Value());
        ++next;
      }
      continue;
    }
    for (size_t n = 0; n < taken[i]; ++n, ++next) {
      Value argument = arguments[next];
      if (p.array && argument.defined()) {
        PD_CHECK(check_array(p, argument, next));
        if (!is_array(argument)) argument = Value::array({&argument, 1}, arena);
      }
      validated.push_back(argument);
    }
  }
  return true;
}

}  // namespace perdure::asl::jsonata
