#include "executors/functions/sandbox/plan.h"

#include <errno.h>
#include <unistd.h>

#include <cstring>

#include "base/json.h"

namespace perdure::executors::sandbox {
namespace {

void fill_in(Argument& argument, const std::vector<Call>& calls) {
  for (const Link& link : argument.links) {
    char* place = argument.bytes.data() + link.offset;
    if (link.result_of >= 0) {
      auto number = static_cast<int32_t>(calls[static_cast<size_t>(link.result_of)].result);
      std::memcpy(place, &number, sizeof number);
    } else {
      const char* address = link.pointee.data();
      std::memcpy(place, &address, sizeof address);
    }
  }
}

int64_t word_of(Argument& argument, const std::vector<Call>& calls) {
  switch (argument.kind) {
    case Argument::Kind::number:
      return argument.number;
    case Argument::Kind::result:
      return calls[static_cast<size_t>(argument.number)].result;
    case Argument::Kind::bytes:
      fill_in(argument, calls);
      return reinterpret_cast<int64_t>(argument.bytes.data());
  }
  return 0;
}

// One character for each byte.
std::string latin1(std::string_view bytes) {
  std::string text;
  for (char c : bytes) {
    const auto byte = static_cast<uint8_t>(c);
    if (byte < 0x80) {
      text += c;
    } else {
      text += static_cast<char>(0xc0 | (byte >> 6));
      text += static_cast<char>(0x80 | (byte & 0x3f));
    }
  }
  return text;
}

Json shown(const Argument& argument) {
  if (argument.kind == Argument::Kind::number) return argument.number;
  if (argument.kind == Argument::Kind::result) return Json{{"result", argument.number}};
  Json links = Json::array();
  for (const Link& link : argument.links) {
    Json what = link.result_of >= 0 ? Json(link.result_of) : Json(latin1(link.pointee));
    links.push_back(Json::array({link.offset, std::move(what)}));
  }
  return Json{{"bytes", latin1(argument.bytes)}, {"links", std::move(links)}};
}

Json shown(const std::vector<Call>& calls) {
  Json list = Json::array();
  for (const Call& call : calls) {
    Json arguments = Json::array();
    for (const Argument& argument : call.arguments) arguments.push_back(shown(argument));
    list.push_back(Json::array({call.name, call.number, call.may_fail, std::move(arguments)}));
  }
  return list;
}

}  // namespace

std::optional<Failure> run(std::vector<Call>& calls) {
  for (Call& call : calls) {
    int64_t words[6] = {};
    for (size_t i = 0; i < call.arguments.size(); ++i) words[i] = word_of(call.arguments[i], calls);
    call.result = syscall(call.number, words[0], words[1], words[2], words[3], words[4], words[5]);
    if (call.result < 0 && !call.may_fail) return Failure{call.name.c_str(), errno};
  }
  return std::nullopt;
}

std::string to_json(const std::vector<Call>& calls) { return dump_json(shown(calls)); }

std::string to_json(const Plan& plan) {
  return dump_json(Json{{"namespaces", plan.namespaces},
                        {"house", shown(plan.house)},
                        {"worker", shown(plan.worker)}});
}

}  // namespace perdure::executors::sandbox
