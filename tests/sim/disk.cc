#include "tests/sim/disk.h"

#include "tests/sim/disk_state.h"
#include "tests/sim/disk_vfs.h"

namespace perdure::sim {

struct Disk::Impl {
  Impl(std::shared_ptr<const DiskImage> image, uint64_t seed, DiskLies lies)
      : state(image.get(), seed, lies), vfs(state, seed) {}

  DiskState state;
  DiskVfs vfs;
};

Disk::Disk(uint64_t seed, DiskLies lies) : Disk(nullptr, seed, lies) {}
Disk::Disk(std::shared_ptr<const DiskImage> image, uint64_t seed, DiskLies lies)
    : impl_(std::make_unique<Impl>(std::move(image), seed, lies)) {}
Disk::~Disk() = default;

const std::string& Disk::vfs_name() const { return impl_->vfs.name(); }
uint64_t Disk::operations() const { return impl_->state.operations(); }
void Disk::fail_from(uint64_t operation) { impl_->state.fail_from(operation); }
bool Disk::failed() const { return impl_->state.dead(); }
void Disk::on_operation(std::function<void(uint64_t)> watcher) {
  impl_->state.on_operation(std::move(watcher));
}
void Disk::set_capacity(uint64_t bytes) { impl_->state.set_capacity(bytes); }
uint64_t Disk::used_bytes() const { return impl_->state.used_bytes(); }

std::shared_ptr<const DiskImage> Disk::after_power_loss() {
  return impl_->state.after_power_loss();
}
std::shared_ptr<const DiskImage> Disk::after_process_crash() {
  return impl_->state.after_process_crash();
}

}  // namespace perdure::sim
