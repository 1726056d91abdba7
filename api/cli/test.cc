// test: runs the tests that people have written beside their definitions.

#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <utility>

#include "api/cli/file_watch.h"
#include "api/cli/input_text.h"
#include "api/cli/options.h"
#include "api/cli/terminal.h"
#include "api/workflow_tests/matching.h"
#include "api/workflow_tests/report.h"
#include "api/workflow_tests/suite.h"
#include "base/files.h"

namespace perdure::api::cli {

namespace {

namespace wt = workflow_tests;
namespace fs = std::filesystem;

constexpr int quiet_ms = 150;  // a watched folder is looked at once it has been quiet for so long

// Paths without a needless "./".
std::string plain(const fs::path& path) { return path.lexically_normal().string(); }

// Test files below the folder, in the order of their names; hidden folders and node_modules have
// none.
void collect(const fs::path& folder, std::vector<std::string>& files,
             std::set<std::string>& folders) {
  std::error_code ignored;
  fs::recursive_directory_iterator walk(folder, fs::directory_options::skip_permission_denied,
                                        ignored);
  folders.insert(folder == "." ? "" : plain(folder / ""));
  std::vector<std::string> found;
  for (const fs::recursive_directory_iterator end; walk != end; walk.increment(ignored)) {
    const std::string name = walk->path().filename().string();
    if (walk->is_directory(ignored)) {
      if (name.starts_with('.') || name == "node_modules") {
        walk.disable_recursion_pending();
      } else {
        folders.insert(plain(walk->path() / ""));
      }
    } else if (!wt::test_file_stem(name).empty()) {
      found.push_back(plain(walk->path()));
    }
  }
  std::sort(found.begin(), found.end());
  files.insert(files.end(), found.begin(), found.end());
}

class TestRun {
 public:
  explicit TestRun(const TestOptions& options)
      : options_(options), colour_(has_colour(STDOUT_FILENO)) {}

  Result<int> run() {
    PD_CHECK(find());
    PD_TRY(code, run_files(nullptr));
    if (!options_.watch) return code;
    return watch();
  }

 private:
  Result<> find() {
    files_.clear();
    folders_.clear();
    const std::vector<std::string> here = {"."};
    for (const std::string& path : options_.paths.empty() ? here : options_.paths) {
      std::error_code ignored;
      if (fs::is_directory(path, ignored)) {
        collect(plain(path), files_, folders_);
      } else if (!fs::exists(path, ignored)) {
        return Error{ErrorKind::not_found, "", path + " does not exist"};
      } else {
        files_.push_back(plain(path));
        folders_.insert(wt::folder_of(files_.back()));
      }
    }
    if (!options_.mock_config.empty()) folders_.insert(wt::folder_of(options_.mock_config));
    return {};
  }

  bool wanted(const wt::TestCase& test) const {
    return options_.filter.empty() || wt::like(test.name, options_.filter);
  }

  // All files, or those that one of the changed ones belongs to.
  Result<int> run_files(const std::set<std::string>* changed) {
    reports_.clear();
    coverage_ = {};
    if (!options_.mock_config.empty()) {
      PD_CHECK(run_mock_config());
    } else {
      if (files_.empty()) {
        return Error{ErrorKind::not_found, "",
                     "no test files (NAME.test.yaml, .test.yml, .test.json) were found"};
      }
      for (const std::string& file : files_) run_file(file, changed);
    }
    return finish(changed == nullptr);
  }

  void run_file(const std::string& file, const std::set<std::string>* changed) {
    if (changed != nullptr && !concerns(file, *changed)) return;
    auto suite = wt::load_suite(file);
    if (!suite) {
      // What it would need is not known; a change of anything beside it may mend it.
      used_.erase(file);
      wt::SuiteReport report;
      report.title = file;
      report.error = suite.error().cause;
      return add(std::move(report));
    }
    used_[file] = suite->files;
    add(wt::run_suite(
        *suite, [this](const auto& test) { return wanted(test); }, &coverage_));
  }

  bool concerns(const std::string& file, const std::set<std::string>& changed) const {
    const auto used = used_.find(file);
    return std::any_of(changed.begin(), changed.end(), [&](const std::string& path) {
      if (used == used_.end()) return wt::folder_of(path) == wt::folder_of(file);
      return used->second.contains(path);
    });
  }

  Result<> run_mock_config() {
    PD_TRY(input, input_text(options_.input));
    std::vector<std::string> folders(folders_.begin(), folders_.end());
    PD_TRY(suites, wt::load_mock_config(options_.mock_config, input, options_.case_name, folders));
    for (const wt::Suite& suite : suites) {
      add(wt::run_suite(
          suite, [this](const auto& test) { return wanted(test); }, &coverage_));
    }
    return {};
  }

  void add(wt::SuiteReport report) {
    const bool details = options_.verbose || !options_.mock_config.empty();
    write_out(options_.common.json ? wt::suite_json_lines(report)
                                   : wt::suite_text(report, details, colour_));
    reports_.push_back(std::move(report));
  }

  Result<int> finish(bool all) {
    const bool covered = options_.coverage || options_.threshold > 0;
    if (options_.common.json) {
      write_out(wt::summary_json(reports_, covered ? &coverage_ : nullptr));
    } else {
      if (covered && all) write_out(wt::coverage_text(coverage_, colour_));
      write_out(wt::summary_text(reports_, colour_));
    }
    if (!options_.junit.empty()) {
      PD_CHECK(write_file_atomically(options_.junit, wt::junit_xml(reports_)));
    }
    size_t passed = 0, failed_ones = 0;
    for (const wt::SuiteReport& report : reports_) {
      passed += report.passed();
      failed_ones += report.failed();
    }
    if (passed + failed_ones == 0 && all) {
      return Error{ErrorKind::not_found, "", "no case is called " + options_.filter};
    }
    if (failed_ones > 0) return int(failed);
    return threshold_is_met() ? int(ok) : int(failed);
  }

  bool threshold_is_met() const {
    if (options_.threshold <= 0) return true;
    const auto [states, transitions] = coverage_.total();
    const double least = std::min(states.percent(), transitions.percent());
    if (least >= options_.threshold) return true;
    char text[128];
    std::snprintf(text, sizeof text,
                  "perdure: the coverage of states or transitions is %.1f %%, below %.1f %%\n",
                  least, options_.threshold);
    write_err(text);
    return false;
  }

  // Until a signal ends the process.
  Result<int> watch() {
    FileWatch files;
    while (true) {
      std::set<std::string> folders = folders_;
      for (const auto& [file, used] : used_) {
        for (const std::string& path : used) folders.insert(wt::folder_of(path));
      }
      PD_CHECK(files.watch(folders));
      write_err(
          paint("watching for changes; Ctrl-C ends it\n", Colour::grey, has_colour(STDERR_FILENO)));
      const std::set<std::string> changed = files.wait(quiet_ms);
      if (changed.empty()) return int(interrupted);
      PD_CHECK(find());
      const bool concerned =
          !options_.mock_config.empty() ||
          std::any_of(files_.begin(), files_.end(),
                      [&](const std::string& file) { return concerns(file, changed); });
      if (!concerned) continue;
      if (is_terminal(STDOUT_FILENO)) write_out("\x1b[2J\x1b[H");
      const auto code = run_files(&changed);
      if (!code) complain(code.error());
    }
  }

  const TestOptions& options_;
  const bool colour_;
  std::vector<std::string> files_;
  std::set<std::string> folders_;
  std::map<std::string, std::set<std::string>> used_;  // by test file: what it was read from
  std::vector<wt::SuiteReport> reports_;
  wt::Coverage coverage_;
};

}  // namespace

int run_tests(const TestOptions& options) {
  const auto code = TestRun(options).run();
  return code ? *code : complain(code.error());
}

}  // namespace perdure::api::cli
