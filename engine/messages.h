#pragma once
// What actors send each other through the inbox, and what an EXPRESS execution's start row holds.
// Tagged by a version and a type byte; documented in docs/journal.md.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "asl/execution/advance.h"
#include "base/result.h"
#include "engine/keys.h"
#include "engine/map_runs/order.h"

namespace perdure::engine {

// Everything that is needed to start an execution; complete in itself, so that it can wait in an
// inbox while its state machine is deleted.
struct StartOrder {
  asl::ExecutionIdentity identity;
  Tenant tenant;
  std::string input;  // JSON text as given
  std::string trace_header;
  std::optional<ActorKey> parent;  // who waits for its end (.sync)
  int64_t parent_event = 0;        // the parent's attempt
};

namespace message {
// To the child: begin, and tell `reply_to` that you have.
struct StartChild {
  StartOrder order;
  ActorKey reply_to;
  int64_t attempt = 0;
};
// To the parent: the child runs.
struct ChildStarted {
  int64_t attempt = 0;
  std::string child_arn;
  int64_t start_ms = 0;
  bool awaited = false;  // .sync: when the attempt has ended meanwhile, the child is stopped
};
// To the parent: the child has ended; `description` is DescribeExecution's object in both forms
// that the two patterns show.
struct ChildClosed {
  int64_t attempt = 0;
  bool succeeded = false;
  std::string as_text;    // .sync: Input and Output are JSON text
  std::string as_values;  // .sync:2: they are values
};
// To the parent (or to itself): the attempt has failed.
struct AttemptFailed {
  int64_t attempt = 0;
  std::string error;
  std::string cause;
};
// To the child: the attempt that waits for you has ended.
struct StopChild {
  std::string error;
  std::string cause;
};
// To a map run, from its execution: begin.
struct StartMapRun {
  MapRunOrder order;
};
// To a map run, from its execution: nobody waits for you any more.
struct StopMapRun {};
// To the execution: its map run has ended.
struct MapRunEnded {
  int64_t frame = 0;
  int64_t started = 0;
  bool succeeded = false;
  std::string output;  // the state's result
  std::optional<std::string> error, cause;
};
// To a child of a map run, which is not told that it has begun: `order.parent_event` is the child's
// index.
struct StartMapChild {
  StartOrder order;
  std::string map_run_arn;
  int64_t items = 0;       // in its input
  bool described = false;  // its end is told with its whole description
};
// To the map run: the child has ended.
struct MapChildClosed {
  int64_t index = 0;
  int64_t status = 0;  // ChildStatus
  std::string result;  // JSON: its output, or its description
  bool final = false;  // it has failed, and cannot be redriven
};
// To a map run that has ended, or stops, from its execution: run again what did not end well.
struct RedriveMapRun {
  ActorKey execution;
  int64_t frame = 0;
  int64_t redriven = 0;  // its MapRunRedriven event: MapRunEnded names it
};
// To a child of a map run that has ended: run again what failed.
struct RedriveMapChild {
  ActorKey map_run;
  int64_t index = 0;
};
}  // namespace message
// Their places are written to disk: new ones go to the end.
using Message =
    std::variant<message::StartChild, message::ChildStarted, message::ChildClosed,
                 message::AttemptFailed, message::StopChild, message::StartMapRun,
                 message::StopMapRun, message::MapRunEnded, message::StartMapChild,
                 message::MapChildClosed, message::RedriveMapRun, message::RedriveMapChild>;

template <class Type, size_t Index = 0>
constexpr size_t message_index() {
  if constexpr (std::is_same_v<std::variant_alternative_t<Index, Message>, Type>) {
    return Index;
  } else {
    return message_index<Type, Index + 1>();
  }
}
// The place of an encoded message's type, without decoding it; beyond the last: it is none.
size_t message_type(std::string_view bytes);

std::string encode_message(const Message& message);
Result<Message> decode_message(std::string_view bytes);

std::string encode_order(const StartOrder& order);
Result<StartOrder> decode_order(std::string_view bytes);

}  // namespace perdure::engine
