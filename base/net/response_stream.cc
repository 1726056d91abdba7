#include "base/net/response_stream.h"

#include <utility>

namespace perdure {

bool ResponseStream::write(std::string_view piece) {
  std::function<void()> wake;
  {
    const std::lock_guard lock(mutex_);
    if (left_ || ended_ || aborted_) return false;
    pending_.append(piece);
    if (std::exchange(parked_, false)) wake = wake_;
  }
  if (wake) wake();
  return true;
}

void ResponseStream::end() { change(ended_); }

void ResponseStream::abort() { change(aborted_); }

void ResponseStream::change(bool& flag) {
  std::function<void()> wake;
  {
    const std::lock_guard lock(mutex_);
    flag = true;
    if (std::exchange(parked_, false)) wake = wake_;
  }
  if (wake) wake();
}

size_t ResponseStream::pending_bytes() const {
  const std::lock_guard lock(mutex_);
  return pending_.size();
}

void ResponseStream::on_drained(std::function<void()> drained) {
  const std::lock_guard lock(mutex_);
  drained_ = std::move(drained);
}

void ResponseStream::on_closed(std::function<void()> closed) {
  {
    const std::lock_guard lock(mutex_);
    if (!left_) {
      closed_ = std::move(closed);
      return;
    }
  }
  closed();
}

ResponseStream::News ResponseStream::take(bool park) {
  const std::lock_guard lock(mutex_);
  News news{std::exchange(pending_, {}), ended_, aborted_};
  parked_ = park && news.pieces.empty() && !ended_ && !aborted_;
  return news;
}

void ResponseStream::attach(std::function<void()> wake) {
  const std::lock_guard lock(mutex_);
  wake_ = std::move(wake);
}

void ResponseStream::run_drained() {
  std::function<void()> drained;
  {
    const std::lock_guard lock(mutex_);
    drained = drained_;
  }
  if (drained) drained();
}

// Also lets go of every callback: they may own what owns this stream.
void ResponseStream::detach() {
  std::function<void()> wake, drained, closed;
  bool early = false;
  {
    const std::lock_guard lock(mutex_);
    early = !ended_ && !aborted_;
    left_ = true;
    pending_.clear();
    wake.swap(wake_);
    drained.swap(drained_);
    closed.swap(closed_);
  }
  if (closed && early) closed();
}

}  // namespace perdure
