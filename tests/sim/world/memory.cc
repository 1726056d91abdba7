// Where the memory of the simulation comes from: the C++ operators and SQLite ask here. It is one
// thread, which asks for small pieces all the time and gives them back soon; what an allocator does
// for many threads takes a tenth of its time. Sanitizers bring their own.
#include <malloc.h>
#include <sqlite3.h>
#include <sys/mman.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>
#include <utility>

namespace perdure::sim {
namespace {

// Small pieces come from blocks of pieces of one size, each with a list of those that are free. No
// block is ever given back. What is larger, and what finds no space, is the C library's.
constexpr size_t step_bytes = 16;  // from one size to the next
constexpr size_t largest_bytes = 8192;
constexpr size_t block_bytes = 64 << 10;
constexpr size_t space_bytes = size_t{4} << 30;  // of addresses; memory is taken as it is used

struct Free {
  Free* next;
};
struct Size {
  Free* free = nullptr;
  char* fresh = nullptr;  // of the newest block, what has never been given
  size_t left = 0;
};

// Sizes count from 1.
constexpr size_t size_for(size_t bytes) {
  return bytes == 0 ? 1 : (bytes + step_bytes - 1) / step_bytes;
}
constexpr size_t bytes_of(size_t size) { return size * step_bytes; }

constinit Size sizes[size_for(largest_bytes) + 1];
constinit uint16_t size_of_block[space_bytes / block_bytes] = {};
constinit char* space = nullptr;
constinit size_t blocks = 0;

bool add_block(size_t number) {
  if (blocks == 0) {
    // Nor does the C library give back what will be asked for again.
    mallopt(M_MMAP_THRESHOLD, 64 << 20);
    mallopt(M_TRIM_THRESHOLD, 64 << 20);
    mallopt(M_TOP_PAD, 4 << 20);
    void* const mapped = mmap(nullptr, space_bytes, PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    space = mapped == MAP_FAILED ? nullptr : static_cast<char*>(mapped);
    if (space != nullptr) madvise(space, space_bytes, MADV_HUGEPAGE);
  }
  if (space == nullptr || blocks == space_bytes / block_bytes) return false;
  size_of_block[blocks] = static_cast<uint16_t>(number);
  sizes[number].fresh = space + blocks++ * block_bytes;
  sizes[number].left = block_bytes / bytes_of(number);
  return true;
}

void* take(size_t bytes) {
  if (bytes > largest_bytes) return std::malloc(bytes);
  const size_t number = size_for(bytes);
  Size& size = sizes[number];
  if (Free* const piece = size.free) {
    size.free = piece->next;
    return piece;
  }
  if (size.left == 0 && !add_block(number)) return std::malloc(bytes);
  --size.left;
  return std::exchange(size.fresh, size.fresh + bytes_of(number));
}

// Of a small piece; 0: it is the C library's.
size_t size_of(const void* piece) {
  const size_t at = static_cast<size_t>(static_cast<const char*>(piece) - space);
  return space != nullptr && at < space_bytes ? size_of_block[at / block_bytes] : 0;
}

void give_back(void* piece) {
  const size_t number = size_of(piece);
  if (number == 0) return std::free(piece);
  sizes[number].free = new (piece) Free{sizes[number].free};
}

int usable_bytes(void* piece) {
  const size_t number = size_of(piece);
  return static_cast<int>(number == 0 ? malloc_usable_size(piece) : bytes_of(number));
}

void* take_again(void* piece, int bytes) {
  const auto had = static_cast<size_t>(usable_bytes(piece)), wanted = static_cast<size_t>(bytes);
  if (wanted <= had && had <= largest_bytes) return piece;
  void* const other = take(wanted);
  if (other == nullptr) return nullptr;
  std::memcpy(other, piece, std::min(had, wanted));
  give_back(piece);
  return other;
}

constexpr sqlite3_mem_methods sqlite_memory = {
    .xMalloc = [](int bytes) { return take(static_cast<size_t>(bytes)); },
    .xFree = give_back,
    .xRealloc = take_again,
    .xSize = usable_bytes,
    .xRoundup = [](int bytes) { return (bytes + 15) / 16 * 16; },
    .xInit = [](void*) { return SQLITE_OK; },
    .xShutdown = [](void*) {},
    .pAppData = nullptr,
};

// SQLite takes this before its first use only.
[[maybe_unused]] const int given = sqlite3_config(SQLITE_CONFIG_MALLOC, &sqlite_memory);

}  // namespace
}  // namespace perdure::sim

// Those for arrays and those that do not throw call these two.
void* operator new(size_t bytes) {
  if (void* const piece = perdure::sim::take(bytes)) return piece;
  throw std::bad_alloc();
}
void operator delete(void* piece) noexcept { perdure::sim::give_back(piece); }
void operator delete(void* piece, size_t) noexcept { perdure::sim::give_back(piece); }
