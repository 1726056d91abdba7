#include "tests/sim/pages.h"

#include <algorithm>
#include <cstring>

namespace perdure::sim {

void Pages::read(uint64_t offset, char* to, size_t bytes) const {
  while (bytes > 0) {
    const size_t index = offset / page_bytes, within = offset % page_bytes;
    const size_t part = std::min(bytes, page_bytes - within);
    if (index < pages_.size() && pages_[index] != nullptr) {
      std::memcpy(to, pages_[index]->data() + within, part);
    } else {
      std::memset(to, 0, part);
    }
    offset += part, to += part, bytes -= part;
  }
}

void Pages::reach(uint64_t end) {
  if (end <= size_) return;
  size_ = end;
  pages_.resize((size_ + page_bytes - 1) / page_bytes);
}

void Pages::write(uint64_t offset, const char* from, size_t bytes) {
  reach(offset + bytes);
  while (bytes > 0) {
    const size_t index = offset / page_bytes, within = offset % page_bytes;
    const size_t part = std::min(bytes, page_bytes - within);
    std::memcpy(page_to_write(index, part == page_bytes).data() + within, from, part);
    offset += part, from += part, bytes -= part;
  }
}

// What was cut off must not come back when the file grows again.
void Pages::resize(uint64_t size) {
  pages_.resize((size + page_bytes - 1) / page_bytes);
  const size_t within = size % page_bytes;
  if (size < size_ && within != 0 && pages_.back() != nullptr) {
    Page& last = page_to_write(pages_.size() - 1, false);
    std::memset(last.data() + within, 0, page_bytes - within);
  }
  size_ = size;
}

void Pages::share(const Pages& other, uint64_t offset, size_t bytes) {
  reach(offset + bytes);
  const size_t end = std::min((offset + bytes + page_bytes - 1) / page_bytes, other.pages_.size());
  for (size_t i = offset / page_bytes; i < end; ++i) pages_[i] = other.pages_[i];
}

// Of a page that is about to be written as a whole nobody needs what it held.
Pages::Page& Pages::page_to_write(size_t index, bool whole) {
  std::shared_ptr<Page>& page = pages_[index];
  if (page == nullptr) {
    page = whole ? std::make_shared_for_overwrite<Page>() : std::make_shared<Page>();  // zeros
  } else if (page.use_count() > 1) {
    page = whole ? std::make_shared_for_overwrite<Page>() : std::make_shared<Page>(*page);
  }
  return *page;
}

}  // namespace perdure::sim
