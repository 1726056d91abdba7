#include "engine/logs.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <deque>

#include "base/files.h"
#include "base/url.h"
#include "engine/log_tap.h"

namespace perdure::engine {
namespace {

// One line of a segment: POSITION SP TIME_MS SP STREAM SP MESSAGE LF; in stream and message a
// backslash, a newline and (in the stream) a space are written as \\, \n and \s.
void escape(std::string& out, std::string_view text, bool spaces) {
  for (const char c : text) {
    if (c == '\\')
      out += "\\\\";
    else if (c == '\n')
      out += "\\n";
    else if (c == ' ' && spaces)
      out += "\\s";
    else
      out += c;
  }
}

std::string unescape(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\' || i + 1 == text.size()) {
      out += text[i];
      continue;
    }
    ++i;
    out += text[i] == 'n' ? '\n' : text[i] == 's' ? ' ' : text[i];
  }
  return out;
}

std::string format_line(const LogLine& line) {
  std::string out = std::to_string(line.position) + " " + std::to_string(line.time_ms) + " ";
  escape(out, line.stream, true);
  out += ' ';
  escape(out, line.message, false);
  return out += '\n';
}

template <class Number>
bool take_number(std::string_view& text, Number& number) {
  const auto space = text.find(' ');
  if (space == text.npos) return false;
  const auto [end, error] = std::from_chars(text.data(), text.data() + space, number);
  if (error != std::errc() || end != text.data() + space) return false;
  text.remove_prefix(space + 1);
  return true;
}

// Nothing for what a crash has left half written.
// Nor for a line of another stream than `stream` (as it is written), if that is not empty.
std::optional<LogLine> parse_line(std::string_view text, std::string_view stream = {}) {
  LogLine line;
  if (!take_number(text, line.position) || !take_number(text, line.time_ms)) return std::nullopt;
  const auto space = text.find(' ');
  if (space == text.npos) return std::nullopt;
  if (!stream.empty() && text.substr(0, space) != stream) return std::nullopt;
  line.stream = unescape(text.substr(0, space));
  line.message = unescape(text.substr(space + 1));
  return line;
}

bool wanted(const LogLine& line, const LogQuery& query) {
  return line.position > query.after && line.time_ms >= query.from_ms &&
         line.time_ms < query.to_ms && (query.stream.empty() || line.stream == query.stream) &&
         (!query.wanted || query.wanted(line));
}

// Keeps the first or the last lines, as many as the query wants.
class Selection {
 public:
  explicit Selection(const LogQuery& query) : query_(query) {}

  bool full() const {
    return !query_.newest && (lines_.size() >= query_.limit || bytes_ >= query_.limit_bytes);
  }
  void offer(LogLine line) {
    if (full() || !wanted(line, query_)) return;
    bytes_ += line.message.size();
    lines_.push_back(std::move(line));
    while (query_.newest && (lines_.size() > query_.limit ||
                             bytes_ - lines_.front().message.size() >= query_.limit_bytes)) {
      bytes_ -= lines_.front().message.size();
      lines_.pop_front();
    }
  }
  std::vector<LogLine> take() {
    return {std::make_move_iterator(lines_.begin()), std::make_move_iterator(lines_.end())};
  }

 private:
  const LogQuery& query_;
  std::deque<LogLine> lines_;
  size_t bytes_ = 0;  // of their messages
};

// Segment files of a group are named by the position of their first line, so that their order and
// what they can hold is known without opening them.
class Segments {
 public:
  Segments(std::string folder, const LogOptions& options)
      : folder_(std::move(folder)), options_(options) {}

  // The position of the last line that is stored; 0 if there is none.
  Result<uint64_t> last_position() {
    PD_TRY(starts, list());
    if (starts.empty()) return uint64_t{0};
    uint64_t last = starts.back() - 1;
    PD_CHECK(each_line(starts.back(), [&](LogLine line) {
      last = std::max(last, line.position);
      return true;
    }));
    return last;
  }

  Result<> append(const std::vector<LogLine>& lines) {
    PD_CHECK(make_directories(folder_));
    PD_TRY(starts, list());
    std::string text;
    for (const LogLine& line : lines) text += format_line(line);
    const uint64_t target = writable(starts, lines.front().position);
    PD_CHECK(write(path_of(target), text));
    for (size_t i = 0; i + options_.segments_per_group < starts.size(); ++i) {
      PD_CHECK(remove_file(path_of(starts[i])));
    }
    return {};
  }

  // What is left keeps its positions, and so does what will come.
  Result<> remove(const std::function<bool(const LogLine&)>& unwanted) {
    PD_TRY(starts, list());
    for (const uint64_t start : starts) {
      std::string kept;
      bool found = false;
      uint64_t last = start - 1;
      PD_CHECK(each_line(start, [&](const LogLine& line) {
        last = line.position;
        if (unwanted(line))
          found = true;
        else
          kept += format_line(line);
        return true;
      }));
      if (!found) continue;
      if (!kept.empty()) {
        PD_CHECK(write_file_atomically(path_of(start), kept));
        continue;
      }
      // The last one says which position is next, if only by its name.
      if (start == starts.back()) PD_CHECK(write_file_atomically(path_of(last + 1), ""));
      PD_CHECK(remove_file(path_of(start)));
    }
    return {};
  }

  Result<> read(const LogQuery& query, Selection& selection) {
    PD_TRY(starts, list());
    std::string stream;
    escape(stream, query.stream, true);
    for (size_t i = 0; i < starts.size() && !selection.full(); ++i) {
      if (i + 1 < starts.size() && starts[i + 1] <= query.after + 1) continue;
      PD_CHECK(each_line(
          starts[i],
          [&](LogLine line) {
            selection.offer(std::move(line));
            return !selection.full();
          },
          stream));
    }
    return {};
  }

 private:
  Result<std::vector<uint64_t>> list() {
    std::vector<uint64_t> starts;
    if (!file_exists(folder_)) return starts;
    PD_TRY(names, list_directory(folder_));
    for (const std::string& name : names) {
      uint64_t start = 0;
      const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), start);
      if (error == std::errc() && end == name.data() + name.size()) starts.push_back(start);
    }
    std::sort(starts.begin(), starts.end());
    return starts;
  }

  uint64_t writable(std::vector<uint64_t>& starts, uint64_t next) {
    if (!starts.empty()) {
      const int fd = open(path_of(starts.back()).c_str(), O_RDONLY | O_CLOEXEC);
      const auto size = fd < 0 ? 0 : lseek(fd, 0, SEEK_END);
      if (fd >= 0) close(fd);
      if (static_cast<uint64_t>(size) < options_.segment_bytes) return starts.back();
    }
    starts.push_back(next);
    return next;
  }

  static Result<> write(const std::string& path, std::string_view text) {
    const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (fd < 0) return system_error("open", path, errno);
    while (!text.empty()) {
      const ssize_t written = ::write(fd, text.data(), text.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) {
        const Error error = system_error("write", path, errno);
        close(fd);
        return error;
      }
      text.remove_prefix(static_cast<size_t>(written));
    }
    close(fd);
    return {};
  }

  template <class Visit>
  Result<> each_line(uint64_t start, Visit&& visit, std::string_view stream = {}) {
    PD_TRY(content, read_file(path_of(start)));
    std::string_view rest = content;
    while (!rest.empty()) {
      const auto newline = rest.find('\n');
      if (newline == rest.npos) break;
      auto line = parse_line(rest.substr(0, newline), stream);
      rest.remove_prefix(newline + 1);
      if (line && !visit(std::move(*line))) break;
    }
    return {};
  }

  std::string path_of(uint64_t start) const {
    std::string digits = std::to_string(start);
    return folder_ + "/" + std::string(20 - digits.size(), '0') + digits;
  }

  const std::string folder_;
  const LogOptions& options_;
};

}  // namespace

struct Logs::Shared : std::enable_shared_from_this<Logs::Shared> {
  struct GroupName {
    Tenant tenant;
    std::string name;
    auto operator<=>(const GroupName&) const = default;
  };
  struct Group {
    bool known = false;  // `last` is read from the files
    uint64_t last = 0;   // the newest position given
    std::vector<LogLine> pending;
  };

  Shared(LogOptions options_, const Clock& clock_, Runner& runner_)
      : options(std::move(options_)), clock(clock_), runner(runner_) {}

  std::string folder_of(const Tenant& tenant) const {
    return options.folder + "/" + percent_encode(tenant.account) + "/" +
           percent_encode(tenant.region);
  }
  std::string folder_of(const GroupName& group) const {
    return folder_of(group.tenant) + "/" + percent_encode(group.name);
  }
  void append(GroupName group, LogLine line);
  void arm();
  Result<> flush();
  Result<> write(const GroupName& name, std::vector<LogLine> lines);

  const LogOptions options;
  const Clock& clock;
  Runner& runner;
  std::mutex files;  // taken before `mutex`: one writer or reader of files at a time
  std::mutex mutex;
  std::map<GroupName, Group> groups;
  std::vector<std::weak_ptr<LogTap>> taps;
  uint64_t pending_bytes = 0;
  uint64_t dropped = 0;
  bool armed = false;
  bool closed = false;
};

void Logs::Shared::append(GroupName group, LogLine line) {
  const std::lock_guard lock(mutex);
  if (pending_bytes + line.message.size() > options.pending_bytes) {
    ++dropped;
    return;
  }
  pending_bytes += line.message.size();
  for (const auto& weak : taps) {
    if (const auto tap = weak.lock()) tap->offer(group.tenant, group.name, line);
  }
  groups[std::move(group)].pending.push_back(std::move(line));
  arm();
}

void Logs::Shared::arm() {
  if (armed || closed) return;
  armed = true;
  runner.run_at(clock.now_ms() + 1000, [weak = weak_from_this()] {
    const auto self = weak.lock();
    if (!self) return;
    {
      const std::lock_guard lock(self->mutex);
      self->armed = false;
      if (self->closed) return;
    }
    // Lines that cannot be written are given up: a log never holds up the work that it tells of.
    if (auto flushed = self->flush(); !flushed) {
      const std::lock_guard lock(self->mutex);
      ++self->dropped;
    }
  });
}

Result<> Logs::Shared::flush() {
  const std::lock_guard writing(files);
  std::vector<std::pair<GroupName, std::vector<LogLine>>> work;
  {
    const std::lock_guard lock(mutex);
    for (auto& [name, group] : groups) {
      if (!group.pending.empty()) work.emplace_back(name, std::exchange(group.pending, {}));
    }
    pending_bytes = 0;
  }
  Result<> result;
  for (auto& [name, lines] : work) {
    if (auto written = write(name, std::move(lines)); !written) result = std::move(written);
  }
  return result;
}

Result<> Logs::Shared::write(const GroupName& name, std::vector<LogLine> lines) {
  Segments segments(folder_of(name), options);
  uint64_t last = 0;
  bool known = false;
  {
    const std::lock_guard lock(mutex);
    const auto group = groups.find(name);
    if (group != groups.end()) known = group->second.known, last = group->second.last;
  }
  if (!known) {
    PD_TRY(stored, segments.last_position());
    last = stored;
  }
  for (LogLine& line : lines) line.position = ++last;
  PD_CHECK(segments.append(lines));
  const std::lock_guard lock(mutex);
  groups[name].known = true;
  groups[name].last = last;
  return {};
}

Logs::Logs(LogOptions options, const Clock& clock, Runner& runner)
    : shared_(std::make_shared<Shared>(std::move(options), clock, runner)) {}

Logs::~Logs() {
  {
    const std::lock_guard lock(shared_->mutex);
    shared_->closed = true;
  }
  if (auto flushed = shared_->flush(); !flushed) ++shared_->dropped;
}

void Logs::append(const Tenant& tenant, std::string_view group, std::string_view stream,
                  int64_t time_ms, std::string_view message) {
  if (message.size() > shared_->options.message_bytes) {
    message = message.substr(0, shared_->options.message_bytes);
  }
  shared_->append({tenant, std::string(group)},
                  LogLine{time_ms, std::string(stream), std::string(message), 0});
}

Result<std::vector<LogLine>> Logs::read(const LogQuery& query) {
  PD_CHECK(shared_->flush());
  const std::lock_guard reading(shared_->files);
  Selection selection(query);
  Segments segments(shared_->folder_of({query.tenant, query.group}), shared_->options);
  PD_CHECK(segments.read(query, selection));
  return selection.take();
}

std::vector<std::string> Logs::groups(const Tenant& tenant) {
  std::set<std::string> names;
  const std::string home = shared_->folder_of(tenant);
  if (file_exists(home)) {
    if (const auto folders = list_directory(home)) {
      for (const std::string& folder : *folders) {
        if (auto name = percent_decode(folder)) names.insert(std::move(*name));
      }
    }
  }
  const std::lock_guard lock(shared_->mutex);
  for (const auto& [group, lines] : shared_->groups) {
    if (group.tenant == tenant) names.insert(group.name);
  }
  return {names.begin(), names.end()};
}

Result<> Logs::remove_group(const Tenant& tenant, std::string_view name) {
  const Shared::GroupName group{tenant, std::string(name)};
  const std::lock_guard writing(shared_->files);
  {
    const std::lock_guard lock(shared_->mutex);
    if (const auto known = shared_->groups.find(group); known != shared_->groups.end()) {
      shared_->groups.erase(known);
    }
  }
  return remove_directory(shared_->folder_of(group));
}

Result<> Logs::remove_stream(const Tenant& tenant, std::string_view group,
                             std::string_view stream) {
  PD_CHECK(shared_->flush());
  const std::lock_guard writing(shared_->files);
  Segments segments(shared_->folder_of({tenant, std::string(group)}), shared_->options);
  return segments.remove([&](const LogLine& line) { return line.stream == stream; });
}

Result<> Logs::expire(const Tenant& tenant, std::string_view group, int64_t before_ms) {
  PD_CHECK(shared_->flush());
  const std::lock_guard writing(shared_->files);
  Segments segments(shared_->folder_of({tenant, std::string(group)}), shared_->options);
  return segments.remove([&](const LogLine& line) { return line.time_ms < before_ms; });
}

void Logs::attach(const std::shared_ptr<LogTap>& tap) {
  const std::lock_guard lock(shared_->mutex);
  std::erase_if(shared_->taps, [](const auto& each) { return each.expired(); });
  shared_->taps.push_back(tap);
}

Result<> Logs::flush() { return shared_->flush(); }

uint64_t Logs::dropped() const {
  const std::lock_guard lock(shared_->mutex);
  return shared_->dropped;
}

}  // namespace perdure::engine
