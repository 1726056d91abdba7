#include "executors/functions/spawner/board.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstring>

#include "base/files.h"

namespace perdure::executors::spawn {
namespace {

constexpr int seat_bits = 16;
constexpr Seat slot_mask = (Seat{1} << seat_bits) - 1;

}  // namespace

Seat Seats::take() {
  if (!free_.empty()) {
    const Seat last = free_.back();
    free_.pop_back();
    return last + (Seat{1} << seat_bits);
  }
  return next_ < Board::slots ? (Seat{1} << seat_bits) | next_++ : 0;
}

void Seats::give_back(Seat seat) {
  if (seat != 0) free_.push_back(seat);
}

// `sequence` is odd while nothing is assigned, which is so too while something is being written.
struct Board::Slot {
  std::atomic<uint64_t> sequence;
  std::atomic<uint64_t> seat;
  std::atomic<int64_t> deadline_ms;
  std::atomic<uint64_t> request[max_request_bytes / 8];  // filled up with zeros
};

void Board::Unmap::operator()(Slot* first) const { munmap(first, slots * sizeof(Slot)); }

Result<Board> Board::make() {
  Descriptor memory(memfd_create("perdure-board", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  const auto bytes = static_cast<off_t>(slots * sizeof(Slot));
  if (!memory || ftruncate(memory.get(), bytes) != 0 ||
      fcntl(memory.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW) != 0) {
    return system_error("make", "the board", errno);
  }
  PD_TRY(board, map(memory));
  board.memory_ = std::move(memory);
  return board;
}

Result<Board> Board::open(const Descriptor& memory) {
  struct stat info {};
  if (fstat(memory.get(), &info) != 0 || info.st_size != slots * sizeof(Slot)) {
    return internal_error("the spawner's board is none");
  }
  return map(memory);
}

Result<Board> Board::map(const Descriptor& memory) {
  static_assert(sizeof(Slot) == 128 && std::atomic<uint64_t>::is_always_lock_free);
  const size_t bytes = slots * sizeof(Slot);
  void* at = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, memory.get(), 0);
  if (at == MAP_FAILED) return system_error("map", "the board", errno);
  madvise(at, bytes, MADV_DONTFORK);
  Board board;
  board.slots_.reset(static_cast<Slot*>(at));
  return board;
}

Board::Slot* Board::slot_of(Seat seat) const {
  const size_t number = seat & slot_mask;
  return slots_ && seat != 0 && number < slots ? &slots_[number] : nullptr;
}

bool Board::assign(Seat seat, std::string_view request, int64_t deadline_ms) {
  Slot* slot = slot_of(seat);
  if (slot == nullptr || request.empty() || request.size() > max_request_bytes ||
      request.find('\0') != request.npos) {
    return false;
  }
  clear(seat);
  std::atomic_thread_fence(std::memory_order_release);
  slot->seat.store(seat, std::memory_order_relaxed);
  slot->deadline_ms.store(deadline_ms, std::memory_order_relaxed);
  std::array<uint64_t, max_request_bytes / 8> words{};
  std::memcpy(words.data(), request.data(), request.size());
  for (size_t i = 0; i < words.size(); ++i) {
    slot->request[i].store(words[i], std::memory_order_relaxed);
  }
  const uint64_t sequence = slot->sequence.load(std::memory_order_relaxed);
  slot->sequence.store(sequence + 1, std::memory_order_release);
  return true;
}

void Board::clear(Seat seat) {
  Slot* slot = slot_of(seat);
  if (slot == nullptr) return;
  const uint64_t sequence = slot->sequence.load(std::memory_order_relaxed);
  slot->sequence.store(sequence | 1, std::memory_order_release);
}

std::string Board::request_in(const Slot& slot) {
  std::array<char, max_request_bytes> text{};
  for (size_t i = 0; i < text.size() / 8; ++i) {
    const uint64_t word = slot.request[i].load(std::memory_order_relaxed);
    std::memcpy(text.data() + i * 8, &word, 8);
  }
  return {text.data(), strnlen(text.data(), text.size())};
}

std::optional<Assignment> Board::look(Seat seat) const {
  const Slot* slot = slot_of(seat);
  if (slot == nullptr) return std::nullopt;
  const uint64_t before = slot->sequence.load(std::memory_order_acquire);
  const Seat written_for = slot->seat.load(std::memory_order_relaxed);
  Assignment found{.request = request_in(*slot),
                   .deadline_ms = slot->deadline_ms.load(std::memory_order_relaxed)};
  std::atomic_thread_fence(std::memory_order_acquire);
  const bool whole = before % 2 == 0 && slot->sequence.load(std::memory_order_relaxed) == before;
  if (!whole || written_for != seat) return std::nullopt;
  return found;
}

bool Board::is_over(Seat seat, std::string_view request) const {
  const Slot* slot = slot_of(seat);
  return slot != nullptr && slot->sequence.load(std::memory_order_acquire) % 2 == 1 &&
         slot->seat.load(std::memory_order_relaxed) == seat && request_in(*slot) == request;
}

}  // namespace perdure::executors::spawn
