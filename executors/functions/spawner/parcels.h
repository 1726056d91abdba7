#pragma once
// Bytes on a Unix socket, some of them with descriptors: a parcel. The descriptors of a parcel come
// with its first byte at the latest, and not together with those of another.

#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "executors/functions/sockets.h"

namespace perdure::executors::spawn {

inline constexpr size_t max_parcel_files = 8;

class Outgoing {
 public:
  void add(std::string_view bytes, std::vector<Descriptor> files = {});
  // As much as goes.
  IoState write(int socket);
  bool empty() const { return bytes_.empty(); }
  void clear();

 private:
  struct Parcel {
    size_t at = 0;  // where it begins in `bytes_`
    std::vector<Descriptor> files;
  };
  std::string bytes_;
  std::deque<Parcel> parcels_;
};

class Incoming {
 public:
  // What is there, at most about `limit` bytes, behind `into`.
  IoState read(int socket, std::string& into, size_t limit);
  // Those of the next parcel; fewer than were sent where this process may have no more. Of as many
  // parcels as have been seen in what was read.
  std::vector<Descriptor> take();
  void clear() { parcels_.clear(); }

 private:
  std::deque<std::vector<Descriptor>> parcels_;
};

}  // namespace perdure::executors::spawn
