// Expressions a second on one thread: FOLDER SECONDS. The folder has exprs.json ([[name, document,
// expression], ...]) and a <document>.json for each. Prints `name rate`, `text rate` for a small
// expression from text to text, and `bound seconds mebibytes` for the worst of the expressions that
// would never end; the median of three runs each.
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "asl/jsonata/expression.h"
#include "base/files.h"

namespace {

using namespace perdure;
using namespace perdure::asl;
using jsonata::Expression;
using Seconds = std::chrono::duration<double>;
using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point began) { return Seconds(Clock::now() - began).count(); }

template <class Work>
double rate_of(double seconds, Work&& work) {
  std::vector<double> rates;
  for (int run = 0; run < 3; ++run) {
    const auto began = Clock::now();
    size_t count = 0;
    size_t batch = 1;
    double passed = 0;
    while (passed < seconds) {
      for (size_t i = 0; i < batch; ++i) work();
      count += batch;
      passed = seconds_since(began);
      if (passed < seconds / 50) batch *= 2;
    }
    rates.push_back(static_cast<double>(count) / passed);
  }
  std::sort(rates.begin(), rates.end());
  return rates[1];
}

std::string read_or_die(const std::string& path) {
  auto text = read_file(path);
  if (text) return std::move(*text);
  std::fprintf(stderr, "%s\n", text.error().cause.c_str());
  std::exit(1);
}

Expression compile_or_die(std::string_view text) {
  auto made = Expression::compile(text, jsonata::Mode::standard);
  if (made) return std::move(*made);
  std::fprintf(stderr, "%.*s: %s\n", static_cast<int>(text.size()), text.data(),
               jsonata::message_of(made.error()).c_str());
  std::exit(1);
}

struct Evaluation {
  SeededRandom random{1};
  jsonata::Limits limits;

  jsonata::Outcome<Value> operator()(const Expression& expression, const Value& input,
                                     Arena& arena) {
    Budget budget;
    return expression.evaluate(input, Value(), {0, random}, limits, budget, arena);
  }
};

void measure(const std::string& folder, const Value& row, double seconds) {
  const auto name = std::string(row.items()[0].as_string());
  const std::string text =
      read_or_die(folder + "/" + std::string(row.items()[1].as_string()) + ".json");
  Arena documents, arena;
  const Value input = *parse_json(text, documents);
  const Expression expression = compile_or_die(row.items()[2].as_string());
  Evaluation evaluate;
  const auto first = evaluate(expression, input, arena);
  if (!first) {
    std::fprintf(stderr, "%s: %s\n", name.c_str(), jsonata::message_of(first.error()).c_str());
    std::exit(1);
  }
  std::fprintf(stderr, "  %s = %.60s\n", name.c_str(), to_json(*first).c_str());
  const double rate = rate_of(seconds, [&] {
    arena.reset();
    if (!evaluate(expression, input, arena)) std::abort();
  });
  std::printf("%s %.6g\n", name.c_str(), rate);
}

// The first expression, from its document's text to its result's.
void measure_text(const std::string& folder, const Value& row, double seconds) {
  const std::string text =
      read_or_die(folder + "/" + std::string(row.items()[1].as_string()) + ".json");
  const Expression expression = compile_or_die(row.items()[2].as_string());
  Arena arena;
  Evaluation evaluate;
  std::string out;
  const double rate = rate_of(seconds, [&] {
    arena.reset();
    out.clear();
    const auto result = evaluate(expression, *parse_json(text, arena), arena);
    if (!result) std::abort();
    write(*result, out);
  });
  std::printf("text %.6g\n", rate);
}

// Expressions that take for ever, or all memory, unless something ends them.
constexpr const char* endless[] = {
    "($f := function($x){ $f($x + 1) }; $f(1))",
    "($f := function($x){ 1 + $f($x + 1) }; $f(1))",
    "($f := function($s, $n){ $n = 0 ? $s : $f($s & $s, $n - 1) }; $length($f('x', 60)))",
    "($f := function($a){ $f([$a, $a]) }; $f([1]))",
    "$map([1..9999999], function($x){ [1..1000000] })",
    "[1..1000000].$string()",
    "$pad('x', 1e9)",
    "$match('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!', /(a+)+$/)",
    "[1..10000].[1..10000]",
    "$sort([1..1000000], function($a, $b){ $a < $b })",
    "$reduce([1..1000000], function($a, $b){ $append($a, $b) })",
    "($g := function($x){ function($y){ $g($x + $y) } }; $f := function($h){ $f($h(1)) }; "
    "$f($g(1)))",
    "$replace($pad('a', 100000), /a/, $pad('b', 100000))",
    "{'a': [1..1000000]} ~> |$|{'b': a, 'c': a}|",
    "$distinct([1..3000].{'a': $})",
};

// Runs one of them in a process of its own; how long it took and how much memory.
void bound(const char* text, double& seconds, double& mebibytes) {
  int results[2];
  if (pipe(results) != 0) std::exit(1);
  const pid_t child = fork();
  if (child == 0) {
    double figures[2];
    std::atomic<bool> stop = false;
    std::thread([&stop] {
      std::this_thread::sleep_for(std::chrono::seconds(1));
      stop = true;
    }).detach();
    rusage before{}, after{};
    getrusage(RUSAGE_SELF, &before);
    const auto began = Clock::now();
    {
      const Expression expression = compile_or_die(text);
      Evaluation evaluate;
      evaluate.limits.stop = &stop;
      Arena arena;
      Budget budget{INT64_MAX};
      (void)expression.evaluate(Value(), Value(), {0, evaluate.random}, evaluate.limits, budget,
                                arena);
    }
    figures[0] = seconds_since(began);
    getrusage(RUSAGE_SELF, &after);
    figures[1] = static_cast<double>(after.ru_maxrss - before.ru_maxrss) / 1024;
    if (write(results[1], figures, sizeof figures) != sizeof figures) _exit(1);
    _exit(0);
  }
  double figures[2] = {999, 9999};
  close(results[1]);
  if (read(results[0], figures, sizeof figures) != sizeof figures) figures[0] = 999;
  close(results[0]);
  int status = 0;
  waitpid(child, &status, 0);
  std::fprintf(stderr, "  %.3f s %5.1f MiB  %s\n", figures[0], figures[1], text);
  seconds = std::max(seconds, figures[0]);
  mebibytes = std::max(mebibytes, figures[1]);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: jsonata_bench FOLDER SECONDS\n");
    return 2;
  }
  const std::string folder = argv[1];
  const double seconds = std::atof(argv[2]);
  double worst_seconds = 0, worst_mebibytes = 0;
  for (const char* const text : endless) bound(text, worst_seconds, worst_mebibytes);
  const std::string text = read_or_die(folder + "/exprs.json");
  Arena arena;
  const Value rows = *parse_json(text, arena);
  for (const Value& row : rows.items()) measure(folder, row, seconds);
  measure_text(folder, rows.items()[0], seconds);
  std::printf("bound %.4f %.1f\n", worst_seconds, worst_mebibytes);
  return 0;
}
