#include "base/net/io_thread.h"

#include <pthread.h>

#include <boost/asio/post.hpp>
#include <chrono>
#include <cstdio>

#include "base/net/session.h"

namespace perdure {
namespace {

// Deadlines are looked at this often: a quarter of the shortest is late enough.
std::chrono::milliseconds sweep_interval_of(const HttpServerOptions& options) {
  const int shortest_ms = std::min(
      {options.head_timeout_ms, options.body_stall_ms, options.idle_timeout_ms, options.linger_ms});
  return std::chrono::milliseconds(std::clamp(shortest_ms / 4, 5, 500));
}

constexpr auto release_interval = std::chrono::milliseconds(5);
constexpr auto longest_hold = std::chrono::duration<double>(1);

// RFC 9110 §5.6.7: "Sun, 06 Nov 1994 08:49:37 GMT".
std::string http_date(int64_t second) {
  static constexpr const char* days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr const char* months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                           "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::chrono::sys_seconds moment{std::chrono::seconds(second)};
  const auto day = std::chrono::floor<std::chrono::days>(moment);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss time(moment - day);
  char text[64];
  std::snprintf(text, sizeof text, "%s, %02u %s %04d %02d:%02d:%02d GMT",
                days[std::chrono::weekday(day).c_encoding()], unsigned{date.day()},
                months[unsigned{date.month()} - 1], int{date.year()},
                static_cast<int>(time.hours().count()), static_cast<int>(time.minutes().count()),
                static_cast<int>(time.seconds().count()));
  return text;
}

}  // namespace

bool ServerContext::open_connection(const std::string& address) {
  const std::lock_guard lock(mutex);
  if (open_connections >= options.max_connections) return false;
  if (!address.empty()) {
    size_t& of_address = connections_by_address[address];
    if (of_address >= options.max_connections_per_address) return false;
    ++of_address;
  }
  ++open_connections;
  return true;
}

void ServerContext::close_connection(const std::string& address) {
  const std::lock_guard lock(mutex);
  const auto of_address = connections_by_address.find(address);
  if (of_address != connections_by_address.end() && --of_address->second == 0) {
    connections_by_address.erase(of_address);
  }
  if (--open_connections == 0) none_open.notify_all();
}

IoThread::IoThread(std::shared_ptr<ServerContext> context)
    : context_(std::move(context)),
      sweep_interval_(sweep_interval_of(context_->options)),
      work_(asio::make_work_guard(io_)),
      sweep_timer_(io_),
      release_timer_(io_) {}

void IoThread::start() {
  thread_ = std::thread([this] { run(); });
  pthread_setname_np(thread_.native_handle(), "http");
}

void IoThread::run() {
  const BusyPoll* poll = context_->options.busy_poll.get();
  const auto news = [this] { return io_.poll() > 0 || io_.stopped(); };
  while (!io_.stopped()) {
    if (!poll || !poll->await(news)) io_.run_one();
  }
}

void IoThread::drain() {
  asio::post(io_, [this] {
    draining_ = true;
    const auto sessions = sessions_;
    for (const auto& session : sessions) session->close_when_idle();
  });
}

void IoThread::finish() {
  asio::post(io_, [this] {
    std::vector<Mail> dropped;  // destroyed without the lock: sessions may go with it
    {
      const std::lock_guard lock(mail_mutex_);
      mail_closed_ = true;
      dropped.swap(mail_);
    }
    const auto sessions = sessions_;
    for (const auto& session : sessions) session->close();
    held_.clear();
    sweep_timer_.cancel();
    release_timer_.cancel();
    work_.reset();
  });
}

void IoThread::post_answer(std::shared_ptr<Session> to, std::optional<HttpResponse> answer) {
  put(Mail{std::move(to), false, std::move(answer)});
}

void IoThread::post_wake(std::shared_ptr<Session> to) {
  put(Mail{std::move(to), true, std::nullopt});
}

// Woken without the lock, or the thread would wake just to wait for that. The mail may be gone by
// then, and with it whoever kept this alive.
void IoThread::put(Mail mail) {
  const auto self = shared_from_this();
  {
    const std::lock_guard lock(mail_mutex_);
    if (mail_closed_) return;
    mail_.push_back(std::move(mail));
    if (mail_.size() > 1) return;
  }
  asio::post(io_, [this] { deliver_mail(); });
}

void IoThread::deliver_mail() {
  std::vector<Mail> mail;
  {
    const std::lock_guard lock(mail_mutex_);
    mail.swap(mail_);
  }
  for (auto& [to, wake, answer] : mail) {
    if (wake) {
      to->take_wake();
    } else {
      to->take_answer(std::move(answer));
    }
  }
}

void IoThread::add(std::shared_ptr<Session> session) {
  session->index_in_thread = sessions_.size();
  sessions_.push_back(std::move(session));
  if (!sweeping_) sweep_later();
}

void IoThread::remove(Session& session) {
  const size_t index = session.index_in_thread;
  std::swap(sessions_[index], sessions_.back());
  sessions_[index]->index_in_thread = index;
  sessions_.pop_back();
  context_->close_connection(session.address());
}

void IoThread::hold(std::shared_ptr<Session> session) {
  held_.push_back(std::move(session));
  if (held_.size() > 1) return;
  last_release_ = std::chrono::steady_clock::now();
  release_later();
}

void IoThread::release_later() {
  release_timer_.expires_after(release_interval);
  release_timer_.async_wait([this](boost::system::error_code error) {
    if (!error) release();
  });
}

// A thread that comes late to this is busy: it does not catch up on all turns. Nobody waits for
// much longer than `longest_hold`.
void IoThread::release() {
  const auto now = std::chrono::steady_clock::now();
  const double passed_s =
      std::min<std::chrono::duration<double>>(now - last_release_, 4 * release_interval).count();
  last_release_ = now;
  const double turns = std::max(passed_s * context_->options.refusals_per_s,
                                passed_s * double(held_.size()) / longest_hold.count());
  for (auto left = static_cast<int64_t>(turns) + 1; left > 0 && !held_.empty(); --left) {
    const auto session = std::move(held_.front());
    held_.pop_front();
    session->release();
  }
  if (!held_.empty()) release_later();
}

// Asio asks for news when it comes to the end of its queue, so what is posted runs with the first
// of the next news.
int64_t IoThread::arrival_ms() {
  read_in_turn_ = true;
  if (!turning_) {
    turning_ = true;
    last_turn_ms_ = turn_ms_ = context_->clock.now_ms();
    asio::post(io_, [this] { turn(); });
  }
  return last_turn_ms_;
}

void IoThread::turn() {
  turning_ = std::exchange(read_in_turn_, false);
  if (!turning_) return;
  last_turn_ms_ = std::exchange(turn_ms_, context_->clock.now_ms());
  asio::post(io_, [this] { turn(); });
}

void IoThread::sweep_later() {
  sweeping_ = true;
  sweep_timer_.expires_after(sweep_interval_);
  sweep_timer_.async_wait([this](boost::system::error_code error) {
    sweeping_ = false;
    if (!error) sweep();
  });
}

void IoThread::sweep() {
  const auto now = std::chrono::steady_clock::now();
  const auto sessions = sessions_;
  for (const auto& session : sessions) session->check_deadlines(now);
  if (!sessions_.empty()) sweep_later();
}

const std::string& IoThread::date() {
  const int64_t second = context_->clock.now_ms() / 1000;
  if (second != date_second_) {
    date_second_ = second;
    date_ = http_date(second);
  }
  return date_;
}

}  // namespace perdure
