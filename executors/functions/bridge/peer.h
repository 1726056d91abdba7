#pragma once
// Who is at the other end of a connection to a port of 127.0.0.1, which everybody on this machine
// can reach.

namespace perdure::executors::bridge {

enum class Neighbours : bool {
  of_other_users,  // no other worker has our user
  of_our_user,     // what counts is whose file the connection is
};

// Whether it is a process of this worker: one of our user and, where other workers have that too,
// one that we may look into, which the walls allow for our own processes only. A connection that
// its process has closed already is nobody's file: then it is not.
bool is_own_peer(int connection, Neighbours neighbours);

}  // namespace perdure::executors::bridge
