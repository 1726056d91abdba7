#include "executors/functions/endpoint/extensions.h"

#include <algorithm>

#include "base/json.h"

namespace perdure::executors {
namespace {

constexpr std::string_view api = "/2020-01-01/extension/";
// What an extension wants, in the last digit of its identifier.
constexpr unsigned invoke_mark = 1;
constexpr unsigned shutdown_mark = 2;
constexpr unsigned external_mark = 4;
constexpr const char* identifier_header = "lambda-extension-identifier";
constexpr const char* error_type_header = "lambda-extension-function-error-type";

ExtensionReply refusal(std::string_view type, std::string_view message) {
  return {403, dump_json(Json{{"errorMessage", message}, {"errorType", type}})};
}

bool is_uuid(std::string_view text) {
  if (text.size() != 36) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? text[i] != '-' : !std::isxdigit(static_cast<unsigned char>(text[i]))) return false;
  }
  return true;
}

bool asks_for_account(const HttpRequest& request) {
  return request.header("lambda-extension-accept-feature").find("accountId") !=
         std::string_view::npos;
}

}  // namespace

const char* Extensions::word_of(State state) {
  constexpr const char* names[] = {"Started",   "Registered", "Ready", "Running",
                                   "InitError", "ExitError",  "Exited"};
  return names[static_cast<size_t>(state)];
}

void Extensions::expect(const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    if (extensions_.size() == max_extensions) {
      return set_failure("Extension.LaunchError", "too many extensions");
    }
    extensions_.push_back({.name = name, .external = true});
  }
}

void Extensions::set_failure(const char* type, std::string reason) {
  if (failure_.type.empty()) failure_ = {type, std::move(reason)};
}

// One that an earlier engine knew comes back with the first thing that it says.
Extensions::Extension* Extensions::find(const std::string& identifier) {
  for (Extension& extension : extensions_) {
    if (extension.identifier == identifier) return &extension;
  }
  if (!adopted_ || extensions_.size() >= max_extensions) return nullptr;
  const unsigned wants = static_cast<unsigned>(identifier.back() & 0xf);
  extensions_.push_back({.name = identifier,
                         .identifier = identifier,
                         .external = (wants & external_mark) != 0,
                         .wants_invoke = (wants & invoke_mark) != 0,
                         .wants_shutdown = (wants & shutdown_mark) != 0,
                         .state = State::running});
  return &extensions_.back();
}

bool Extensions::all_registered() const {
  return std::none_of(extensions_.begin(), extensions_.end(), [](const Extension& extension) {
    return extension.external && extension.state == State::started;
  });
}

ExtensionReply Extensions::not_allowed(const Extension& extension, State to,
                                       const std::string& who) const {
  return refusal("Extension.InvalidExtensionState",
                 std::string("State transition from ") + word_of(extension.state) + " to " +
                     word_of(to) + " failed for extension " + who +
                     ". Error: State transition is not allowed");
}

std::optional<ExtensionReply> Extensions::handle(const HttpRequest& request,
                                                 ConnectionId connection,
                                                 const std::string& new_identifier) {
  std::string_view what = request.path;
  if (!what.starts_with(api)) return ExtensionReply{404, ""};
  what.remove_prefix(api.size());
  const bool get = request.method == "GET";
  if (!get && what == "register") return enroll(request, new_identifier);
  const bool known = get ? what == "event/next" : what == "init/error" || what == "exit/error";
  if (!known) return ExtensionReply{404, ""};
  Extension* found = nullptr;
  if (auto refused = identify(request, found)) return refused;
  if (get) return next(*found, connection);
  return fail(*found, request, what == "init/error");
}

// The refusal, if the request is of none that is known.
std::optional<ExtensionReply> Extensions::identify(const HttpRequest& request, Extension*& found) {
  const std::string identifier(request.header(identifier_header));
  if (identifier.empty()) {
    return refusal("Extension.MissingExtensionIdentifier",
                   "Missing Lambda-Extension-Identifier header");
  }
  if (!is_uuid(identifier)) {
    return refusal("Extension.InvalidExtensionIdentifier", "Invalid Lambda-Extension-Identifier");
  }
  found = find(identifier);
  if (found) return std::nullopt;
  return refusal("Extension.UnknownExtensionIdentifier",
                 request.method == "GET" ? "Unknown extension " + identifier
                                         : "Unknown Lambda-Extension-Identifier");
}

Result<std::string> Extensions::name_of(const HttpRequest& request) {
  Extension* found = nullptr;
  if (const auto refused = identify(request, found)) {
    return Error{ErrorKind::denied, "Extension", refused->body};
  }
  return found->name;
}

std::vector<Extensions::Registered> Extensions::external() const {
  std::vector<Registered> all;
  for (const Extension& extension : extensions_) {
    if (!extension.external) continue;
    Registered& each = all.emplace_back(Registered{extension.name, {}});
    if (extension.wants_invoke) each.events.push_back("INVOKE");
    if (extension.wants_shutdown) each.events.push_back("SHUTDOWN");
  }
  return all;
}

ExtensionReply Extensions::enroll(const HttpRequest& request, const std::string& new_identifier) {
  const std::string name(request.header("lambda-extension-name"));
  if (name.empty()) return refusal("Extension.InvalidExtensionName", "Empty extension name");
  auto found = std::find_if(extensions_.begin(), extensions_.end(),
                            [&](const Extension& each) { return each.name == name; });
  Extension internal{.name = name};
  Extension& extension = found == extensions_.end() ? internal : *found;
  if (auto refused = subscribe(extension, request)) return *refused;
  if (extension.external) {
    if (extension.state != State::started) return not_allowed(extension, State::registered, name);
  } else if (closed_) {
    return refusal("Extension.RegistrationClosed", "Extension registration closed already");
  } else if (found != extensions_.end()) {
    return refusal("Extension.InvalidExtensionState",
                   "Extension with this name already registered");
  } else if (extensions_.size() >= max_extensions) {
    return refusal("Extension.TooManyExtensions",
                   "Extension limit (" + std::to_string(max_extensions) + ") reached");
  }
  extension.state = State::registered;
  extension.identifier = new_identifier;
  extension.identifier.back() = "01234567"[(extension.wants_invoke ? invoke_mark : 0) |
                                           (extension.wants_shutdown ? shutdown_mark : 0) |
                                           (extension.external ? external_mark : 0)];
  const std::string identifier = extension.identifier;
  if (found == extensions_.end()) extensions_.push_back(internal);
  Json body = {{"functionName", function_.name},
               {"functionVersion", function_.version},
               {"handler", function_.handler}};
  if (asks_for_account(request)) body["accountId"] = function_.account;
  return {200, dump_json(body), identifier};
}

// What it wants to be told of; a refusal if that cannot be.
std::optional<ExtensionReply> Extensions::subscribe(Extension& extension,
                                                    const HttpRequest& request) const {
  const auto json = parse_json(request.body);
  const Json events = json && json->is_object() ? json->value("events", Json::array()) : Json();
  if (!events.is_array()) return refusal("InvalidRequestFormat", "the body is not as expected");
  bool wants_invoke = false;
  bool wants_shutdown = false;
  for (const Json& event : events) {
    const std::string word = event.is_string() ? event.get<std::string>() : dump_json(event);
    const bool allowed = word == "INVOKE" || (word == "SHUTDOWN" && extension.external);
    if (!allowed) {
      const bool internal = word == "SHUTDOWN";
      return refusal("Extension.InvalidEventType",
                     word + (internal ? ": ShutdownEventNotSupportedForInternalExtension"
                                      : ": ErrorInvalidEventType"));
    }
    (word == "INVOKE" ? wants_invoke : wants_shutdown) = true;
  }
  extension.wants_invoke = wants_invoke;
  extension.wants_shutdown = wants_shutdown;
  return std::nullopt;
}

std::optional<ExtensionReply> Extensions::next(Extension& extension, ConnectionId connection) {
  const bool allowed = extension.state == State::registered || extension.state == State::ready ||
                       extension.state == State::running;
  if (!allowed) return not_allowed(extension, State::ready, extension.identifier);
  if (extension.leave == Leave::untold) {
    extension.state = State::running;
    extension.leave = Leave::told;
    return ExtensionReply{200, farewell_, extension.identifier};
  }
  extension.leave = Leave::no;  // whoever asks for more has done all that it wanted to
  extension.state = State::ready;
  extension.connection = connection;
  return std::nullopt;
}

ExtensionReply Extensions::fail(Extension& extension, const HttpRequest& request, bool init) {
  if (request.header(error_type_header).empty()) {
    return refusal("Extension.MissingHeader", "Lambda-Extension-Function-Error-Type not found");
  }
  const State to = init ? State::init_error : State::exit_error;
  const bool over = extension.state >= State::init_error;
  if (over || (init && extension.state != State::registered)) {
    return not_allowed(extension, init ? to : State::exited, extension.identifier);
  }
  extension.state = to;
  extension.leave = Leave::no;
  if (ending_) return {};
  set_failure(init ? "Extension.InitError" : "Extension.ExitError",
              std::string(request.header(error_type_header)));
  return {};
}

std::vector<ExtensionEvent> Extensions::invoke(const ExtensionInvoke& invoke) {
  std::vector<ExtensionEvent> events;
  for (Extension& extension : extensions_) {
    if (!extension.wants_invoke || extension.state != State::ready) continue;
    extension.state = State::running;
    Json body = {{"eventType", "INVOKE"},
                 {"deadlineMs", invoke.deadline_ms},
                 {"requestId", invoke.request_id},
                 {"invokedFunctionArn", invoke.function_arn}};
    if (!invoke.trace_header.empty()) {
      body["tracing"] = {{"type", "X-Amzn-Trace-Id"}, {"value", invoke.trace_header}};
    }
    events.push_back({extension.connection, extension.identifier, dump_json(body)});
  }
  return events;
}

std::vector<ExtensionEvent> Extensions::shutdown(std::string_view reason, int64_t deadline_ms) {
  std::vector<ExtensionEvent> events;
  ending_ = true;
  farewell_ = dump_json(
      {{"eventType", "SHUTDOWN"}, {"deadlineMs", deadline_ms}, {"shutdownReason", reason}});
  for (Extension& extension : extensions_) {
    const bool works = extension.state == State::registered || extension.state == State::running;
    if (!extension.wants_shutdown || (!works && extension.state != State::ready)) continue;
    extension.leave = works ? Leave::untold : Leave::told;
    if (works) continue;
    extension.state = State::running;
    events.push_back({extension.connection, extension.identifier, farewell_});
  }
  return events;
}

bool Extensions::idle() const {
  return std::none_of(extensions_.begin(), extensions_.end(), [](const Extension& extension) {
    return extension.state == State::started || extension.state == State::registered ||
           extension.state == State::running;
  });
}

void Extensions::exited(std::string_view name_and_reason) {
  const size_t space = name_and_reason.find(' ');
  const std::string_view name = name_and_reason.substr(0, space);
  for (Extension& extension : extensions_) {
    if (!extension.external || extension.name != name) continue;
    if (!ending_) {
      set_failure("Extension.Crash",
                  space == name.npos ? "" : std::string(name_and_reason.substr(space + 1)));
    }
    extension.state = State::exited;
    extension.leave = Leave::no;
  }
}

bool Extensions::all_gone() const {
  return std::none_of(extensions_.begin(), extensions_.end(),
                      [](const Extension& extension) { return extension.leave != Leave::no; });
}

}  // namespace perdure::executors
