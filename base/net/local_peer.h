#pragma once
// Who on this machine is at the other end of a TCP connection that does not leave it.

#include <cstdint>
#include <optional>

namespace perdure {

// The user of the connecting socket, as the kernel's socket diagnosis says. Nothing: the other end
// is elsewhere, or gone, or the kernel does not tell. Takes some 20 µs.
std::optional<uint32_t> user_of_local_peer(int fd);

}  // namespace perdure
