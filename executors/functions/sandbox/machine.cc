#include "executors/functions/sandbox/machine.h"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "executors/functions/sandbox/landlock.h"

namespace perdure::executors::sandbox {
namespace {

namespace fs = std::filesystem;

constexpr const char* shown[] = {
    "/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32",
    // Libraries and interpreters.
    "/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d", "/etc/alternatives", "/etc/python3",
    "/etc/python3.9", "/etc/python3.10", "/etc/python3.11", "/etc/python3.12", "/etc/python3.13",
    "/etc/python3.14", "/etc/localtime", "/etc/timezone", "/etc/os-release", "/etc/mime.types",
    // Names and addresses.
    "/etc/resolv.conf", "/etc/hosts", "/etc/host.conf", "/etc/nsswitch.conf", "/etc/gai.conf",
    "/etc/protocols", "/etc/services",
    // Certificates, and no folder that may hold private keys.
    "/etc/ssl/certs", "/etc/ssl/openssl.cnf", "/etc/ca-certificates", "/etc/pki/tls/certs",
    "/etc/pki/ca-trust/extracted"};

}  // namespace

Machine look_at_machine() {
  Machine machine;
  machine.landlock_abi = landlock_abi();
  for (const char* path : shown) {
    struct stat info {};
    if (lstat(path, &info) != 0) continue;
    std::error_code error;
    const std::string real = fs::canonical(path, error).string();
    if (error) continue;
    // A link into what is shown stays a link; one that leads elsewhere becomes what it leads to.
    if (S_ISLNK(info.st_mode) && real.starts_with("/usr/")) {
      const std::string target = fs::read_symlink(path, error).string();
      if (!error) machine.entries.push_back({path, HostEntry::Kind::link, target});
      continue;
    }
    if (stat(path, &info) != 0) continue;
    if (S_ISDIR(info.st_mode)) {
      machine.entries.push_back({path, HostEntry::Kind::folder, real});
    } else if (S_ISREG(info.st_mode)) {
      machine.entries.push_back({path, HostEntry::Kind::file, real});
    }
  }
  return machine;
}

}  // namespace perdure::executors::sandbox
