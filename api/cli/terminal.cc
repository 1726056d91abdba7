#include "api/cli/terminal.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

namespace perdure::api::cli {

ExitCode exit_code_of(const Error& error) {
  switch (error.kind) {
    case ErrorKind::not_found:
      return missing;
    case ErrorKind::unavailable:
      return unreachable;
    default:
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

void write_out(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

void write_err(std::string_view text) { std::fwrite(text.data(), 1, text.size(), stderr); }

std::string table(const std::vector<std::vector<std::string>>& rows, bool colour) {
  std::vector<size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string out;
  for (size_t r = 0; r < rows.size(); ++r) {
    for (size_t i = 0; i < rows[r].size(); ++i) {
      const std::string& cell = rows[r][i];
      const Colour chosen = r == 0 ? Colour::bold : Colour::none;
      out += paint(cell, chosen, colour);
      if (i + 1 < rows[r].size()) out += std::string(widths[i] - cell.size() + 2, ' ');
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
