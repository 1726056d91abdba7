// The program of the simulation. tests/sim/sim_test and ./pd soak call it, and so does whoever
// wants to see what a seed does.
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>
#include <thread>

#include "base/log.h"
#include "tests/sim/world/driver.h"

namespace perdure::sim {
namespace {

constexpr char usage[] =
    "usage: simulation test SEEDS [SEEDS-FILE]   regression seeds, seeds, planted faults\n"
    "       simulation soak SEEDS [FIRST]        many seeds, with progress\n"
    "       simulation show SEED [FAULT]         one seed, every step\n";

constexpr uint64_t seeds_a_fault = 2'000;  // within which a planted fault must be caught
constexpr uint64_t seeds_run_twice = 150;
constexpr uint64_t most_shown = 10;

int processes() { return static_cast<int>(std::max(1U, std::thread::hardware_concurrency())); }

class Totals {
 public:
  void pass(const std::string& what) { count(true, what); }
  void fail(const std::string& what) { count(false, what); }
  int finish() const {
    fmt::print("{} passed, {} failed\n", passed_, failed_);
    return failed_ == 0 ? 0 : 1;
  }

 private:
  void count(bool good, const std::string& what) {
    good ? ++passed_ : ++failed_;
    fmt::print("{} {}\n", good ? "PASS" : "FAIL", what);
    std::fflush(stdout);
  }
  int passed_ = 0, failed_ = 0;
};

std::string told(const Job& job, const Verdict& verdict) {
  return fmt::format("seed {} broke \"{}\": {}\n     see it with: {} show {}", job.seed,
                     verdict.invariant, verdict.detail, program_invocation_name, job.seed);
}

// One seed a line; what stands behind a # says what the seed once found.
std::vector<uint64_t> read_seeds(const char* path) {
  std::vector<uint64_t> seeds;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    std::istringstream text(line.substr(0, line.find('#')));
    for (uint64_t seed; text >> seed;) seeds.push_back(seed);
  }
  return seeds;
}

struct Sweep {
  uint64_t broken = 0;
  Coverage coverage;
  std::map<uint64_t, uint64_t> hashes;
  uint64_t different = 0;  // hashes of the same seed
};

Sweep sweep(Driver& driver, const std::vector<uint64_t>& seeds) {
  Sweep result;
  size_t at = 0;
  driver.run(
      [&]() -> std::optional<Job> {
        if (at == seeds.size()) return std::nullopt;
        return Job{seeds[at++], {}};
      },
      [&](const Job& job, const Verdict& verdict) {
        result.coverage.add(verdict.coverage);
        if (verdict.broken && ++result.broken <= most_shown) {
          fmt::print("     {}\n", told(job, verdict));
        }
        const auto [known, first] = result.hashes.emplace(job.seed, verdict.hash);
        if (!first && known->second != verdict.hash) ++result.different;
      });
  return result;
}

std::vector<uint64_t> range(uint64_t first, uint64_t count) {
  std::vector<uint64_t> seeds(count);
  for (uint64_t i = 0; i < count; ++i) seeds[i] = first + i;
  return seeds;
}

void check_seeds(Driver& driver, uint64_t count, Totals& totals) {
  const Sweep swept = sweep(driver, range(1, count));
  const Coverage& met = swept.coverage;
  const std::string what = fmt::format(
      "{} seeds: {} executions, {} compared with the fault-free run, {} commits, {} crashes, {} "
      "losses of power, {} clock jumps, {} steps",
      count, met.executions, met.compared, met.commits, met.crashes, met.power_losses,
      met.clock_jumps, met.steps);
  swept.broken == 0 ? totals.pass(what) : totals.fail(fmt::format("{} of {}", swept.broken, what));
  const bool met_all = met.compared > static_cast<int64_t>(count) &&
                       met.crashes > static_cast<int64_t>(count) / 2 && met.power_losses > 0 &&
                       met.clock_jumps > 0;
  if (!met_all && count >= 500) totals.fail("the seeds meet what they are made for");
}

void check_twice(Driver& driver, Totals& totals) {
  std::vector<uint64_t> seeds = range(1, seeds_run_twice);
  const std::vector<uint64_t> again = seeds;
  seeds.insert(seeds.end(), again.rbegin(), again.rend());
  const Sweep swept = sweep(driver, seeds);
  const std::string what = fmt::format("{} seeds run twice do the same", seeds_run_twice);
  swept.different == 0 ? totals.pass(what)
                       : totals.fail(fmt::format("{}: {} do not", what, swept.different));
}

void check_fault(Driver& driver, const PlantedBug& planted, Totals& totals) {
  uint64_t next = 1;
  std::optional<std::pair<Job, Verdict>> caught;
  driver.run(
      [&]() -> std::optional<Job> {
        if (caught || next > seeds_a_fault) return std::nullopt;
        return Job{next++, planted.bug};
      },
      [&](const Job& job, const Verdict& verdict) {
        if (verdict.broken && (!caught || job.seed < caught->first.seed)) caught = {job, verdict};
      });
  if (caught) {
    totals.pass(fmt::format("fault {} is caught by seed {}: {}", planted.name, caught->first.seed,
                            caught->second.invariant));
  } else {
    totals.fail(fmt::format("fault {} is not caught by {} seeds", planted.name, seeds_a_fault));
  }
}

int test(uint64_t count, const char* seeds_file) {
  Totals totals;
  Driver driver(processes());
  if (seeds_file != nullptr) {
    const std::vector<uint64_t> seeds = read_seeds(seeds_file);
    const Sweep swept = sweep(driver, seeds);
    const std::string what = fmt::format("{} regression seeds", seeds.size());
    swept.broken == 0 && !seeds.empty() ? totals.pass(what) : totals.fail(what);
  }
  check_twice(driver, totals);
  check_seeds(driver, count, totals);
  for (const PlantedBug& planted : planted_bugs()) check_fault(driver, planted, totals);
  return totals.finish();
}

// Says after each portion where another run goes on if this one is stopped.
int soak(uint64_t count, uint64_t first) {
  constexpr uint64_t portion = 5'000;
  using Steady = std::chrono::steady_clock;
  const Steady::time_point began = Steady::now();
  uint64_t broken = 0;
  Driver driver(processes());
  for (uint64_t done = 0; done < count;) {
    const uint64_t now = std::min(portion, count - done);
    broken += sweep(driver, range(first + done, now)).broken;
    done += now;
    const double took_s = std::chrono::duration<double>(Steady::now() - began).count();
    fmt::print(stderr, "{} of {} seeds, {:.0f} a second, {} broken", done, count, done / took_s,
               broken);
    if (done < count) fmt::print(stderr, "; to go on: soak {} {}", count - done, first + done);
    fmt::print(stderr, "\n");
  }
  fmt::print("{} passed, {} failed\n", count - broken, broken);
  return broken == 0 ? 0 : 1;
}

int show(uint64_t seed, const char* fault) {
  Options options{seed, {}, true};
  for (const PlantedBug& planted : planted_bugs()) {
    if (fault != nullptr && planted.name == fault) options.bug = planted.bug;
  }
  Library library;
  const Verdict verdict = run_world(options, library);
  if (verdict.broken) {
    fmt::print("seed {} broke \"{}\": {}\n", seed, verdict.invariant, verdict.detail);
  } else {
    fmt::print("seed {} holds, hash {:016x}\n", seed, verdict.hash);
  }
  return verdict.broken ? 1 : 0;
}

}  // namespace
}  // namespace perdure::sim

int main(int argc, char** argv) {
  using namespace perdure;
  start_log(LogFormat::text, LogLevel::error);
  const std::string verb = argc > 2 ? argv[1] : "";
  const uint64_t number = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 0;
  const char* more = argc > 3 ? argv[3] : nullptr;
  if (verb == "test") return sim::test(number, more);
  if (verb == "soak") return sim::soak(number, more ? std::strtoull(more, nullptr, 10) : 1);
  if (verb == "show") return sim::show(number, more);
  fmt::print(stderr, "{}", sim::usage);
  return 2;
}
