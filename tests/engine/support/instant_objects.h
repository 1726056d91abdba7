#pragma once
// An object store in memory whose changes are made at once.

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "base/clock.h"
#include "engine/objects/stored_objects.h"
#include "engine/store/memory.h"

namespace perdure::engine {

class InstantObjectWriter final : public ObjectWriter {
 public:
  explicit InstantObjectWriter(Store& store) : store_(store), epoch_(*store.acquire_leases()) {}
  void change(ObjectChange change, std::function<void(Result<ObjectOutcome>)> done) override {
    done(store_.commit(epoch_, Batch{{}, {}, {std::move(change)}})->objects.at(0));
  }

 private:
  Store& store_;
  const int64_t epoch_;
};

class InstantObjects {
 public:
  explicit InstantObjects(const Clock& clock)
      : objects(store_->objects(), writer_, *blobs_, clock,
                [this] { return "upload-" + std::to_string(++ids_); }) {}

 private:
  int ids_ = 0;
  std::unique_ptr<Store> store_ = memory_store();
  std::unique_ptr<Blobs> blobs_ = memory_blobs();
  InstantObjectWriter writer_{*store_};

 public:
  StoredObjects objects;
};

}  // namespace perdure::engine
