#include "executors/functions/spawner/engine_side.h"

#include <sys/epoll.h>

namespace perdure::executors::spawn {
void EngineSide::listen() {
  reactor_.watch(listener_.get(), Reactor::readable, [this](uint32_t) { accept(); });
}

// A worker that reaches the socket is of the same user at some levels.
void EngineSide::accept() {
  Descriptor caller = accept_own(listener_.get());
  if (!caller) return;
  drop_caller();
  caller_ = std::move(caller);
  reactor_.watch(caller_.get(), Reactor::readable, [this](uint32_t) { on_caller(); });
}

void EngineSide::drop_caller() {
  if (!caller_) return;
  reactor_.forget(caller_.get());
  caller_.reset();
  greeting_ = FrameReader();
}

void EngineSide::on_caller() {
  std::string bytes;
  const IoState state = read_some(caller_.get(), bytes, 64 << 10);
  greeting_.push(bytes);
  auto message = greeting_.next();
  if (message && !*message && state == IoState::open) return;
  const Hello* hello = message && *message ? std::get_if<Hello>(&**message) : nullptr;
  if (hello == nullptr || hello->key != key_) return drop_caller();
  hang_up();  // the newest engine is the one that holds the data folder
  reactor_.forget(caller_.get());
  engine_ = std::move(caller_);
  incoming_ = std::exchange(greeting_, FrameReader());
  reactor_.watch(engine_.get(), Reactor::readable, [this](uint32_t events) { on_engine(events); });
  greeted_ = true;
  handlers_.message(**message);
  on_engine(EPOLLIN);  // what came with it
}

void EngineSide::hang_up() {
  if (!engine_) return;
  reactor_.forget(engine_.get());
  engine_.reset();
  incoming_ = FrameReader();
  outgoing_.clear();
  greeted_ = false;
}

void EngineSide::lose() {
  hang_up();
  handlers_.lost();
}

void EngineSide::on_engine(uint32_t events) {
  if (events & EPOLLOUT) flush();
  if (!engine_ || !(events & (EPOLLIN | EPOLLHUP | EPOLLERR))) return;
  std::string bytes;
  IoState state = read_some(engine_.get(), bytes, 1 << 20);
  incoming_.push(bytes);
  for (;;) {
    auto message = incoming_.next();
    if (!message) return lose();
    if (!*message) break;
    handlers_.message(**message);
    if (!engine_) return;
  }
  if (state == IoState::closed) lose();
}

void EngineSide::send(const Message& message, std::vector<Descriptor> files) {
  if (!greeted_) return;
  const bool idle = outgoing_.empty();
  outgoing_.add(encode(message), std::move(files));
  if (idle) reactor_.post([this] { flush(); });  // with what else this turn has to say
}

void EngineSide::flush() {
  if (!engine_) return;
  // An engine that hung up is noticed by reading, in one place.
  outgoing_.write(engine_.get());
  bool waiting = !outgoing_.empty();
  reactor_.change(engine_.get(), Reactor::readable | (waiting ? Reactor::writable : 0u));
}

}  // namespace perdure::executors::spawn
