// A `bootstrap` as compiled languages have it, written from the contract of the Lambda Runtime API:
// one connection that is kept, one invocation after the other. What the event says decides how it
// answers: "error", "chunked", "exit", "crash", anything else is sent back with what came beside
// it.
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>

namespace {

int connection = -1;

void connect_to_api() {
  const std::string api = getenv("AWS_LAMBDA_RUNTIME_API");
  const size_t colon = api.find(':');
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(atoi(api.c_str() + colon + 1)));
  inet_pton(AF_INET, api.substr(0, colon).c_str(), &address.sin_addr);
  connection = socket(AF_INET, SOCK_STREAM, 0);
  if (connect(connection, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) exit(71);
}

struct Response {
  std::string head, body;

  std::string header(const std::string& name) const {
    const size_t at = head.find("\r\n" + name + ": ");
    if (at == head.npos) return "";
    const size_t start = at + name.size() + 4;
    return head.substr(start, head.find("\r\n", start) - start);
  }
  int status() const { return atoi(head.c_str() + 9); }
};

Response exchange(const std::string& request) {
  static std::string buffer;
  if (send(connection, request.data(), request.size(), MSG_NOSIGNAL) !=
      static_cast<ssize_t>(request.size())) {
    exit(72);
  }
  const auto more = [] {
    char piece[65536];
    const ssize_t got = read(connection, piece, sizeof piece);
    if (got <= 0) exit(73);
    buffer.append(piece, static_cast<size_t>(got));
  };
  Response response;
  size_t end;
  while ((end = buffer.find("\r\n\r\n")) == buffer.npos) more();
  response.head = buffer.substr(0, end + 2);
  buffer.erase(0, end + 4);
  const size_t length = static_cast<size_t>(atol(response.header("Content-Length").c_str()));
  while (buffer.size() < length) more();
  response.body = buffer.substr(0, length);
  buffer.erase(0, length);
  return response;
}

Response post(const std::string& path, const std::string& body, const std::string& headers = "") {
  return exchange("POST /2018-06-01/runtime/" + path + " HTTP/1.1\r\nHost: x\r\n" + headers +
                  "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
}

Response post_in_chunks(const std::string& path, const std::string& body) {
  std::string text = "POST /2018-06-01/runtime/" + path +
                     " HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (size_t at = 0; at < body.size(); at += 10) {
    const std::string piece = body.substr(at, 10);
    char size[20];
    snprintf(size, sizeof size, "%zx\r\n", piece.size());
    text += size + piece + "\r\n";
  }
  return exchange(text + "0\r\n\r\n");
}

}  // namespace

int main() {
  connect_to_api();
  for (;;) {
    const Response next =
        exchange("GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: x\r\n\r\n");
    if (next.status() != 200) return 74;
    const std::string invocation =
        "invocation/" + next.header("Lambda-Runtime-Aws-Request-Id") + "/";
    const std::string answer = "{\"event\":" + next.body + ",\"id\":\"" +
                               next.header("Lambda-Runtime-Aws-Request-Id") + "\",\"arn\":\"" +
                               next.header("Lambda-Runtime-Invoked-Function-Arn") +
                               "\",\"deadline\":" + next.header("Lambda-Runtime-Deadline-Ms") +
                               ",\"pid\":" + std::to_string(getpid()) + "}";
    Response taken;
    if (next.body == "\"exit\"") exit(3);
    if (next.body == "\"crash\"") abort();
    if (next.body == "\"slow\"") sleep(1);
    if (next.body == "\"error\"") {
      taken = post(invocation + "error", "{\"errorType\":\"Custom\",\"errorMessage\":\"no\"}",
                   "Lambda-Runtime-Function-Error-Type: Function.Custom\r\n");
    } else if (next.body == "\"chunked\"") {
      taken = post_in_chunks(invocation + "response", answer);
    } else {
      taken = post(invocation + "response", answer);
    }
    if (taken.status() != 202 || taken.body != "{\"status\":\"OK\"}") return 75;
  }
}
