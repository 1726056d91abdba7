#pragma once
// Waiting for an answer that comes by a callback, for threads that may block.

#include <future>
#include <memory>

#include "base/result.h"

namespace perdure {

// `begin` is given the callback, which is called once, from any thread.
//   Result<Bucket> made = wait_for<Bucket>([&](auto done) { objects.create_bucket(t, n, done); });
template <class T, class Begin>
Result<T> wait_for(Begin&& begin) {
  // Shared, because the callback may still be returning from set_value when the waiter goes on.
  const auto promise = std::make_shared<std::promise<Result<T>>>();
  auto answer = promise->get_future();
  begin([promise](Result<T> result) { promise->set_value(std::move(result)); });
  return answer.get();
}

}  // namespace perdure
