#pragma once
// Sockets that connections come from. Internal to base/net.

#include <cstdint>
#include <string>

#include "base/result.h"

namespace perdure {

// Each returns the descriptor of a listening, non-blocking socket that the caller owns.
Result<int> open_tcp_listener(const std::string& host, uint16_t port);
Result<int> open_unix_listener(const std::string& path, unsigned mode);

uint16_t port_of(int fd);

}  // namespace perdure
