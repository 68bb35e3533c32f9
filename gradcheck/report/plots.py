"""Pictures as SVG, by matplotlib: for a page in dark or light, for paper, and in words for who does not see them.

Colours are CSS variables with a fallback that can be read on white and on black, and ``currentColor`` for axes and text. Ids
carry a hash of the content, so that many pictures may stand on one page. matplotlib comes with ``gradcheck[reports]``; nothing
of its global state is touched.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from hashlib import sha256
from html import escape
from io import StringIO
from typing import TYPE_CHECKING, Any

from gradcheck.decimals import numbers
from gradcheck.picture import Agreement, Curve, Heat, Picture, Sweep, Values
from gradcheck.report.text import capital

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH, HEIGHT = 420, 260  # CSS pixels

_SIZE = 9  # of all text, in CSS pixels
_INCH = 72  # an SVG of matplotlib has 72 units an inch
# Stand-ins in what matplotlib writes, and what they become: words in CSS, which matplotlib would refuse.
_COLOURS: Mapping[str, str] = {
    "#010101": "currentColor",
    "#020202": "var(--picture-true, #3b82c4)",
    "#030303": "var(--picture-claimed, #d9662b)",
    "#040404": "var(--picture-third, #4f9d69)",
    "#050505": "var(--picture-wrong, #d64550)",
}
_INK, _TRUE, _CLAIMED, _THIRD, _WRONG = _COLOURS
_FAINT = 0.35  # opacity of what must not stand out
_MOST_TICKS = 5
_LEVELS = 6  # shades of a heat map
_WRITTEN = 7  # rows and columns up to which a heat map has its numbers written into it
_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_FAR_OUT = 4.0  # times the range of most values, at which the others are those near a pole
_BORDER = 1.0  # decades that a signed logarithmic axis keeps between the smallest number and 0


class PlotsUnavailable(ImportError):  # noqa: N818 - a state of the installation, named like the module that is missing
    """Pictures need matplotlib, which is not installed; the message has the line that installs it."""


def svg(picture: Picture, title: str) -> str:
    """The picture as an ``<svg role="img">`` element without a header, with a title and a description in words.

    Raises:
        PlotsUnavailable: matplotlib is not installed.
    """
    with _settings():
        figure, axes = _canvas()
        try:
            _DRAW[type(picture)](axes, picture)
            raw = StringIO()
            figure.savefig(raw, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
        finally:
            _emptied(figure, axes)
    return _element(raw.getvalue(), title, words(picture))


def words(picture: Picture) -> str:
    """What the picture shows, in sentences; needs no matplotlib."""
    match picture:
        case Curve():
            return _curve_in_words(picture)
        case Heat():
            return _heat_in_words(picture)
        case Sweep():
            return _sweep_in_words(picture)
        case Agreement():
            return _agreement_in_words(picture)


def caption(picture: Picture) -> str:
    """What sort of picture it is, in a few words: its heading."""
    match picture:
        case Curve():
            return f"Claimed and true derivative over {picture.axis}"
        case Heat():
            return "|claimed − true|, entry by entry"
        case Sweep():
            return f"Finite differences{f' of entry {picture.entry}' if picture.entry else ''} by step size"
        case Agreement():
            return f"Digits of the claim as coded over {picture.axis}"


def _matplotlib() -> Any:
    try:
        import matplotlib as mpl
    except ImportError as error:
        raise PlotsUnavailable(
            "pictures need matplotlib, which is not installed: install it with `pip install gradcheck[reports]`, "
            "or leave pictures out with --no-pictures"
        ) from error
    return mpl


def _settings() -> Any:
    """matplotlib's settings while a picture is drawn, whatever a user's own configuration says."""
    return _matplotlib().rc_context(
        {
            "svg.fonttype": "none",
            "svg.hashsalt": "gradcheck",
            "font.family": ["sans-serif"],
            "font.sans-serif": ["DejaVu Sans"],
            "font.size": _SIZE,
            "font.style": "normal",
            "font.weight": "normal",
            "lines.antialiased": True,
            "lines.dash_capstyle": "butt",
            "lines.dash_joinstyle": "round",
            "lines.linestyle": "-",
            "lines.linewidth": 1.5,
            "lines.marker": "None",
            "lines.markeredgecolor": "auto",
            "lines.markeredgewidth": 1.0,
            "lines.markerfacecolor": "auto",
            "lines.scale_dashes": True,
            "lines.solid_capstyle": "butt",
            "lines.solid_joinstyle": "round",
            "markers.fillstyle": "full",
            "path.effects": [],
            "path.simplify": True,
            "path.sketch": None,
            "path.snap": False,
            "savefig.bbox": None,
            "text.color": _INK,
            "text.parse_math": False,
            "text.usetex": False,
        }
    )


@cache
def _canvas() -> tuple[Figure, Axes]:
    """One figure, drawn on again and again: making one takes longer than a picture.

    Its axes are there for their transformations alone: lines, ticks and labels are drawn as what they are, since the machinery
    that would place them takes most of the time.
    """
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH / _INCH, HEIGHT / _INCH), dpi=_INCH, facecolor="none")
    FigureCanvasSVG(figure)
    axes = figure.add_axes((0.115, 0.15, 0.865, 0.73), facecolor="none")
    axes.set_axis_off()
    return figure, axes


def _emptied(figure: Figure, axes: Axes) -> None:
    """As it was, without what was drawn."""
    for artist in [*axes.lines, *axes.patches, *axes.texts, *figure.texts]:
        artist.remove()


def _draw_curve(axes: Axes, picture: Curve) -> None:
    shown = [_at(picture.x, values, place) for values in (picture.true, picture.claimed) for place in picture.marked]
    low, high = _ends([picture.true, picture.claimed], shown)
    for values, colour, style, width in (
        (picture.true, _TRUE, "-", 2.4),
        (picture.claimed, _CLAIMED, (0, (5, 2.5)), 1.5),
    ):
        _line(axes, picture.x, _gaps(values), color=colour, linestyle=style, linewidth=width, solid_capstyle="butt")
    for kink in picture.kinks:
        _rule(axes, kink, True, color=_INK, linestyle=(0, (1, 1.6)), linewidth=1.2, alpha=0.8)
    for place in picture.marked:
        for values, colour in ((picture.true, _TRUE), (picture.claimed, _CLAIMED)):
            found = _at(picture.x, values, place)
            if found is not None and low <= found <= high:
                _line(
                    axes,
                    [place],
                    [found],
                    marker="o",
                    color=colour,
                    markersize=6,
                    markeredgecolor=_INK,
                    markeredgewidth=0.8,
                )
    _linear(axes, "x", picture.x[0], picture.x[-1])
    _linear(axes, "y", low, high)
    _zero(axes, low, high)
    _names(axes, picture.axis)
    _frame(axes)
    key = [("—— true", _TRUE), ("– – claimed", _CLAIMED)]
    key += [("···· kink", _INK)] * bool(picture.kinks) + [("● counterexample", _INK)] * bool(picture.marked)
    _key(axes, key)


def _draw_heat(axes: Axes, picture: Heat) -> None:
    from matplotlib.patches import PathPatch, Rectangle
    from matplotlib.path import Path

    rows, columns = len(picture.errors), len(picture.errors[0])
    known = [error for row in picture.errors for error in row if error]
    largest = max(known, default=0.0)
    cells: dict[int, list[Any]] = {}
    for i, row in enumerate(picture.errors):
        for j, error in enumerate(row):
            corners = [(j, i), (j + 1, i), (j + 1, i + 1), (j, i + 1), (j, i)]
            cells.setdefault(_level(error, largest), []).append(Path(corners, closed=True))
    for level, paths in sorted(cells.items()):
        shape = Path.make_compound_path(*paths)
        fill = {"facecolor": _WRONG, "alpha": 0.1 + 0.6 * level / _LEVELS} if level else {"facecolor": "none"}
        axes.add_patch(PathPatch(shape, edgecolor="none", **fill))
        axes.add_patch(PathPatch(shape, facecolor="none", edgecolor=_INK, linewidth=0.4, alpha=_FAINT))
    for i, j in picture.wrong:
        axes.add_patch(Rectangle((j + 0.04, i + 0.04), 0.92, 0.92, facecolor="none", edgecolor=_INK, linewidth=1.8))
    if rows <= _WRITTEN and columns <= _WRITTEN:
        for i, row in enumerate(picture.errors):
            for j, error in enumerate(row):
                told = "?" if error is None else f"{error:.2g}"
                axes.text(j + 0.5, i + 0.5, told, ha="center", va="center", fontsize=8)
    axes.set_xlim(0, columns)
    axes.set_ylim(rows, 0)
    _ticks(axes, "x", [(j + 0.5, str(j)) for j in _some(columns)])
    _ticks(axes, "y", [(i + 0.5, str(i)) for i in _some(rows)] if picture.rows else [])
    _names(axes, picture.columns, picture.rows)
    _key(axes, [("□ wrong", _INK)] * bool(picture.wrong) + [(f"darkest: {_short(largest)}", _WRONG)] * bool(largest))


def _draw_sweep(axes: Axes, picture: Sweep) -> None:
    steps = [math.log10(step) for step in picture.steps]
    errors = [_log(error) for error in picture.errors]
    claimed = _log(picture.claimed)
    known = [error for error in [*errors, claimed] if error is not None]
    low, high = (math.floor(min(known)), math.ceil(max(known))) if known else (-16, 0)
    _line(axes, steps, _gaps(errors), color=_TRUE, linewidth=2, marker="o", markersize=2.6)
    if claimed is not None:
        _rule(axes, claimed, False, color=_CLAIMED, linestyle=(0, (5, 2.5)), linewidth=1.6)
    if picture.chosen:
        _rule(axes, math.log10(picture.chosen), True, color=_INK, linestyle=":", linewidth=0.8, alpha=0.7)
    _decades(axes, "x", math.floor(min(steps)), math.ceil(max(steps)))
    _decades(axes, "y", low, max(high, low + 1))
    _names(axes, "step size h")
    _frame(axes)
    key = [("—•— |difference − truth|", _TRUE)]
    key += [("– – |claimed − truth|", _CLAIMED)] if claimed is not None else []
    _key(axes, key)


def _draw_agreement(axes: Axes, picture: Agreement) -> None:
    smallest = min((abs(x) for x in picture.x if x), default=1.0)
    places = [_signed_log(x, smallest) for x in picture.x]
    styles = ((_TRUE, "-", "——"), (_CLAIMED, (0, (5, 2.5)), "– –"), (_THIRD, (0, (1, 1.5)), "····"))
    key = []
    for (dtype, digits), (colour, style, drawn) in zip(picture.digits.items(), styles, strict=False):
        _line(axes, places, _gaps(digits), color=colour, linestyle=style, linewidth=1.8)
        key.append((f"{drawn} {dtype}", colour))
    low, high = (min(places), max(places)) if places else (0.0, 1.0)
    axes.set_xlim(low, high if high > low else low + 1)
    _ticks(axes, "x", _signed_ticks(picture.x, smallest))
    axes.set_ylim(-0.4, 17)
    _ticks(axes, "y", [(digits, str(digits)) for digits in (0, 4, 8, 12, 16)])
    _names(axes, picture.axis, "digits")
    _frame(axes)
    _key(axes, key)


_DRAW: Mapping[type[Picture], Callable[[Axes, Any], None]] = {
    Curve: _draw_curve,
    Heat: _draw_heat,
    Sweep: _draw_sweep,
    Agreement: _draw_agreement,
}


def _key(axes: Axes, entries: Sequence[tuple[str, str]]) -> None:
    """What the lines are, above them: in their colour, and by their dashes for who does not see it."""
    place = 0.02
    for said, colour in entries:
        axes.figure.text(place, 0.945, said, color=colour, va="center")
        place += 0.0128 * len(said) + 0.035


def _linear(axes: Axes, which: str, low: float, high: float) -> None:
    """A linear axis with a few round ticks."""
    low, high = (low, high) if low < high else (low - 1, high + 1)
    (axes.set_xlim if which == "x" else axes.set_ylim)(low, high)
    _ticks(axes, which, [(tick, numbers(tick).replace("-", "−")) for tick in _round_ticks(low, high)])


def _decades(axes: Axes, which: str, low: int, high: int) -> None:
    """An axis of logarithms to base 10."""
    (axes.set_xlim if which == "x" else axes.set_ylim)(low - 0.15, high + 0.15)
    every = max(1, math.ceil((high - low) / _MOST_TICKS))
    _ticks(axes, which, [(k, _power(k)) for k in range(low, high + 1) if k % every == 0])


def _ticks(axes: Axes, which: str, ticks: Sequence[tuple[float, str]]) -> None:
    """Marks and labels under the axes or beside them."""
    across = which == "x"
    transform = axes.get_xaxis_transform() if across else axes.get_yaxis_transform()
    reach, away = (-0.016, -0.03) if across else (-0.008, -0.013)
    along: list[float] = []
    outwards: list[float] = []
    for place, label in ticks:
        along += [place, place, math.nan]
        outwards += [0.0, reach, math.nan]
        x, y, ha, va = (place, away, "center", "top") if across else (away, place, "right", "center")
        axes.text(x, y, label, transform=transform, ha=ha, va=va)
    marks = (along, outwards) if across else (outwards, along)
    _line(axes, *marks, transform=transform, color=_INK, linewidth=0.6, clip_on=False)


def _names(axes: Axes, below: str, beside: str = "") -> None:
    """What the axes are."""
    axes.text(0.5, -0.115, below, transform=axes.transAxes, ha="center", va="top")
    if beside:
        axes.text(-0.095, 0.5, beside, transform=axes.transAxes, ha="center", va="center", rotation="vertical")


def _frame(axes: Axes) -> None:
    """The line on the left and the one below."""
    _line(axes, [0, 0, 1], [1, 0, 0], transform=axes.transAxes, color=_INK, linewidth=0.6, clip_on=False)


def _line(axes: Axes, xs: Sequence[float], ys: Sequence[float], clip_on: bool = True, **style: Any) -> None:
    from matplotlib.lines import Line2D

    line = Line2D(xs, ys, **{"transform": axes.transData, **style})
    axes.add_artist(line)
    line.set_clip_on(clip_on)


def _rule(axes: Axes, place: float, upright: bool, **style: Any) -> None:
    """A line across the axes."""
    if upright:
        _line(axes, [place, place], [0, 1], transform=axes.get_xaxis_transform(), **style)
    else:
        _line(axes, [0, 1], [place, place], transform=axes.get_yaxis_transform(), **style)


def _zero(axes: Axes, low: float, high: float) -> None:
    if low < 0 < high:
        _rule(axes, 0.0, False, color=_INK, linewidth=0.5, alpha=_FAINT, zorder=0)


def _round_ticks(low: float, high: float) -> list[float]:
    """Multiples of 1, 2 or 5 times a power of ten, at most a handful."""
    rough = (high - low) / _MOST_TICKS
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(m * power for m in (1, 2, 5, 10) if m * power >= rough * (1 - 1e-9))
    digits = max(0, 1 - math.floor(math.log10(step)))
    return [
        round(k * step, digits) + 0.0 for k in range(math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) + 1)
    ]


def _ends(columns: Iterable[Values], shown: Iterable[float | None] = ()) -> tuple[float, float]:
    """The range of a vertical axis: of all values, or where a few near a pole are far out, of the middle ones and ``shown``."""
    values = sorted(value for column in columns for value in column if value is not None)
    if not values:
        return -1.0, 1.0
    low, high = values[0], values[-1]
    cut = len(values) // 12
    lower, upper = values[cut], values[-1 - cut]
    if max(lower - low, high - upper) > _FAR_OUT * (upper - lower) > 0:
        first, third = values[len(values) // 4], values[-1 - len(values) // 4]
        reach = 3 * (third - first)
        kept = [value for value in shown if value is not None]
        low, high = min(max(low, first - reach), *kept, high), max(min(high, third + reach), *kept, low)
    margin = 0.06 * (high - low) or max(1.0, abs(high)) * 0.5
    return low - margin, high + margin


def _level(error: float | None, largest: float) -> int:
    """The shade of an error: by its size in decades below the largest; 0 for none."""
    if not error or not largest:
        return 0
    return max(1, _LEVELS - math.floor(math.log10(largest / error) + 1e-9))


def _signed_log(x: float, smallest: float) -> float:
    """Decades above the smallest number, with the sign; 0 is one decade below."""
    return math.copysign(math.log10(abs(x) / smallest) + _BORDER, x) if x else 0.0


def _signed_ticks(xs: Sequence[float], smallest: float) -> list[tuple[float, str]]:
    """0 and a few powers of ten on the sides that are there."""
    if not xs:
        return []
    first = math.ceil(math.log10(smallest) - 1e-9)
    last = math.floor(math.log10(max(map(abs, xs), default=1.0) or 1.0) + 1e-9)
    both = min(xs, default=0.0) < 0 < max(xs, default=0.0)
    every = 4 if both else 2
    ticks = [(0.0, "0")] if min(xs, default=0.0) <= 0 <= max(xs, default=0.0) else []
    for exponent in range(last, first - 1, -every):
        for sign in (-1, 1):
            x = sign * 10.0**exponent
            place = _signed_log(x, smallest)
            if min(xs) <= x <= max(xs) and (abs(place) > every / 2 or not ticks):
                ticks.append((place, ("−" if sign < 0 else "") + _power(exponent)))
    return sorted(ticks)


def _power(exponent: int) -> str:
    return {0: "1", 1: "10"}.get(exponent, f"10{str(exponent).translate(_SUPERSCRIPTS)}")


def _log(value: float | None) -> float | None:
    return math.log10(value) if value else None


def _gaps(values: Sequence[float | None]) -> list[float]:
    return [math.nan if value is None else value for value in values]


def _some(count: int) -> range:
    return range(0, count, max(1, math.ceil(count / 10)))


def _at(xs: Sequence[float], values: Values, place: float) -> float | None:
    """The value at a place: of several there, the middle one, which is the value itself between its limits."""
    found = [value for x, value in zip(xs, values, strict=True) if x == place and value is not None]
    return found[len(found) // 2] if found else None


_HEADER = re.compile(r"^.*?(?=<svg)", re.DOTALL)
_METADATA = re.compile(r"\s*<metadata>.*?</metadata>", re.DOTALL)
_ID = re.compile(r' id="([^"]+)"')
_REFERENCE = re.compile(r"(?:url\(#|href=\"#)([^)\"]+)")
_OPENING = re.compile(r"<svg [^>]*>")
_FONT = re.compile(r"(font(?:-family)?: ?[^;\"]*?)(?:'[^']*'(?:, ?)?)+[^;\"]*")
_NUMBER = re.compile(r"-?\d+\.\d{3,}")
_SPACES = re.compile(r">\s+<")
_SPACE = re.compile(r"\s+")


def _element(raw: str, title: str, said: str) -> str:
    """What matplotlib wrote as an element of a page: no header, no ids but those that are used, colours of the page."""
    body = _METADATA.sub("", _HEADER.sub("", raw))
    body = _OPENING.sub("", body, count=1).rsplit("</svg>", 1)[0]
    used = set(_REFERENCE.findall(body))
    prefix = "p" + sha256(f"{title}\n{said}\n{body}".encode()).hexdigest()[:10]
    body = _ID.sub(lambda found: f' id="{prefix}-{found[1]}"' if found[1] in used else "", body)
    body = re.sub(r"(url\(#|href=\"#)", rf"\g<1>{prefix}-", body).replace("xlink:href", "href")
    for stand_in, colour in _COLOURS.items():
        body = body.replace(stand_in, colour)
    body = _FONT.sub(r"\1inherit", body)
    body = _NUMBER.sub(lambda found: f"{float(found[0]):.2f}".rstrip("0").rstrip("."), body)
    body = _SPACE.sub(" ", _SPACES.sub("><", body)).strip()
    label, head = escape(f"{title}. {said}"), escape(title)
    return (
        f'<svg role="img" class="picture" aria-label="{label}" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" '
        f'height="{HEIGHT}" xmlns="http://www.w3.org/2000/svg"><title>{head}</title><desc>{escape(said)}</desc>{body}</svg>'
    )


def _curve_in_words(picture: Curve) -> str:
    pairs = [(x, c, t) for x, c, t in zip(picture.x, picture.claimed, picture.true, strict=True) if None not in (c, t)]
    known = [(x, float(c), float(t)) for x, c, t in pairs if c is not None and t is not None]
    told = [f"The derivative over {picture.axis} from {_short(picture.x[0])} to {_short(picture.x[-1])}"]
    scale = max((abs(t) for _, _, t in known), default=0.0)
    apart = [(x, c, t) for x, c, t in known if abs(c - t) > 1e-4 * max(abs(t), 1e-3 * scale)]
    if not known:
        told.append("the claimed one has no value there")
    elif not apart:
        told.append("the claimed and the true one are the same line")
    else:
        x, c, t = max(apart, key=lambda sample: abs(sample[1] - sample[2]))
        where = (
            "everywhere" if len(apart) == len(known) else f"between {_short(apart[0][0])} and {_short(apart[-1][0])}"
        )
        told.append(
            f"claimed and true one differ {where}, most at {_short(x)}, where {_short(c)} is claimed and {_short(t)} is true"
        )
    sentences = [": ".join(told)]
    if picture.kinks:
        sentences.append(f"the function has a kink at {' and at '.join(map(_short, picture.kinks))}")
    if picture.marked:
        sentences.append(f"the counterexample is at {' and at '.join(map(_short, picture.marked))}")
    if picture.held:
        sentences.append(f"held fixed: {picture.held}")
    return _sentences(sentences)


def _heat_in_words(picture: Heat) -> str:
    rows, columns = len(picture.errors), len(picture.errors[0])
    shape = f"{rows} by {columns} entries" if picture.rows else f"{columns} entries"
    wrong = len(picture.wrong)
    count = "none is wrong" if not wrong else "all are wrong" if wrong == rows * columns else f"{wrong} wrong, outlined"
    sentences = [f"how far {shape} are off: {count}"]
    flat = [(error, i, j) for i, row in enumerate(picture.errors) for j, error in enumerate(row) if error]
    if flat:
        error, i, j = max(flat, key=lambda cell: cell[0])
        where = f"in row {i}, column {j}" if picture.rows else f"in entry {j}"
        sentences.append(f"the largest difference is {_short(error)}, {where}, counted from 0")
    if picture.at:
        sentences.append(f"at {picture.at}")
    return _sentences(sentences)


def _sweep_in_words(picture: Sweep) -> str:
    known = [(error, step) for error, step in zip(picture.errors, picture.steps, strict=True) if error is not None]
    sentences = []
    if known:
        least, step = min(known)
        first, last = known[0], known[-1]
        sentences.append(
            f"central differences are off by {_short(first[0])} with step {_short(first[1])}, least with step {_short(step)}, "
            f"by {_short(least)}, and by {_short(last[0])} with step {_short(last[1])}"
        )
    if picture.truth:
        sentences.append(f"the certified value is {picture.truth}")
    if picture.claimed is None:
        sentences.append("the claim has no finite value there")
    elif picture.claimed == 0:
        sentences.append("the claim is right there, so that it has no line")
    else:
        sentences.append(f"the claim is off by {_short(picture.claimed)}, the dashed line")
    if picture.at:
        sentences.append(f"at {picture.at}")
    return _sentences(sentences)


def _agreement_in_words(picture: Agreement) -> str:
    sentences = [f"digits to which the claim as coded agrees with the certified derivative over {picture.axis}"]
    for dtype, digits in picture.digits.items():
        known = [(d, x) for d, x in zip(digits, picture.x, strict=True) if d is not None]
        if known:
            least, x = min(known, key=lambda sample: (sample[0], abs(sample[1])))
            median = sorted(d for d, _ in known)[len(known) // 2]
            sentences.append(f"in {dtype} {_short(median)} at most places, and {_short(least)} at {_short(x)}")
    if picture.held:
        sentences.append(f"held fixed: {picture.held}")
    return _sentences(sentences)


def _sentences(parts: Iterable[str]) -> str:
    return " ".join(f"{capital(part)}." for part in parts)


def _short(number: float) -> str:
    return numbers(float(f"{number:.3g}"))
