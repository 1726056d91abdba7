#include "base/net/session_exchange.h"

#include "base/net/session.h"

namespace perdure {
namespace {

class FunctionExchange final : public Exchange {
 public:
  explicit FunctionExchange(std::function<void(HttpResponse)> take) : take_(std::move(take)) {}

  void answer(HttpResponse response) override {
    std::function<void(HttpResponse)> take;
    {
      const std::lock_guard lock(mutex_);
      take.swap(take_);
    }
    if (take) take(std::move(response));
  }
  void on_disconnect(std::function<void()>) override {}

 private:
  std::mutex mutex_;
  std::function<void(HttpResponse)> take_;
};

}  // namespace

Respond Respond::with(std::function<void(HttpResponse)> take) {
  return Respond(std::make_shared<FunctionExchange>(std::move(take)));
}

SessionExchange::SessionExchange(std::shared_ptr<Session> session)
    : caller_(session->busy_poll()), session_(std::move(session)) {}

SessionExchange::~SessionExchange() {
  if (session_) session_->deliver(std::nullopt);
}

void SessionExchange::answer(HttpResponse response) {
  std::shared_ptr<Session> session;
  std::function<void()> dropped;  // destroyed without the lock: it may own this exchange
  {
    const std::lock_guard lock(mutex_);
    session.swap(session_);
    dropped.swap(on_gone_);
    caller_.left();
  }
  if (session) session->deliver(std::move(response));
}

void SessionExchange::on_disconnect(std::function<void()> callback) {
  {
    const std::lock_guard lock(mutex_);
    if (!session_) return;
    if (!gone_) {
      on_gone_.swap(callback);
      return;
    }
  }
  callback();
}

void SessionExchange::client_gone() {
  std::function<void()> callback;
  {
    const std::lock_guard lock(mutex_);
    gone_ = true;
    callback.swap(on_gone_);
  }
  if (callback) callback();
}

}  // namespace perdure
