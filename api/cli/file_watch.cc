#include "api/cli/file_watch.h"

#include <poll.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <cerrno>

#include "base/files.h"

namespace perdure::api::cli {

namespace {

constexpr uint32_t changes = IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO;

}  // namespace

FileWatch::~FileWatch() {
  if (fd_ >= 0) ::close(fd_);
}

Result<> FileWatch::watch(const std::set<std::string>& folders) {
  if (fd_ < 0) fd_ = ::inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
  if (fd_ < 0) return system_error("watch", ".", errno);
  std::map<int, std::string> watches;
  for (const std::string& folder : folders) {
    const int watch = ::inotify_add_watch(fd_, folder.empty() ? "." : folder.c_str(), changes);
    if (watch < 0) return system_error("watch", folder, errno);
    watches[watch] = folder;
  }
  for (const auto& [watch, folder] : folders_) {
    if (!watches.contains(watch)) ::inotify_rm_watch(fd_, watch);
  }
  folders_ = std::move(watches);
  return {};
}

void FileWatch::read_events(std::set<std::string>& changed) {
  alignas(inotify_event) char buffer[16'384];
  for (ssize_t got; (got = ::read(fd_, buffer, sizeof buffer)) > 0;) {
    for (const char* at = buffer; at < buffer + got;) {
      const auto* const event = reinterpret_cast<const inotify_event*>(at);
      const auto folder = folders_.find(event->wd);
      if (event->len > 0 && folder != folders_.end()) changed.insert(folder->second + event->name);
      at += sizeof(inotify_event) + event->len;
    }
  }
}

std::set<std::string> FileWatch::wait(int quiet_ms) {
  std::set<std::string> changed;
  while (true) {
    pollfd descriptor{fd_, POLLIN, 0};
    const int ready = ::poll(&descriptor, 1, changed.empty() ? -1 : quiet_ms);
    if (ready < 0) return {};
    if (ready == 0) return changed;
    read_events(changed);
  }
}

}  // namespace perdure::api::cli
