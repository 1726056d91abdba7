#include "executors/functions/sandbox/plan.h"

#include <algorithm>

#include "base/result.h"
#include "executors/functions/sandbox/calls.h"

namespace perdure::executors::sandbox {
namespace {

template <class Number>
void put(std::string& out, Number value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

void put_sized(std::string& out, const std::string& bytes) {
  put(out, static_cast<uint32_t>(bytes.size()));
  out += bytes;
}

void put_bytes(std::string& out, const Argument& argument) {
  put(out, static_cast<uint32_t>(argument.bytes.size()));
  put(out, static_cast<uint8_t>(argument.links.size()));
  for (const Link& link : argument.links) {
    put(out, link.offset);
    put(out, link.result_of);
    if (link.result_of < 0) put_sized(out, link.pointee);
  }
  out += argument.bytes;
}

void put_argument(std::string& out, const Argument& argument) {
  put(out, static_cast<uint8_t>(argument.kind));
  switch (argument.kind) {
    case Argument::Kind::number:
      return put(out, argument.number);
    case Argument::Kind::result:
      return put(out, static_cast<uint32_t>(argument.number));
    case Argument::Kind::bytes:
      return put_bytes(out, argument);
  }
}

}  // namespace

std::vector<Call> joined(std::vector<Call> first, const std::vector<Call>& second) {
  const size_t before = first.size();
  for (Call call : second) {
    for (Argument& argument : call.arguments) {
      if (argument.kind == Argument::Kind::result) argument.number += static_cast<int64_t>(before);
      for (Link& link : argument.links) {
        if (link.result_of >= 0) link.result_of += static_cast<int32_t>(before);
      }
    }
    first.push_back(std::move(call));
  }
  return first;
}

std::string to_bytes(const std::vector<Call>& calls) {
  PD_ASSERT(calls.size() <= most_calls);
  std::string out;
  put(out, static_cast<uint32_t>(calls.size()));
  for (const Call& call : calls) {
    const std::string name = call.name.substr(0, 254);
    put(out, static_cast<uint8_t>(name.size() + 1));
    out.append(name.c_str(), name.size() + 1);
    put(out, static_cast<uint32_t>(call.number));
    put(out, static_cast<uint8_t>(call.may_fail));
    put(out, static_cast<uint8_t>(call.arguments.size()));
    for (const Argument& argument : call.arguments) put_argument(out, argument);
  }
  return out;
}

}  // namespace perdure::executors::sandbox
