# SPDX-License-Identifier: BSD-2-Clause
"""Draws nanoseconds per byte over the number of words, one panel for each text."""
import math

WIDTH, HEIGHT = 900, 400
LEFT, TOP, BOTTOM, GAP, RIGHT = 64, 48, 52, 40, 124
PANEL = (WIDTH - LEFT - RIGHT - GAP) / 2
WORDS = (10, 100000)
ENGINES = {  # name: class of the line
    "glassine": "a",
    "hyperscan": "b",
    "per-byte-lookup": "c",
    "iptables": "d",
    "memcpy": "e",
}
STYLE = """
text { font: 13px sans-serif; fill: #333 }
.title { font-weight: bold }
.grid { stroke: #bbb; stroke-width: 0.6 }
.line { fill: none; stroke-width: 2.2 }
.a { stroke: #b3261e } .b { stroke: #1f5fbf } .c { stroke: #7a4fb5 } .d { stroke: #8a6100 }
.e { stroke: #4d7a3a; stroke-dasharray: 5 3 }
text.a { fill: #b3261e; stroke: none; font-weight: bold } text.b { fill: #1f5fbf; stroke: none }
text.c { fill: #7a4fb5; stroke: none } text.d { fill: #8a6100; stroke: none }
text.e { fill: #4d7a3a; stroke: none }
@media (prefers-color-scheme: dark) {
text { fill: #ccc } .grid { stroke: #555 }
.a { stroke: #ff8a80 } .b { stroke: #8ab4f8 } .c { stroke: #c9a7f5 } .d { stroke: #e0b64d }
.e { stroke: #9ccc85 }
text.a { fill: #ff8a80 } text.b { fill: #8ab4f8 } text.c { fill: #c9a7f5 }
text.d { fill: #e0b64d } text.e { fill: #9ccc85 }
}
"""


def points(rows, engine, text, payload):
    found = [(r["words"], r["ns"] / payload) for r in rows
             if r["engine"] == engine and r["text"] == text and r["payload"] == payload
             and not r["stream"] and r["cores"] == 1 and r["ns"] > 0]
    return sorted(found)


def place(value, low, high, start, length):
    return start + length * math.log(value / low) / math.log(high / low)


def spread(labels):
    """Moves labels apart that would overlap; (y, class, text)."""
    labels.sort()
    for i in range(1, len(labels)):
        if labels[i][0] - labels[i - 1][0] < 15:
            labels[i] = (labels[i - 1][0] + 15, *labels[i][1:])
    return labels


def tick(value):
    return f"{value:g}" if value < 1000 else f"{value // 1000:g}k"


def panel(rows, text, payload, left, low, high):
    height = HEIGHT - TOP - BOTTOM
    out = [f'<text class="title" x="{left:.0f}" y="{TOP - 14}">{text}</text>']
    value = low
    while value <= high:
        y = place(value, low, high, HEIGHT - BOTTOM, -height)
        out.append(f'<path class="grid" d="M{left:.1f} {y:.1f}h{PANEL:.1f}"/>')
        if left == LEFT:
            out.append(f'<text x="{left - 8}" y="{y + 4:.1f}" text-anchor="end">{value:g}</text>')
        value *= 10
    for words in 10, 100, 1000, 10000, 100000:
        x = place(words, *WORDS, left, PANEL)
        out.append(f'<path class="grid" d="M{x:.1f} {TOP}v{height}"/>')
        out.append(f'<text x="{x:.1f}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{tick(words)}</text>')
    labels = []
    for engine, name in ENGINES.items():
        line = [(place(w, *WORDS, left, PANEL), place(v, low, high, HEIGHT - BOTTOM, -height))
                for w, v in points(rows, engine, text, payload)]
        if not line:
            continue
        out.append(f'<polyline class="line {name}" points="'
                   + " ".join(f"{x:.1f},{y:.1f}" for x, y in line) + '"/>')
        out += [f'<circle class="line {name}" cx="{x:.1f}" cy="{y:.1f}" r="3"/>' for x, y in line]
        if line[-1][0] < left + PANEL - 1:
            x, y = line[-1]
            out.append(f'<text class="{name}" x="{x:.1f}" y="{y - 10:.1f}" text-anchor="end">{engine}</text>')
        elif left != LEFT:
            labels.append((line[-1][1] + 4, name, engine))
    for y, name, engine in spread(labels):
        out.append(f'<text class="{name}" x="{left + PANEL + 8:.1f}" y="{y:.1f}">{engine}</text>')
    return out


def draw(rows, payload):
    values = [v for text in ("text", "adversarial") for engine in ENGINES
              for _, v in points(rows, engine, text, payload)]
    low = 10 ** math.floor(math.log10(min(values)))
    high = 10 ** math.ceil(math.log10(max(values)))
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
           'aria-label="Nanoseconds per byte over the number of words, by engine">',
           f"<style>{STYLE}</style>"]
    out += panel(rows, "text", payload, LEFT, low, high)
    out += panel(rows, "adversarial", payload, LEFT + PANEL + GAP, low, high)
    out.append(f'<text x="{LEFT}" y="{HEIGHT - 10}">words in the list; payload of {payload} bytes</text>')
    out.append(f'<text transform="translate(16 {HEIGHT / 2}) rotate(-90)" text-anchor="middle">ns per byte</text>')
    out.append("</svg>")
    return "\n".join(out) + "\n"
