#include "api/cli/terminal.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace perdure::api::cli {

ExitCode exit_code_of(const Error& error) {
  switch (error.kind) {
    case ErrorKind::not_found:
      return missing;
    case ErrorKind::unavailable:
      return unreachable;
    default:
      if (error.name == bad_endpoint) return usage;
      return error.name.ends_with("Damaged") ? damaged : failed;
  }
}

int complain(const Error& error) {
  std::string text = "perdure: " + printable(error.cause);
  if (!error.name.empty()) text += " (" + printable(error.name) + ")";
  write_err(text + "\n");
  return exit_code_of(error);
}

bool is_terminal(int fd) { return isatty(fd) == 1; }

bool has_colour(int fd) {
  const auto set = [](const char* name) {
    const char* value = std::getenv(name);
    return value != nullptr && *value != '\0';
  };
  if (set("NO_COLOR")) return false;
  if (set("CLICOLOR_FORCE") && std::string_view(std::getenv("CLICOLOR_FORCE")) != "0") return true;
  const char* term = std::getenv("TERM");
  return is_terminal(fd) && (term == nullptr || std::string_view(term) != "dumb");
}

std::string printable(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    // C1 controls are two bytes in UTF-8: C2 80 to C2 9F.
    const bool c1 =
        c == 0xC2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xA0;
    if ((c < 0x20 && c != '\n' && c != '\t') || c == 0x7F || c1) {
      out += '?';
      if (c1) ++i;
    } else {
      out += text[i];
    }
  }
  return out;
}

std::string paint(std::string_view text, Colour colour, bool enabled) {
  const char* code = "";
  switch (colour) {
    case Colour::none:
      break;
    case Colour::red:
      code = "\x1b[31m";
      break;
    case Colour::green:
      code = "\x1b[32m";
      break;
    case Colour::yellow:
      code = "\x1b[33m";
      break;
    case Colour::blue:
      code = "\x1b[34m";
      break;
    case Colour::grey:
      code = "\x1b[90m";
      break;
    case Colour::bold:
      code = "\x1b[1m";
      break;
  }
  if (!enabled || *code == '\0') return printable(text);
  return code + printable(text) + "\x1b[0m";
}

Colour status_colour(std::string_view status) {
  if (status == "SUCCEEDED") return Colour::green;
  if (status == "RUNNING") return Colour::blue;
  return status == "ABORTED" ? Colour::yellow : Colour::red;
}

std::string cut_to_width(std::string_view line, size_t columns) {
  size_t seen = 0;
  for (size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '\x1b') {
      i = std::min(line.find('m', i), line.size() - 1);
      continue;
    }
    const bool begins = (static_cast<unsigned char>(line[i]) & 0xC0) != 0x80;
    if (!begins || seen++ < columns) continue;
    const bool painted = line.find('\x1b') < i;
    return std::string(line.substr(0, i)) + (painted ? "\x1b[0m" : "");
  }
  return std::string(line);
}

namespace {

int lost_error = 0;  // of the first write to stdout that failed

size_t columns_of(std::string_view text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

// How many letters must be put in, taken out or changed to make one word of the other.
size_t distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = std::exchange(row[0], i);
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t changed = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = std::exchange(row[j], std::min({row[j] + 1, row[j - 1] + 1, changed}));
    }
  }
  return row[b.size()];
}

}  // namespace

std::optional<std::string> closest_word(const std::string& typed,
                                        const std::vector<std::string>& words) {
  // Of two that are as near, the one that begins like it: the first letter is seldom wrong.
  const auto far = [&](const std::string& word) {
    return std::pair(distance(typed, word), word.substr(0, 1) != typed.substr(0, 1));
  };
  const auto best =
      std::min_element(words.begin(), words.end(),
                       [&](const std::string& a, const std::string& b) { return far(a) < far(b); });
  const bool near = best != words.end() && distance(typed, *best) <= 2 && typed.size() > 1;
  return near ? std::optional(*best) : std::nullopt;
}

void write_out(std::string_view text) {
  const bool written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size();
  if ((!written || std::fflush(stdout) != 0) && lost_error == 0) lost_error = errno;
}

bool lost_output() {
  if (lost_error == 0 || lost_error == EPIPE) return false;
  write_err(std::string("perdure: cannot write to stdout: ") + std::strerror(lost_error) + "\n");
  return true;
}

void write_err(std::string_view text) { std::fwrite(text.data(), 1, text.size(), stderr); }

std::string table(const std::vector<std::vector<std::string>>& rows, bool colour) {
  std::vector<size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], columns_of(row[i]));
  }
  std::string out;
  for (size_t r = 0; r < rows.size(); ++r) {
    for (size_t i = 0; i < rows[r].size(); ++i) {
      const std::string& cell = rows[r][i];
      const Colour chosen = r == 0 ? Colour::bold : Colour::none;
      out += paint(cell, chosen, colour);
      if (i + 1 < rows[r].size()) out += std::string(widths[i] - columns_of(cell) + 2, ' ');
    }
    out += '\n';
  }
  return out;
}

std::string duration_text(int64_t ms) {
  char text[64];
  if (ms < 1000) {
    std::snprintf(text, sizeof text, "%d ms", int(ms));
  } else if (ms < 60'000) {
    std::snprintf(text, sizeof text, "%.1f s", double(ms) / 1000);
  } else if (ms < 3'600'000) {
    std::snprintf(text, sizeof text, "%d min %d s", int(ms / 60'000), int(ms / 1000 % 60));
  } else {
    std::snprintf(text, sizeof text, "%lld h %d min", static_cast<long long>(ms / 3'600'000),
                  int(ms / 60'000 % 60));
  }
  return text;
}

}  // namespace perdure::api::cli
