#pragma once
// What the command line writes: data on stdout, progress and complaints on stderr, colour only
// where somebody looks.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace perdure::api::cli {

// 0 ok; 1 an execution failed, a definition is wrong; 2 usage; 3 server or dependency out of reach;
// 4 not found; 5 what is on the disk is damaged; 130 interrupted.
enum ExitCode {
  ok = 0,
  failed = 1,
  usage = 2,
  unreachable = 3,
  missing = 4,
  damaged = 5,
  interrupted = 130
};

// The name of the error of an endpoint that is no URL of ours: wrong usage.
inline constexpr const char* bad_endpoint = "InvalidEndpoint";
ExitCode exit_code_of(const Error& error);
// "perdure: CAUSE (NAME)" on stderr; returns the exit code.
int complain(const Error& error);

enum class Colour : uint8_t { none, red, green, yellow, blue, grey, bold };

// Whether `fd` gets colour: a terminal that is not dumb, unless NO_COLOR; or CLICOLOR_FORCE.
bool has_colour(int fd);
bool is_terminal(int fd);
// The text in a colour, or as it is. What it shows came from users: control characters are taken
// out, so that no name or cause can play with the terminal.
std::string paint(std::string_view text, Colour colour, bool enabled);
std::string printable(std::string_view text);
Colour status_colour(std::string_view status);
// The first characters of a painted line, at most `columns` of them; colours take no room.
std::string cut_to_width(std::string_view line, size_t columns);

void write_out(std::string_view text);  // stdout, flushed
void write_err(std::string_view text);  // stderr
// True, after a complaint, if something could not be written to stdout; a reader that went away has
// read what it wanted.
bool lost_output();

// The word that `typed` may be a slip of: one of at most two letters.
std::optional<std::string> closest_word(const std::string& typed,
                                        const std::vector<std::string>& words);

// Columns as wide as their widest cell; the first row is the head.
std::string table(const std::vector<std::vector<std::string>>& rows, bool colour);

// "850 ms", "2.4 s", "3 min 12 s"
std::string duration_text(int64_t ms);

}  // namespace perdure::api::cli
