"""Pictures as SVG: well-formed, small, the same every time, told in words, in the colours of the page."""

from __future__ import annotations

import re
import subprocess
import sys
import xml.etree.ElementTree as ET

import pytest

from gradcheck.picture import Agreement, Curve, Heat, Picture, Sweep
from gradcheck.report import plots

CURVE = Curve(
    "x",
    (-1.0, -0.5, 0.0, 0.0, 0.0, 0.5, 1.0),
    (2.0, 2.0, 2.0, None, 1.0, 1.0, 1.0),
    (0.0, 0.0, 0.0, None, 1.0, 1.0, 1.0),
    kinks=(0.0,),
    marked=(-0.5,),
    held="a = 2",
)
HEAT = Heat(((0.0, 0.5), (None, 0.0)), ((0, 1),), "entry of the output", "entry of x", "x = [1, 2]")
SWEEP = Sweep((1e-1, 1e-4, 1e-8), (1e-2, 1e-8, None), 0.5, entry="[0, 1]", at="x = 1", truth="0.25")
DIGITS = Agreement(
    "x", (-1e4, -1e-8, 0.0, 1e-8, 1e4), {"float64": (0.0, 16.0, None, 16.0, 16.0), "float32": (0.0,) * 5}
)
PICTURES = {"curve": CURVE, "heat": HEAT, "sweep": SWEEP, "agreement": DIGITS}

SAID = {
    "curve": (
        "The derivative over x from -1 to 1: claimed and true one differ between -1 and 0, most at -1, where 2 is claimed "
        "and 0 is true. The function has a kink at 0. The counterexample is at -0.5. Held fixed: a = 2."
    ),
    "heat": (
        "How far 2 by 2 entries are off: 1 wrong, outlined. The largest difference is 0.5, in row 0, column 1, counted "
        "from 0. At x = [1, 2]."
    ),
    "sweep": (
        "Central differences are off by 0.01 with step 0.1, least with step 0.0001, by 1e-8, and by 1e-8 with step 0.0001. "
        "The certified value is 0.25. The claim is off by 0.5, the dashed line. At x = 1."
    ),
    "agreement": (
        "Digits to which the claim as coded agrees with the certified derivative over x. In float64 16 at most places, "
        "and 0 at -10000. In float32 0 at most places, and 0 at 0."
    ),
}


@pytest.fixture(params=sorted(PICTURES))
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_it_is_one_element_that_says_in_words_what_it_shows(name: str) -> None:
    root = ET.fromstring(plots.svg(PICTURES[name], "elu"))  # noqa: S314 - as above
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert root.get("role") == "img"
    assert root.get("aria-label") == f"elu. {SAID[name]}"
    assert root.findtext("{*}title") == "elu"
    assert root.findtext("{*}desc") == plots.words(PICTURES[name]) == SAID[name]


def test_nothing_is_asked_of_another_place_and_no_date_is_in_it(name: str) -> None:
    drawn = plots.svg(PICTURES[name], "t")
    assert not re.findall(r'(?:href|src)="(?!#)', drawn)
    assert "<image" not in drawn
    assert "metadata" not in drawn
    assert drawn.startswith("<svg ")
    assert not re.search(r"20\d\d-\d\d", drawn)


def test_it_is_small_and_the_same_every_time(name: str) -> None:
    first = plots.svg(PICTURES[name], "t")
    assert len(first) < 15_000
    for other in PICTURES.values():  # the figure is used again: nothing of another picture may stay
        plots.svg(other, "t")
    assert plots.svg(PICTURES[name], "t") == first


def test_ids_are_used_and_differ_between_pictures() -> None:
    every = [plots.svg(picture, title) for picture in PICTURES.values() for title in ("one", "another")]
    ids = [found for drawn in every for found in re.findall(r'\bid="([^"]+)"', drawn)]
    assert ids
    assert len(ids) == len(set(ids))
    for drawn in every:
        own = set(re.findall(r'\bid="([^"]+)"', drawn))
        assert set(re.findall(r"url\(#([^)]+)\)|href=\"#([^\"]+)\"", drawn)) <= {
            pair for one in own for pair in ((one, ""), ("", one))
        }


def test_colours_are_those_of_the_page(name: str) -> None:
    drawn = plots.svg(PICTURES[name], "t")
    assert "currentColor" in drawn
    assert "var(--picture-" in drawn
    assert not re.search(r"#(000000|ffffff|0[1-5]0[1-5]0[1-5])\b", drawn)
    assert "DejaVu" not in drawn


def test_kinks_are_dotted_wrong_entries_outlined_and_the_counterexample_marked() -> None:
    curve, heat = plots.svg(CURVE, "t"), plots.svg(HEAT, "t")
    assert "···· kink" in curve
    assert "● counterexample" in curve
    bare = plots.svg(Curve("x", CURVE.x, CURVE.claimed, CURVE.true), "t")
    assert "kink" not in bare
    assert "counterexample" not in bare
    assert "□ wrong" in heat
    assert heat.count("stroke-width: 1.8") == 1


def test_hostile_names_stay_text() -> None:
    drawn = plots.svg(Curve('<script>"&', (0.0, 1.0), (0.0, 1.0), (0.0, 1.0), held="$x_1$ <b>"), '"><script>')
    assert "<script>" not in drawn
    ET.fromstring(drawn)  # noqa: S314 - as above


@pytest.mark.parametrize(
    "picture",
    [
        Curve("x", (0.0, 1.0), (None, None), (1.0, 1.0)),
        Curve("x", (0.0,), (1.0,), (1.0,)),
        Heat(((None,) * 3,), ()),
        Heat(tuple((1e-9,) * 40 for _ in range(40)), ((3, 4),), "row", "column"),
        Sweep((1e-1, 1e-2), (None, None), None),
        Sweep((1e-1, 1e-2), (None, 1.0), 0.0, chosen=1e-2),
        Agreement("x", (), {}),
        Agreement("x", (1.0, 2.0), {"float64": (None, None)}),
    ],
)
def test_bare_pictures_are_drawn_as_well(picture: Picture) -> None:
    ET.fromstring(plots.svg(picture, "bare"))  # noqa: S314 - as above
    assert plots.words(picture).endswith(".")
    assert plots.caption(picture)


def test_a_users_settings_play_no_part_and_are_left_alone() -> None:
    import matplotlib as mpl

    plain = plots.svg(CURVE, "t")
    with mpl.rc_context({"font.size": 30, "svg.fonttype": "path", "lines.linewidth": 9, "path.sketch": (1, 100, 2)}):
        before = dict(mpl.rcParams)
        assert plots.svg(CURVE, "t") == plain
        assert dict(mpl.rcParams) == before


def test_pyplot_and_its_windows_stay_away() -> None:
    code = (
        "import sys\n"
        "from gradcheck.picture import Curve\n"
        "from gradcheck.report import plots\n"
        "assert 'matplotlib' not in sys.modules\n"
        "plots.svg(Curve('x', (0.0, 1.0), (0.0, 1.0), (0.0, 1.0)), 't')\n"
        "print('matplotlib.pyplot' in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_without_matplotlib_it_says_what_to_install() -> None:
    code = (
        "import sys; sys.modules['matplotlib'] = None\n"
        "from gradcheck.picture import Curve\n"
        "from gradcheck.report import plots\n"
        "curve = Curve('x', (0.0, 1.0), (0.0, 1.0), (0.0, 1.0))\n"
        "print(plots.words(curve))\n"
        "try:\n    plots.svg(curve, 't')\n"
        "except plots.PlotsUnavailable as error:\n    print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    first, second = done.stdout.splitlines()
    assert first == "The derivative over x from 0 to 1: the claimed and the true one are the same line."
    assert "pip install gradcheck[reports]" in second
    assert "--no-pictures" in second
