"""The table of docs/performance.md, made from figures and the rows of rows.json."""

BEGIN, END = "<!-- figures: written by ./pd bench all -->", "<!-- end of figures -->"
HEAD = ["| what | figure | bar | beside it | command |", "|---|---|---|---|---|"]
UNITS = {"1/s": "/s", "us": " µs", "%": " %", "x": " ×"}


def number(value):
    if value >= 1000:
        return format(round(value), ",d")
    return "%.3g" % value


def text(figure):
    return number(figure["value"]) + UNITS.get(figure["unit"], " " + figure["unit"])


def bar(row, figure, peer):
    """(the bar in words, whether it is met); met is None where there is nothing to judge."""
    words, met = [], []
    if "at_least" in row:
        words.append("≥ " + number(row["at_least"]))
        met.append(figure["value"] >= row["at_least"] if figure else None)
    if "at_most" in row:
        words.append("≤ " + number(row["at_most"]))
        met.append(figure["value"] <= row["at_most"] if figure else None)
    if "times_peer" in row:
        words.append("≥ %s × %s" % (number(row["times_peer"]), row["peer"]))
        met.append(figure["value"] >= row["times_peer"] * peer["value"]
                   if figure and peer else None)
    if "peer_takes" in row:  # so many times as long
        words.append("≤ 1/%s × %s" % (number(row["peer_takes"]), row["peer"]))
        met.append(figure["value"] * row["peer_takes"] <= peer["value"]
                   if figure and peer else None)
    if False in met:
        return ", ".join(words) + " **missed**", False
    return ", ".join(words), None if None in met or not met else True


def beside(row, figure, peer):
    if "peer" not in row:
        return ""
    if peer is None:
        return row["peer"] + ": not measured"
    said = "%s: %s" % (row["peer"], text(peer))
    if figure is None or not figure["value"] or not peer["value"]:
        return said
    factor = figure["value"] / peer["value"]
    said += " (%s ×" % number(max(factor, 1 / factor))
    return said + (")" if peer["date"] == figure["date"] else ", of %s)" % peer["date"])


def table(rows, figures):
    """The lines, and how many bars were missed."""
    lines, missed = list(HEAD), 0
    for row in rows:
        figure = figures["ours"].get("%s %s" % (row["workload"], row["metric"]))
        peer = None
        if "peer" in row:
            peer = figures["peers"].get("%s %s" % (row["peer_workload"], row["peer_metric"]))
        words, met = bar(row, figure, peer)
        missed += met is False
        lines.append("| %s | %s | %s | %s | `./pd bench %s` |" % (
            row["what"], text(figure) if figure else "not measured", words,
            beside(row, figure, peer), row["command"]))
    return lines, missed


def write_between_markers(path, lines):
    with open(path, encoding="utf-8") as f:
        page = f.read()
    before, rest = page.split(BEGIN)
    after = rest.split(END)[1]
    with open(path, "w", encoding="utf-8") as f:
        f.write(before + BEGIN + "\n" + "\n".join(lines) + "\n" + END + after)
