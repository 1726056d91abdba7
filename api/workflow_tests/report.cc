#include "api/workflow_tests/report.h"

#include <fmt/format.h>

#include "api/cli/terminal.h"
#include "base/json.h"
#include "base/xml.h"

namespace perdure::api::workflow_tests {
namespace {

using cli::Colour;
using cli::paint;
using cli::printable;

// A value on one line of a terminal.
std::string shortened(std::string text) {
  constexpr size_t room = 400;
  if (text.size() <= room) return printable(text);
  size_t end = room;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return printable(text.substr(0, end)) + "...";
}

std::string indented(const std::string& text, const std::string& by) {
  std::string out = by;
  for (const char c : text) {
    out += c;
    if (c == '\n') out += by;
  }
  return out;
}

std::string failure_text(const Failure& failure, const std::string& place, bool colour) {
  std::string out = "      ";
  const bool compared = !failure.expected.empty() || !failure.actual.empty();
  out += compared ? paint(failure.what, Colour::bold, colour) : shortened(failure.what);
  if (!failure.pointer.empty()) out += " " + printable(failure.pointer);
  out += "  " + paint(place, Colour::grey, colour) + "\n";
  if (!compared) return out;
  out += "        expected  " + paint(shortened(failure.expected), Colour::green, colour) + "\n";
  return out + "        got       " + paint(shortened(failure.actual), Colour::red, colour) + "\n";
}

struct Sum {
  size_t passed = 0, failed = 0;
  double real_ms = 0;
};

Sum sum_of(const std::vector<SuiteReport>& reports) {
  Sum sum;
  for (const SuiteReport& report : reports) {
    sum.passed += report.passed();
    sum.failed += report.failed();
    sum.real_ms += report.real_ms;
  }
  return sum;
}

std::string share_text(const Share& share) {
  return fmt::format("{} of {} ({:.0f} %)", share.covered, share.all, share.percent());
}

Json share_json(const Share& share) {
  return {{"covered", share.covered}, {"all", share.all}, {"percent", share.percent()}};
}

Json failure_json(const Failure& failure, const std::string& place) {
  Json json = {{"what", failure.what}, {"place", place}};
  if (failure.expected.empty() && failure.actual.empty()) return json;
  json["pointer"] = failure.pointer;
  json["expected"] = failure.expected;
  json["actual"] = failure.actual;
  return json;
}

std::string xml(std::string_view text) { return xml_escaped(text, XmlControls::left_out); }

std::string seconds(double ms) { return fmt::format("{:.3f}", ms / 1000); }

std::string junit_case(const SuiteReport& report, const CaseReport& one) {
  std::string out = fmt::format("    <testcase classname=\"{}\" name=\"{}\" time=\"{}\"",
                                xml(report.title), xml(one.name), seconds(one.real_ms));
  if (one.passed()) return out + "/>\n";
  std::string text;
  for (size_t i = 0; i < one.failures.size(); ++i) {
    text += failure_text(one.failures[i], one.places[i], false);
  }
  return out + fmt::format(">\n      <failure message=\"{}\">{}</failure>\n    </testcase>\n",
                           xml(one.failures.front().what), xml(text));
}

}  // namespace

std::string suite_text(const SuiteReport& report, bool details, bool colour) {
  if (!report.error.empty()) {
    return paint(report.title, Colour::bold, colour) + "\n" +
           indented(paint(report.error, Colour::red, colour), "  ") + "\n";
  }
  if (report.cases.empty()) return "";
  std::string out = paint(report.title, Colour::bold, colour) + "\n";
  for (const CaseReport& one : report.cases) {
    out += one.passed() ? paint("  ✓ ", Colour::green, colour) : paint("  ✗ ", Colour::red, colour);
    out += printable(one.name);
    if (one.virtual_ms > 0) {
      out += "  " + paint(cli::duration_text(one.virtual_ms), Colour::grey, colour);
    }
    out += "\n";
    for (size_t i = 0; i < one.failures.size(); ++i) {
      out += failure_text(one.failures[i], one.places[i], colour);
    }
    if (!details || one.status.empty()) continue;
    out += "      path    " + shortened(one.path) + "\n";
    if (!one.output.empty()) out += "      output  " + shortened(one.output) + "\n";
  }
  return out;
}

std::string summary_text(const std::vector<SuiteReport>& reports, bool colour) {
  const Sum sum = sum_of(reports);
  const std::string text = fmt::format("{} passed, {} failed", sum.passed, sum.failed);
  return "\n" + paint(text, sum.failed > 0 ? Colour::red : Colour::green, colour) +
         fmt::format(" in {:.0f} ms\n", sum.real_ms);
}

std::string coverage_text(const Coverage& coverage, bool colour) {
  std::vector<std::vector<std::string>> rows = {{"COVERAGE", "STATES", "TRANSITIONS"}};
  std::string missed;
  for (const DefinitionCoverage& one : coverage.by_definition()) {
    rows.push_back({one.path, share_text(one.states), share_text(one.transitions)});
    if (one.missed.empty()) continue;
    missed += "not covered in " + printable(one.path) + ":\n";
    for (const std::string& what : one.missed) missed += "  " + printable(what) + "\n";
  }
  const auto [states, transitions] = coverage.total();
  rows.push_back({"in all", share_text(states), share_text(transitions)});
  return "\n" + cli::table(rows, colour) + missed;
}

std::string suite_json_lines(const SuiteReport& report) {
  if (!report.error.empty()) {
    return dump_json(Json{{"file", report.title}, {"status", "error"}, {"error", report.error}}) +
           "\n";
  }
  std::string out;
  for (const CaseReport& one : report.cases) {
    Json failures = Json::array();
    const auto path = parse_json(one.path);
    for (size_t i = 0; i < one.failures.size(); ++i) {
      failures.push_back(failure_json(one.failures[i], one.places[i]));
    }
    out += dump_json(Json{{"file", report.title},
                          {"case", one.name},
                          {"status", one.passed() ? "passed" : "failed"},
                          {"executionStatus", one.status},
                          {"virtualMs", one.virtual_ms},
                          {"path", path ? *path : Json::array()},
                          {"failures", std::move(failures)}}) +
           "\n";
  }
  return out;
}

std::string summary_json(const std::vector<SuiteReport>& reports, const Coverage* coverage) {
  const Sum sum = sum_of(reports);
  Json json = {{"passed", sum.passed}, {"failed", sum.failed}};
  if (coverage != nullptr) {
    Json definitions = Json::array();
    for (const DefinitionCoverage& one : coverage->by_definition()) {
      definitions.push_back({{"definition", one.path},
                             {"states", share_json(one.states)},
                             {"transitions", share_json(one.transitions)},
                             {"missed", one.missed}});
    }
    const auto [states, transitions] = coverage->total();
    json["coverage"] = {{"definitions", std::move(definitions)},
                        {"states", share_json(states)},
                        {"transitions", share_json(transitions)}};
  }
  return dump_json(json) + "\n";
}

std::string junit_xml(const std::vector<SuiteReport>& reports) {
  const Sum sum = sum_of(reports);
  std::string out = fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      "<testsuites name=\"perdure\" tests=\"{}\" failures=\"{}\" time=\"{}\">\n",
      sum.passed + sum.failed, sum.failed, seconds(sum.real_ms));
  for (const SuiteReport& report : reports) {
    out += fmt::format(
        "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" time=\"{}\">\n",
        xml(report.title), report.passed() + report.failed(), report.cases.size() - report.passed(),
        report.error.empty() ? 0 : 1, seconds(report.real_ms));
    if (!report.error.empty()) {
      out += fmt::format(
          "    <testcase classname=\"{}\" name=\"the file\"><error message=\"{}\"/></testcase>\n",
          xml(report.title), xml(report.error));
    }
    for (const CaseReport& one : report.cases) out += junit_case(report, one);
    out += "  </testsuite>\n";
  }
  return out + "</testsuites>\n";
}

}  // namespace perdure::api::workflow_tests
