#include "engine/messages.h"

#include "engine/journal/members.h"

namespace perdure::engine {
namespace {

using journal::ByteReader;
using Writer = journal::MemberWriter;
using Reader = journal::MemberReader;

constexpr uint8_t message_version = 1;

template <class Visitor, class Order>
void visit_order(Visitor&& visit, Order& order) {
  auto& identity = order.identity;
  visit(identity.arn), visit(identity.name), visit(identity.machine_arn);
  visit(identity.machine_name), visit(identity.role_arn), visit(identity.definition_hash);
  visit(identity.type), visit(order.tenant.account), visit(order.tenant.region);
  visit(order.input), visit(order.trace_header), visit(order.parent), visit(order.parent_event);
}

// Behind everything else.
template <class Visitor, class Order>
void visit_added(Visitor&& visit, Order& order) {
  visit.added(order.identity.version_arn), visit.added(order.identity.alias_arn);
}

template <class Visitor, class Body>
void visit_body(Visitor&& visit, Body& body) {
  using Type = std::remove_const_t<Body>;
  if constexpr (std::is_same_v<Type, message::StartChild>) {
    visit_order(visit, body.order);
    visit(body.reply_to), visit(body.attempt);
    visit_added(visit, body.order);
  } else if constexpr (std::is_same_v<Type, message::ChildStarted>) {
    visit(body.attempt), visit(body.child_arn), visit(body.start_ms), visit(body.awaited);
  } else if constexpr (std::is_same_v<Type, message::ChildClosed>) {
    visit(body.attempt), visit(body.succeeded), visit(body.as_text), visit(body.as_values);
  } else if constexpr (std::is_same_v<Type, message::AttemptFailed>) {
    visit(body.attempt), visit(body.error), visit(body.cause);
  } else if constexpr (std::is_same_v<Type, message::StopChild>) {
    visit(body.error), visit(body.cause);
  } else if constexpr (std::is_same_v<Type, message::StartMapRun>) {
    visit_map_run_order(visit, body.order);
  } else if constexpr (std::is_same_v<Type, message::MapRunEnded>) {
    visit(body.frame), visit(body.started), visit(body.succeeded), visit(body.output);
    visit(body.error), visit(body.cause);
  } else if constexpr (std::is_same_v<Type, message::StartMapChild>) {
    visit_order(visit, body.order);
    visit(body.map_run_arn), visit(body.items), visit(body.described);
  } else if constexpr (std::is_same_v<Type, message::MapChildClosed>) {
    visit(body.index), visit(body.status), visit(body.result);
    visit.added(body.final);
  } else if constexpr (std::is_same_v<Type, message::RedriveMapRun>) {
    visit(body.execution), visit(body.frame), visit(body.redriven);
  } else if constexpr (std::is_same_v<Type, message::RedriveMapChild>) {
    visit(body.map_run), visit(body.index);
  }
}

template <size_t Index = 0>
Result<Message> decode_body(size_t type, ByteReader& in) {
  if constexpr (Index < std::variant_size_v<Message>) {
    if (type != Index) return decode_body<Index + 1>(type, in);
    Message message(std::in_place_index<Index>);
    visit_body(Reader(in), std::get<Index>(message));
    if (!in.ok()) return internal_error("An inbox message ends early.");
    return message;
  } else {
    return internal_error("An inbox message has an unknown type.");
  }
}

}  // namespace

// The type byte is the index in the variant: new messages are added at its end.
std::string encode_message(const Message& message) {
  std::string out{static_cast<char>(message_version), static_cast<char>(message.index())};
  std::visit([&](const auto& body) { visit_body(Writer(out), body); }, message);
  return out;
}

size_t message_type(std::string_view bytes) {
  ByteReader in(bytes);
  if (in.byte() != message_version) return std::variant_size_v<Message>;
  const size_t type = in.byte();
  return in.ok() ? type : std::variant_size_v<Message>;
}

Result<Message> decode_message(std::string_view bytes) {
  ByteReader in(bytes);
  if (in.byte() != message_version) {
    return internal_error("An inbox message has an unknown version.");
  }
  const size_t type = in.byte();
  return decode_body(type, in);
}

std::string encode_order(const StartOrder& order) {
  std::string out(1, static_cast<char>(message_version));
  visit_order(Writer(out), order);
  visit_added(Writer(out), order);
  return out;
}

Result<StartOrder> decode_order(std::string_view bytes) {
  ByteReader in(bytes);
  if (in.byte() != message_version) return internal_error("A start row has an unknown version.");
  StartOrder order;
  visit_order(Reader(in), order);
  visit_added(Reader(in), order);
  if (!in.ok()) return internal_error("A start row ends early.");
  return order;
}

}  // namespace perdure::engine
