#!/usr/bin/python3
"""Plays recorded cases of AWS Step Functions through the real server and prints one line a case:
PASS, FAIL or UNSUPPORTED. The judge is the compare.py beside the cases' folder (or --compare FILE).

UNSUPPORTED is said only where the server answers that it has no such operation, or where a service
that the case needs is absent. Exit status: 0 without a FAIL, 1 with one, 2 for wrong usage.
"""
import argparse
import collections
import concurrent.futures
import fnmatch
import glob
import http.client
import importlib.util
import json
import os
import subprocess
import sys
import threading
import time
import traceback

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from document import document  # noqa: E402
from player import Player, PlayFailed, Unsupported, short_name  # noqa: E402
from server import Server, ServerFailed, ended  # noqa: E402

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
# These show everything that an account has, so their cases get a server of their own.
LISTS_ALL = {"ListStateMachines", "ListActivities"}


class Verdict:
    def __init__(self, case, word, reason="", differences=(), actual=None, seconds=0.0):
        self.case, self.word, self.reason = case, word, reason
        self.differences, self.actual, self.seconds = list(differences), actual, seconds
        self.unanswered = False

    def line(self):
        reason = " ".join(self.reason.split())
        return ("%s %s %s" % (self.word, self.case["id"], reason[:200])).rstrip()

    def as_json(self):
        report = {"id": self.case["id"], "category": self.case["category"],
                  "verdict": self.word, "reason": self.reason,
                  "seconds": round(self.seconds, 3), "differences": self.differences}
        if self.word == "FAIL":
            report["actual"] = self.actual
        return report


def read_arguments(argv):
    parser = argparse.ArgumentParser(prog="./pd conformance", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", metavar="DIR", help="folder of case files (*.json)")
    parser.add_argument("--category", default="", help="only these, e.g. pure,lambda,validation")
    parser.add_argument("--only", metavar="GLOB", help="only ids that match or contain this")
    parser.add_argument("--without", default="", metavar="FEATURES",
                        help="leave out cases with one of these features or services")
    parser.add_argument("--compare", metavar="FILE", help="another judge than DIR/../compare.py")
    parser.add_argument("--jobs", type=int, default=8, help="cases at a time (default 8)")
    parser.add_argument("--report", metavar="FILE", help="write verdicts and differences as JSON")
    parser.add_argument("--document", metavar="FILE", help="write docs/conformance.md")
    parser.add_argument("--verbose", action="store_true", help="print the differences too")
    parser.add_argument("--program", help="the server to test (default: build/release/perdure)",
                        default=os.environ.get("PERDURE_PROGRAM")
                        or os.path.join(ROOT, "build/release/perdure"))
    return parser.parse_args(argv)


def load_cases(options):
    categories = set(filter(None, options.category.split(",")))
    without = set(filter(None, options.without.split(",")))
    cases = []
    for path in sorted(glob.glob(os.path.join(options.folder, "*.json"))):
        with open(path, encoding="utf-8") as f:
            case = json.load(f)
        has = set(case.get("features", [])) | set(case.get("other_services", []))
        if categories and case["category"] not in categories or has & without:
            continue
        if options.only and not (fnmatch.fnmatchcase(case["id"], options.only)
                                 or options.only in case["id"]):
            continue
        cases.append(case)
    return sorted(cases, key=lambda c: c["id"])


def load_judge(options):
    path = options.compare or os.path.join(options.folder, "..", "compare.py")
    spec = importlib.util.spec_from_file_location("compare", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def resources(case):
    """What a case creates under names that it chose itself, other than its own state machine."""
    made = ["function " + name for name in case.get("functions", {})]
    made += ["machine " + machine["name"] for machine in case.get("other_state_machines", [])]
    for step in case.get("setup", []) + case.get("activities", []) + case.get("steps", []):
        for field in ("name", "QueueName", "Bucket", "logGroupName", "Name", "TableName"):
            value = step["params"].get(field)
            if isinstance(value, str) and step["op"].startswith("Create"):
                made.append(step["op"] + " " + value)
    return set(made)


def needs_own_server(cases):
    """Cases whose names collide with another case's, and those that list all of an account."""
    users = collections.Counter(name for case in cases for name in resources(case))
    return {case["id"] for case in cases
            if any(users[name] > 1 for name in resources(case))
            or any(step["op"] in LISTS_ALL for step in case.get("steps", []))}


class Runner:
    def __init__(self, options, judge):
        self.options, self.judge = options, judge
        self.judging = threading.Lock()
        self.names = collections.Counter()
        self.shared = None

    def run(self, cases):
        """Yields a verdict per case, in the order of the cases."""
        self.names = collections.Counter(c.get("state_machine_name") for c in cases)
        alone = needs_own_server(cases)
        self.shared = Server(self.options.program)
        try:
            with concurrent.futures.ThreadPoolExecutor(max(1, self.options.jobs)) as pool:
                futures = [pool.submit(self.play_alone if case["id"] in alone else self.play_shared,
                                       case) for case in cases]
                for future in futures:
                    yield future.result()
        finally:
            self.shared.stop()
        if self.shared.aborted:
            yield Verdict({"id": "server", "category": "pure"}, "FAIL", "an assertion of it failed")

    def play_shared(self, case):
        process = self.shared.revive()
        verdict = self.play(case, self.shared)
        if ended(process, verdict.unanswered) is None:
            return verdict
        # The server ended while this case and others ran: each is judged on a server of its own.
        return self.play_alone(case)

    def play_alone(self, case):
        try:
            server = Server(self.options.program)
        except ServerFailed as error:
            return Verdict(case, "FAIL", str(error))
        try:
            verdict = self.play(case, server)
            status = ended(server.process, verdict.unanswered)
            if status is not None:
                return Verdict(case, "FAIL", "the server ended with status %s" % status,
                               [server.log_tail()], verdict.actual, verdict.seconds)
            return verdict
        finally:
            server.stop()

    def play(self, case, server):
        began = time.monotonic()
        verdict = self.judged(case, server)
        verdict.seconds = time.monotonic() - began
        return verdict

    def judged(self, case, server):
        missing = missing_on_this_machine(case)
        if missing:
            return Verdict(case, "UNSUPPORTED", missing)
        name = case.get("state_machine_name")
        if not name or self.names[name] > 1:
            name = short_name(case)
        player = Player(case, server.port, name)
        try:
            played = player.play()
        except Unsupported as reason:
            return Verdict(case, "UNSUPPORTED", str(reason))
        except PlayFailed as reason:
            return Verdict(case, "FAIL", str(reason))
        except (OSError, http.client.HTTPException) as error:
            verdict = Verdict(case, "FAIL", "no answer: %s" % (error or type(error).__name__))
            verdict.unanswered = True
            return verdict
        except Exception:  # an answer without the fields that the protocol promises
            return Verdict(case, "FAIL", "unreadable answer", [traceback.format_exc()])
        differences = []
        with self.judging:  # the judge is a script of one thread
            for judged_case, actual in played:
                differences += self.judge.compare_case(judged_case, actual)
        actual = [actual for _, actual in played]
        if differences:
            return Verdict(case, "FAIL", differences[0], differences, actual)
        if player.logs_missing:
            return Verdict(case, "UNSUPPORTED", "no logs: the case agrees as far as it needs none")
        return Verdict(case, "PASS")


def missing_on_this_machine(case):
    needs = {need for f in case.get("functions", {}).values() for need in f.get("needs", [])}
    for need in sorted(needs):
        found = subprocess.run(["/usr/bin/python3", "-c", "import " + need], capture_output=True)
        if found.returncode != 0:
            return "%s is not installed" % need
    return ""


def main(argv):
    options = read_arguments(argv)
    if not os.path.isdir(options.folder):
        print("no folder %s" % options.folder, file=sys.stderr)
        return 2
    cases = load_cases(options)
    if not cases:
        print("no case is left", file=sys.stderr)
        return 2
    count, verdicts = collections.Counter(), []
    try:
        for verdict in Runner(options, load_judge(options)).run(cases):
            print(verdict.line(), flush=True)
            if options.verbose:
                for difference in verdict.differences:
                    print("    " + difference)
            count[verdict.word] += 1
            verdicts.append(verdict)
    except ServerFailed as error:
        print(error, file=sys.stderr)
        return 1
    if options.report:
        with open(options.report, "w", encoding="utf-8") as f:
            json.dump([verdict.as_json() for verdict in verdicts], f, indent=1,
                      ensure_ascii=False)
    if options.document:
        with open(options.document, "w", encoding="utf-8") as f:
            f.write(document(verdicts))
    print("%d passed, %d failed, %d unsupported"
          % (count["PASS"], count["FAIL"], count["UNSUPPORTED"]))
    return 1 if count["FAIL"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
