// Expressions a second on one thread: FOLDER SECONDS. The folder has exprs.json ([[name, document,
// expression], ...]) and a <document>.json for each. Prints `name rate`, `text rate` for a small
// expression from text to text, and `bound seconds mebibytes` for the worst of the expressions that
// would never end; the median of three runs each.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "asl/jsonata/expression.h"
#include "base/files.h"
#include "tests/support/bounded_child.h"
#include "tests/support/hostile_expressions.h"

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

Expression compile_or_die(std::string_view text, jsonata::Mode mode = jsonata::Mode::standard) {
  auto made = Expression::compile(text, mode);
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

// Runs one of the expressions without an end in a process of its own, as a server does, which gives
// it a second.
void bound(const char* text, double& seconds, double& mebibytes) {
  const std::string long_text(250'000, 'x');
  Arena documents;
  const Value one = Value::string(long_text);
  const std::vector<Value> many(10'000, one);
  const Member members[] = {{"text", one}, {"texts", Value::array(many, documents)}};
  const Value bindings = Value::object(members, documents);
  const auto taken = measured::taken_by(1, [&](const std::atomic<bool>& stop) {
    const Expression expression = compile_or_die(text, jsonata::Mode::aws);
    SeededRandom random(1);
    jsonata::Limits limits = jsonata::aws_limits();
    limits.stop = &stop;
    Arena arena;
    Budget budget{INT64_MAX};
    (void)expression.evaluate(Value(), bindings, {0, random}, limits, budget, arena);
  });
  std::fprintf(stderr, "  %.3f s %5.1f MiB  %s\n", taken.seconds, taken.mebibytes, text);
  seconds = std::max(seconds, taken.seconds);
  mebibytes = std::max(mebibytes, taken.mebibytes);
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
  for (const char* const text : measured::hostile_expressions)
    bound(text, worst_seconds, worst_mebibytes);
  const std::string text = read_or_die(folder + "/exprs.json");
  Arena arena;
  const Value rows = *parse_json(text, arena);
  for (const Value& row : rows.items()) measure(folder, row, seconds);
  measure_text(folder, rows.items()[0], seconds);
  std::printf("bound %.4f %.1f\n", worst_seconds, worst_mebibytes);
  return 0;
}
