#pragma once
// Members of a record one after the other: what is written by one list of calls is read by the same
// list, so that a record says once what it consists of. New members go to the end.

#include <algorithm>
#include <bit>
#include <optional>
#include <string>
#include <vector>

#include "asl/parse/parse.h"
#include "engine/journal/varint.h"
#include "engine/keys.h"

namespace perdure::engine::journal {

class MemberWriter {
 public:
  explicit MemberWriter(std::string& out) : out_(out) {}
  void operator()(const std::string& text) { put_text(out_, text); }
  void added(const std::string& text) { (*this)(text); }
  // Written where it is set only: what it is added to keeps its bytes.
  void added(const bool& flag) {
    if (flag) (*this)(flag);
  }
  void operator()(const int64_t& number) { put_signed(out_, number); }
  void operator()(const double& number) { put_signed(out_, std::bit_cast<int64_t>(number)); }
  void operator()(const bool& flag) { put_signed(out_, flag ? 1 : 0); }
  void operator()(const asl::MachineType& type) { put_signed(out_, static_cast<int64_t>(type)); }
  void operator()(const ActorKey& key) {
    out_.append(reinterpret_cast<const char*>(key.bytes.data()), key.bytes.size());
  }
  template <class T>
  void operator()(const std::optional<T>& value) {
    (*this)(value.has_value());
    if (value) (*this)(*value);
  }

 private:
  std::string& out_;
};

class MemberReader {
 public:
  explicit MemberReader(ByteReader& in) : in_(in) {}
  void operator()(std::string& text) { text = in_.text(); }
  // What earlier versions did not write.
  void added(std::string& text) {
    if (!in_.at_end()) text = in_.text();
  }
  void added(bool& flag) {
    if (!in_.at_end()) (*this)(flag);
  }
  void operator()(int64_t& number) { number = in_.signed_varint(); }
  void operator()(double& number) { number = std::bit_cast<double>(in_.signed_varint()); }
  void operator()(bool& flag) { flag = in_.signed_varint() != 0; }
  void operator()(asl::MachineType& type) {
    type = static_cast<asl::MachineType>(in_.signed_varint());
  }
  void operator()(ActorKey& key) {
    const std::string_view bytes = in_.bytes(key.bytes.size());
    std::copy(bytes.begin(), bytes.end(), key.bytes.begin());
  }
  template <class T>
  void operator()(std::optional<T>& value) {
    bool present = false;
    (*this)(present);
    if (present) (*this)(value.emplace());
  }

 private:
  ByteReader& in_;
};

}  // namespace perdure::engine::journal
