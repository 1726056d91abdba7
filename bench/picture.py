"""Bars on a logarithmic scale for those rows of rows.json that have a `picture`: ours above the
peer's. Colours follow the reader's light or dark scheme.
"""
import math
from xml.sax.saxutils import escape

from report import text

WIDTH, LABEL, ROOM = 760, 300, 110  # of the whole, left of the bars, right of them
GROUP, BAR, TOP = 58, 16, 14
STYLE = """
  text { font: 13px system-ui, sans-serif; fill: #1f2328; }
  .small { font-size: 12px; fill: #59636e; }
  .ours { fill: #0969da; }
  .peer { fill: #afb8c1; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3; }
    .small { fill: #9198a1; }
    .ours { fill: #4493f8; }
    .peer { fill: #545d68; }
  }
"""


def pairs(rows, figures):
    for row in rows:
        if "picture" not in row:
            continue
        ours = figures["ours"].get("%s %s" % (row["workload"], row["metric"]))
        peer = figures["peers"].get("%s %s" % (row["peer_workload"], row["peer_metric"]))
        if ours and peer:
            yield row, ours, peer


def bar_width(value, other):
    """Each pair has its own scale: the smaller of the two fills a tenth of the room, a factor of a
    thousand all of it."""
    room = WIDTH - LABEL - ROOM
    decades = math.log10(value / min(value, other))
    return room * min(1.0, 0.1 + 0.9 * decades / 3)


def one_bar(parts, y, kind, name, figure, other):
    width = bar_width(figure["value"], other["value"])
    parts.append('<rect class="%s" x="%d" y="%d" width="%.1f" height="%d" rx="3"/>'
                 % (kind, LABEL, y, width, BAR))
    parts.append('<text class="small" x="%.1f" y="%d">%s: %s</text>'
                 % (LABEL + width + 6, y + BAR - 4, escape(name), escape(text(figure))))


def picture(rows, figures):
    shown = list(pairs(rows, figures))
    height = TOP + GROUP * len(shown) + 18
    parts = ['<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" role="img" '
             'aria-label="Perdure beside its peers">' % (WIDTH, height),
             "<style>%s</style>" % STYLE]
    y = TOP
    for row, ours, peer in shown:
        better = "less is better" if ours["unit"] in ("us", "ms") else "more is better"
        parts.append('<text x="0" y="%d">%s</text>' % (y + 15, escape(row["picture"])))
        parts.append('<text class="small" x="0" y="%d">%s</text>' % (y + 33, better))
        one_bar(parts, y, "ours", "Perdure", ours, peer)
        one_bar(parts, y + BAR + 4, "peer", row["peer"], peer, ours)
        y += GROUP
    parts.append('<text class="small" x="0" y="%d">Logarithmic scale; measured on one machine, '
                 'see docs/performance.md.</text>' % (height - 4))
    return "\n".join(parts + ["</svg>", ""])
