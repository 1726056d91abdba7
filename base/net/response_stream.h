#pragma once
// A response body that is produced over time: server-sent events, large downloads.

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

namespace perdure {

// Made by the handler, put into HttpResponse::stream, then written from any thread. The writer must
// end with end() or abort(), else the connection stays open until the client leaves.
// Without a Content-Length header the body is sent in chunks.
class ResponseStream {
 public:
  // False once the client is gone or the stream has ended: nobody wants more.
  bool write(std::string_view piece);
  void end();
  void abort();  // breaks the connection, so that the client sees that the body is not whole
  size_t pending_bytes() const;  // written, not yet taken by the socket

  // Both run on an io thread, without locks held, and must not block.
  // `drained` runs whenever all that was written has gone to the socket, first when the head has:
  // a pump writes its next piece there. Set it before responding.
  void on_drained(std::function<void()> drained);
  // `closed` runs once if the client leaves before the end; at once if it has left already.
  void on_closed(std::function<void()> closed);

  // The rest is the connection's side.
  struct News {
    std::string pieces;
    bool ended = false;
    bool aborted = false;
    bool any() const { return !pieces.empty() || ended || aborted; }
  };
  void attach(std::function<void()> wake);
  // What was written since the last call. With `park`, when there is nothing, the next write,
  // end or abort calls `wake` once.
  News take(bool park);
  void run_drained();
  void detach();  // the response is complete or the client left

 private:
  void change(bool& flag);

  mutable std::mutex mutex_;
  std::string pending_;
  bool ended_ = false;
  bool aborted_ = false;
  bool left_ = false;
  bool parked_ = false;  // the connection waits to be woken
  std::function<void()> wake_, drained_, closed_;
};

}  // namespace perdure
