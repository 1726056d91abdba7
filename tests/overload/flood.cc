// A client that does not wait: starts executions at given rates, whether or not earlier ones have
// been answered, and prints what became of them. One thread, so that it takes one core at most.
//
//   flood --port PORT --seconds N [--ledger FILE] [--prefix TEXT] FLOW...
//   FLOW = LABEL,KIND,MACHINE,RATE,CONNECTIONS
//
// KIND is `start` (StartExecution) or `sync` (StartSyncExecution), MACHINE is an ARN then; or
// `wait` (POST /run/MACHINE?wait). Arrivals are a Poisson process of RATE a second. One that finds
// all CONNECTIONS of its flow busy is not sent ("unsent"): many clients at once, each of which
// waits for its answer. A time is that from the writing of a request to the last byte of its
// answer. The names of acknowledged starts are appended to the ledger, one a line.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <random>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace {

using Micros = int64_t;
constexpr Micros second_us = 1'000'000;
constexpr Micros last_answers_us = 5 * second_us;  // are waited for after the last arrival

Micros now_us() {
  return std::chrono::duration_cast<std::chrono::microseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

enum class Kind { start, sync, wait };

struct Tally {
  std::vector<uint32_t> admitted_us, refused_us;
};

struct Flow;

struct Connection {
  explicit Connection(Flow& of) : flow(of) {}

  Flow& flow;
  int fd = -1;
  bool busy = false;
  Micros sent_us = 0;
  std::string name;
  std::string output;  // what the socket did not take yet
  std::string input;
};

struct Flow {
  std::string label, machine;
  Kind kind = Kind::start;
  double rate = 0;
  Micros next_us = 0;
  std::vector<std::unique_ptr<Connection>> connections;
  std::vector<Connection*> free;

  int64_t count = 0, sent = 0, unsent = 0, broken = 0;
  int64_t misshapen = 0;          // refusals that are not as AWS's, or without Retry-After
  std::map<int, int64_t> others;  // by status: neither done nor refused
  std::string sample;             // the first of them
  std::vector<Tally> seconds;
};

struct Options {
  uint16_t port = 0;
  double seconds = 1;
  std::string ledger, prefix = "flood";
  std::vector<std::unique_ptr<Flow>> flows;
};

class Client {
 public:
  explicit Client(Options options)
      : options_(std::move(options)),
        epoll_(epoll_create1(EPOLL_CLOEXEC)),
        chance_(std::random_device{}()) {
    if (!options_.ledger.empty()) ledger_ = std::fopen(options_.ledger.c_str(), "a");
  }
  ~Client() {
    if (ledger_ != nullptr) std::fclose(ledger_);
    close(epoll_);
  }

  void run() {
    began_us_ = now_us();
    const Micros end_us = began_us_ + static_cast<Micros>(options_.seconds * second_us);
    for (auto& flow : options_.flows) {
      flow->next_us = began_us_ + gap_us(*flow);
      for (auto& connection : flow->connections) flow->free.push_back(connection.get());
    }
    while (true) {
      const Micros now = now_us();
      if (now < end_us) {
        for (auto& flow : options_.flows) arrive(*flow, now);
      } else if (busy_ == 0 || now > end_us + last_answers_us) {
        break;
      }
      poll();
    }
    for (auto& flow : options_.flows) {
      for (auto& connection : flow->connections) {
        if (connection->busy) ++flow->broken;
        if (connection->fd >= 0) close(connection->fd);
      }
    }
  }

  const Options& options() const { return options_; }

 private:
  Micros gap_us(const Flow& flow) {
    std::exponential_distribution<double> distribution(flow.rate / second_us);
    return static_cast<Micros>(distribution(chance_));
  }

  void arrive(Flow& flow, Micros now) {
    for (; flow.next_us <= now; flow.next_us += gap_us(flow)) {
      ++flow.count;
      if (flow.free.empty()) {
        ++flow.unsent;
        continue;
      }
      Connection& connection = *flow.free.back();
      flow.free.pop_back();
      send_request(connection);
    }
  }

  void send_request(Connection& connection) {
    Flow& flow = connection.flow;
    if (connection.fd < 0 && !connect(connection)) {
      ++flow.broken;
      flow.free.insert(flow.free.begin(), &connection);
      return;
    }
    connection.busy = true;
    ++busy_;
    ++flow.sent;
    connection.name = options_.prefix + "-" + flow.label + "-" + std::to_string(flow.sent);
    connection.output = request(flow, connection.name);
    connection.sent_us = now_us();
    write_some(connection);
  }

  static std::string request(const Flow& flow, const std::string& name) {
    std::string text;
    std::string body = R"({"n":1})";
    if (flow.kind == Kind::wait) {
      text = "POST /run/" + flow.machine + "?wait&name=" + name +
             " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n";
    } else {
      body = R"({"stateMachineArn":")" + flow.machine + R"(","name":")" + name +
             R"(","input":"{\"n\":1}"})";
      text = std::string("POST / HTTP/1.1\r\nHost: localhost\r\nX-Amz-Target: AWSStepFunctions.") +
             (flow.kind == Kind::sync ? "StartSyncExecution" : "StartExecution") +
             "\r\nContent-Type: application/x-amz-json-1.0\r\n";
    }
    return text + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  }

  bool connect(Connection& connection) {
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(options_.port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0 || ::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
      if (fd >= 0) close(fd);
      return false;
    }
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    epoll_event event{};
    event.events = EPOLLIN | EPOLLOUT | EPOLLET;
    event.data.ptr = &connection;
    epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event);
    connection.fd = fd;
    connection.input.clear();
    return true;
  }

  void write_some(Connection& connection) {
    while (!connection.output.empty()) {
      const ssize_t sent = send(connection.fd, connection.output.data(), connection.output.size(),
                                MSG_DONTWAIT | MSG_NOSIGNAL);
      if (sent < 0) return;  // would block, or broken: epoll tells
      connection.output.erase(0, static_cast<size_t>(sent));
    }
  }

  void poll() {
    epoll_event events[256];
    const int count = epoll_wait(epoll_, events, 256, 1);
    for (int i = 0; i < count; ++i) {
      auto& connection = *static_cast<Connection*>(events[i].data.ptr);
      if (connection.fd < 0) continue;
      if ((events[i].events & EPOLLOUT) != 0) write_some(connection);
      if ((events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0) read_some(connection);
    }
  }

  void read_some(Connection& connection) {
    char buffer[4096];
    while (true) {
      const ssize_t size = recv(connection.fd, buffer, sizeof buffer, MSG_DONTWAIT);
      if (size < 0 && errno == EAGAIN) break;
      if (size <= 0) return broke(connection);
      connection.input.append(buffer, static_cast<size_t>(size));
    }
    const size_t head = connection.input.find("\r\n\r\n");
    if (head == std::string::npos) return;
    const size_t field = connection.input.find("Content-Length: ");
    const size_t length =
        field < head ? std::strtoul(&connection.input[field + 16], nullptr, 10) : 0;
    if (connection.input.size() < head + 4 + length) return;
    const std::string_view text(connection.input);
    take(connection, text.substr(0, head + 2), text.substr(head + 4));
    connection.input.clear();
  }

  void broke(Connection& connection) {
    close(connection.fd);
    connection.fd = -1;
    if (!connection.busy) return;
    ++connection.flow.broken;
    free(connection);
  }

  void free(Connection& connection) {
    connection.busy = false;
    --busy_;
    connection.flow.free.push_back(&connection);
  }

  void take(Connection& connection, std::string_view head, std::string_view body) {
    Flow& flow = connection.flow;
    const Micros now = now_us();
    const auto took = static_cast<uint32_t>(now - connection.sent_us);
    const auto second = static_cast<size_t>((now - began_us_) / second_us);
    if (flow.seconds.size() <= second) flow.seconds.resize(second + 1);
    const int status = std::atoi(std::string(head.substr(9, 3)).c_str());
    const bool refused = body.find("ThrottlingException") != body.npos;
    if (status == 200) {
      flow.seconds[second].admitted_us.push_back(took);
      if (ledger_ != nullptr && flow.kind == Kind::start) {
        std::fprintf(ledger_, "%s\n", connection.name.c_str());
      }
    } else if (refused) {
      flow.seconds[second].refused_us.push_back(took);
      if (!well_shaped(flow, status, head, body)) misshapen(flow, head, body);
    } else {
      ++flow.others[status];
      if (flow.sample.empty()) flow.sample = body;
    }
    free(connection);
  }

  static bool well_shaped(const Flow& flow, int status, std::string_view head,
                          std::string_view body) {
    const bool again = head.find("\r\nRetry-After: 1\r\n") != head.npos;
    const bool aws = flow.kind != Kind::wait;
    const std::string_view name =
        aws ? R"("__type":"ThrottlingException")" : R"("error":"ThrottlingException")";
    return again && status == (aws ? 400 : 429) && body.find(name) != body.npos;
  }

  static void misshapen(Flow& flow, std::string_view head, std::string_view body) {
    ++flow.misshapen;
    if (flow.sample.empty()) flow.sample = std::string(head) + std::string(body);
  }

  const Options options_;
  const int epoll_;
  std::FILE* ledger_ = nullptr;
  std::mt19937_64 chance_;
  Micros began_us_ = 0;
  int64_t busy_ = 0;
};

double percentile_ms(std::vector<uint32_t> values, double share) {
  if (values.empty()) return 0;
  const size_t at = std::min(values.size() - 1, static_cast<size_t>(share * double(values.size())));
  std::nth_element(values.begin(), values.begin() + static_cast<ptrdiff_t>(at), values.end());
  return values[at] / 1000.0;
}

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text.substr(0, 400)) {
    if (c == '"' || c == '\\') out += '\\';
    out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  }
  return out + "\"";
}

void print(const Flow& flow) {
  Tally all;
  for (const Tally& one : flow.seconds) {
    all.admitted_us.insert(all.admitted_us.end(), one.admitted_us.begin(), one.admitted_us.end());
    all.refused_us.insert(all.refused_us.end(), one.refused_us.begin(), one.refused_us.end());
  }
  int64_t others = 0;
  for (const auto& [status, count] : flow.others) others += count;
  std::printf(R"("%s":{"arrived":%ld,"sent":%ld,"unsent":%ld,"broken":%ld,"admitted":%zu,)",
              flow.label.c_str(), flow.count, flow.sent, flow.unsent, flow.broken,
              all.admitted_us.size());
  std::printf(R"("refused":%zu,"misshapen":%ld,"others":%ld,"sample":%s,)", all.refused_us.size(),
              flow.misshapen, others, quoted(flow.sample).c_str());
  std::printf(R"("p50_ms":%.3f,"p99_ms":%.3f,"refused_p50_ms":%.3f,"refused_p99_ms":%.3f,)",
              percentile_ms(all.admitted_us, 0.5), percentile_ms(all.admitted_us, 0.99),
              percentile_ms(all.refused_us, 0.5), percentile_ms(all.refused_us, 0.99));
  std::printf(R"("seconds":[)");
  for (size_t i = 0; i < flow.seconds.size(); ++i) {
    std::printf(R"(%s{"admitted":%zu,"refused":%zu,"p99_ms":%.3f})", i == 0 ? "" : ",",
                flow.seconds[i].admitted_us.size(), flow.seconds[i].refused_us.size(),
                percentile_ms(flow.seconds[i].admitted_us, 0.99));
  }
  std::printf("]}");
}

[[noreturn]] void usage() {
  std::fprintf(stderr,
               "flood --port PORT --seconds N [--ledger FILE] [--prefix TEXT] "
               "LABEL,start|sync|wait,MACHINE,RATE,CONNECTIONS...\n");
  std::exit(2);
}

std::unique_ptr<Flow> read_flow(const std::string& text) {
  std::vector<std::string> parts;
  std::istringstream stream(text);
  for (std::string part; std::getline(stream, part, ',');) parts.push_back(part);
  if (parts.size() != 5) usage();
  auto flow = std::make_unique<Flow>();
  flow->label = parts[0];
  flow->kind = parts[1] == "start" ? Kind::start : parts[1] == "sync" ? Kind::sync : Kind::wait;
  flow->machine = parts[2];
  flow->rate = std::strtod(parts[3].c_str(), nullptr);
  for (int i = std::atoi(parts[4].c_str()); i > 0; --i) {
    flow->connections.push_back(std::make_unique<Connection>(*flow));
  }
  if (flow->rate <= 0 || flow->connections.empty()) usage();
  return flow;
}

Options read_options(int count, char** words) {
  Options options;
  for (int i = 1; i < count; ++i) {
    const std::string word = words[i];
    if (!word.starts_with("--")) {
      options.flows.push_back(read_flow(word));
      continue;
    }
    if (++i == count) usage();
    if (word == "--port") options.port = static_cast<uint16_t>(std::atoi(words[i]));
    if (word == "--seconds") options.seconds = std::strtod(words[i], nullptr);
    if (word == "--ledger") options.ledger = words[i];
    if (word == "--prefix") options.prefix = words[i];
  }
  if (options.port == 0 || options.flows.empty()) usage();
  return options;
}

}  // namespace

int main(int count, char** words) {
  Client client(read_options(count, words));
  client.run();
  std::printf("{");
  for (size_t i = 0; i < client.options().flows.size(); ++i) {
    if (i > 0) std::printf(",");
    print(*client.options().flows[i]);
  }
  std::printf("}\n");
}
