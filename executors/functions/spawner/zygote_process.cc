#include "executors/functions/spawner/zygote_process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/files.h"
#include "executors/functions/spawner/shepherd.h"

namespace perdure::executors::spawn {
namespace {

[[noreturn]] void become_zygote(char* const* argv, char* const* env, int control, int parent) {
  reset_signals();
  setsid();
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(1);  // it died before the line above
  int null = open("/dev/null", O_RDONLY);
  if (null < 0 || dup2(null, 0) < 0 || dup2(2, 1) < 0 || !move_to(control, control_fd)) _exit(126);
  execve(argv[0], argv, env);
  _exit(127);
}

}  // namespace

Result<ZygoteProcess> start_zygote_process(const std::vector<std::string>& argv,
                                           const std::vector<std::string>& env) {
  int ends[2];
  if (argv.empty()) return internal_error("a zygote needs a program");
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
    return system_error("make", "a socket pair", errno);
  }
  Descriptor ours(ends[0]);
  Descriptor its(ends[1]);
  std::vector<char*> arguments = pointers(argv);
  std::vector<char*> environment = pointers(env);
  int parent = getpid();
  int pid = ::fork();
  if (pid < 0) return system_error("fork", "a zygote", errno);
  if (pid == 0) become_zygote(arguments.data(), environment.data(), its.get(), parent);
  return ZygoteProcess{pid, std::move(ours)};
}

}  // namespace perdure::executors::spawn
