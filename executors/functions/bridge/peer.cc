#include "executors/functions/bridge/peer.h"

#include <dirent.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>

namespace perdure::executors::bridge {
namespace {

struct Row {
  bool found = false;
  unsigned user = 0;
  unsigned long inode = 0;
};

sockaddr_in address_of(int connection, decltype(getpeername)* which) {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  which(connection, reinterpret_cast<sockaddr*>(&address), &size);
  return address;
}

// The peer's row in the kernel's table of connections. Connections of before may have had the same
// port: they led elsewhere.
Row row_of(FILE* table, const sockaddr_in& peer, const sockaddr_in& own) {
  char line[512];
  while (fgets(line, sizeof line, table)) {
    unsigned address = 0, port = 0, to_port = 0;
    Row row;
    const int read = sscanf(line, "%*d: %8X:%4X %*8X:%4X %*X %*X:%*X %*X:%*X %*X %u %*u %lu",
                            &address, &port, &to_port, &row.user, &row.inode);
    row.found = read == 5 && address == peer.sin_addr.s_addr && port == ntohs(peer.sin_port) &&
                to_port == ntohs(own.sin_port);
    if (row.found) return row;
  }
  return {};
}

bool has_file(const std::string& process, const std::string& file) {
  const std::string folder = "/proc/" + process + "/fd";
  DIR* files = opendir(folder.c_str());
  if (!files) return false;  // ended, or not ours to look into
  bool found = false;
  while (const dirent* entry = found ? nullptr : readdir(files)) {
    char target[64];
    const ssize_t size = readlink((folder + "/" + entry->d_name).c_str(), target, sizeof target);
    found = size > 0 && std::string(target, static_cast<size_t>(size)) == file;
  }
  closedir(files);
  return found;
}

bool is_file_of_ours(unsigned long inode) {
  const std::string file = "socket:[" + std::to_string(inode) + "]";
  DIR* processes = opendir("/proc");
  if (!processes) return false;
  bool found = false;
  while (const dirent* entry = found ? nullptr : readdir(processes)) {
    const bool is_process = entry->d_name[0] >= '1' && entry->d_name[0] <= '9';
    found = is_process && has_file(entry->d_name, file);
  }
  closedir(processes);
  return found;
}

}  // namespace

bool is_own_peer(int connection, Neighbours neighbours) {
  const sockaddr_in peer = address_of(connection, getpeername);
  const sockaddr_in own = address_of(connection, getsockname);
  // While the table changes a reading may miss some.
  for (int reading = 0; reading < 5; ++reading) {
    FILE* table = fopen("/proc/net/tcp", "re");
    if (!table) return true;  // walls without a root of their own (level C) hide it
    const Row row = row_of(table, peer, own);
    fclose(table);
    if (!row.found) continue;
    if (row.user != geteuid()) return false;
    return neighbours == Neighbours::of_other_users || is_file_of_ours(row.inode);
  }
  return false;
}

}  // namespace perdure::executors::bridge
