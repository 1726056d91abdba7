#pragma once
#include <functional>
#include <memory>
#include <mutex>

#include "base/net/http_server.h"

namespace perdure {

class Session;

// A connection's side of a Respond. Keeps the session until it is answered.
class SessionExchange final : public Exchange {
 public:
  explicit SessionExchange(std::shared_ptr<Session> session);
  ~SessionExchange() override;

  void answer(HttpResponse response) override;
  void on_disconnect(std::function<void()> callback) override;
  void client_gone();

 private:
  std::mutex mutex_;
  BusyPoll::Caller caller_;
  std::shared_ptr<Session> session_;  // null once answered
  bool gone_ = false;
  std::function<void()> on_gone_;
};

}  // namespace perdure
