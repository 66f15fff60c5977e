"""bars - charts of horizontal bars as SVG that needs nothing else: no script, no font, no style sheet."""
from html import escape

WIDTH, MARGIN = 760, 16
NAMES, FIGURES = 150, 150  # to the left and to the right of the bars
TITLE, PANEL, BAR, GAP = 30, 34, 18, 8
FONT = "font-family='system-ui, sans-serif'"
INK, QUIET, PAPER = "#1d2733", "#66717d", "#ffffff"
HALO = f"paint-order='stroke' stroke='{PAPER}' stroke-width='4'"  # a figure stays readable on the line
COLOURS = {"ours": "#0b6e99", "peer": "#aab4be", "floor": "#dfe4e8", "ours more": "#7fb8d1", "peer more": "#d3d9de",
           "floor more": "#eef1f3"}


class Bar:
    """Parts of a length that are drawn one behind the other, and what stands behind them."""

    def __init__(self, name, parts, figure, role):
        self.name, self.parts, self.figure, self.role = name, parts, figure, role

    def length(self):
        return sum(self.parts)


class Panel:
    """Bars of one scale; `line` is the length at which all are crossed by a line, or None."""

    def __init__(self, title, bars, line=None):
        self.title, self.bars, self.line = title, bars, line

    def height(self):
        return PANEL + len(self.bars) * (BAR + GAP) + GAP


def text(x, y, words, size=13, colour=INK, extra=""):
    return f"<text x='{x:.1f}' y='{y:.1f}' font-size='{size}' fill='{colour}' {extra}>{escape(words)}</text>"


def rectangle(x, y, width, height, colour):
    return f"<rect x='{x:.1f}' y='{y:.1f}' width='{width:.1f}' height='{height:.1f}' fill='{colour}'/>"


def draw_bar(bar, top, scale):
    x, middle = MARGIN + NAMES, top + BAR * 0.74
    drawn = [text(x - 8, middle, bar.name, extra="text-anchor='end'" + (" font-weight='600'" if bar.role == "ours" else ""))]
    for i, part in enumerate(bar.parts):
        drawn.append(rectangle(x, top, max(part * scale, 1), BAR, COLOURS[bar.role + (" more" if i > 0 else "")]))
        x += part * scale
    return drawn, text(x + 8, middle, bar.figure, 12, QUIET, HALO)


def draw_panel(panel, top):
    longest = max((bar.length() for bar in panel.bars), default=0) or 1
    scale = (WIDTH - 2 * MARGIN - NAMES - FIGURES) / longest
    drawn = [text(MARGIN, top + 20, panel.title, 14, extra="font-weight='600'")]
    figures = []
    for i, bar in enumerate(panel.bars):
        parts, figure = draw_bar(bar, top + PANEL + i * (BAR + GAP), scale)
        drawn += parts
        figures.append(figure)
    if panel.line is not None:
        x, begin = MARGIN + NAMES + panel.line * scale, top + PANEL - 4
        drawn.append(f"<line x1='{x:.1f}' y1='{begin}' x2='{x:.1f}' y2='{top + panel.height() - GAP}' stroke='{INK}' "
                     "stroke-dasharray='3 3'/>")
    return drawn + figures


def svg(title, panels):
    height = TITLE + MARGIN + sum(panel.height() for panel in panels) + MARGIN
    drawn = [rectangle(0, 0, WIDTH, height, PAPER), text(MARGIN, MARGIN + 12, title, 16, extra="font-weight='700'")]
    top = TITLE + MARGIN
    for panel in panels:
        drawn += draw_panel(panel, top)
        top += panel.height()
    return (f"<svg xmlns='http://www.w3.org/2000/svg' width='{WIDTH}' height='{height}' viewBox='0 0 {WIDTH} {height}' "
            f"role='img' {FONT}>\n<title>{escape(title)}</title>\n" + "\n".join(drawn) + "\n</svg>\n")
