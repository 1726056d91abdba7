"""docs/conformance.md from the verdicts of a run: what agrees with the recordings, by category and
by feature, and what does not, with its reason. Nothing in it is typed by hand."""
import collections
import os

HEAD = """# Conformance

Written by `./pd conformance DIR --document docs/conformance.md`. A case is what AWS Step Functions
did, recorded; it passes if the server does the same, event by event, by the judgement of the
comparer beside the cases. After each commit a STANDARD execution is replayed from the database, an
EXPRESS one from its entries, and must be what it is in memory. Unsupported: the server says that it
has no such operation or service.
"""
WORDS = ("PASS", "FAIL", "UNSUPPORTED")
SERVICE = "service:"  # a feature's prefix: the case calls this service too


def known_failures():
    """Case id -> reason; one `id  # reason` a line of known_failures.txt."""
    known = {}
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "known_failures.txt")
    with open(path, encoding="utf-8") as f:
        for line in f:
            name, _, reason = line.partition("  #")
            if name.strip() and not line.startswith("#"):
                known[name.strip()] = reason.strip()
    return known


def features(case):
    return case.get("features", []) + [SERVICE + name for name in case.get("other_services", [])]


def table(title, counts):
    """`counts`: name -> Counter of verdicts."""
    lines = ["", "| %s | cases | passed | failed | unsupported |" % title,
             "|---|---:|---:|---:|---:|"]
    for name in sorted(counts):
        numbers = [sum(counts[name].values())] + [counts[name][word] for word in WORDS]
        lines.append("| %s | %s |" % (name, " | ".join(map(str, numbers))))
    return lines


def in_cell(text):
    return " ".join(text.split()).replace("|", "\\|")[:200]


def document(verdicts):
    """`verdicts` have case, word and reason."""
    categories, by_feature = {}, {}
    for verdict in verdicts:
        places = [categories.setdefault(verdict.case["category"], collections.Counter())]
        places += [by_feature.setdefault(name, collections.Counter())
                   for name in features(verdict.case)]
        for place in places:
            place[verdict.word] += 1
    total = collections.Counter(verdict.word for verdict in verdicts)
    lines = [HEAD, "%d cases: %d passed, %d failed, %d unsupported."
             % ((len(verdicts),) + tuple(total[word] for word in WORDS))]
    lines += table("category", categories) + table("feature", by_feature)
    others = [v for v in verdicts if v.word != "PASS"]
    if others:
        known = known_failures()
        lines += ["", "## What does not pass", "", "| case | verdict | first difference | why |",
                  "|---|---|---|---|"]
        lines += ["| `%s` | %s | %s | %s |"
                  % (v.case["id"], v.word.lower(), in_cell(v.reason),
                     in_cell(known.get(v.case["id"], ""))) for v in others]
    return "\n".join(lines) + "\n"
