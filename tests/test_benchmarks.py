"""The frame of the benchmarks: what is computed from rounds, and what is written of it."""

from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from benchmarks import page, rivals, rounds
from benchmarks.__main__ import NAMES
from benchmarks.figures import EVERY_PEER, Contender, Figure, Goal, Result, Role

ROOT = Path(__file__).parents[1]
BENCHMARKS = ROOT / "benchmarks"


def contender(role: Role, *values: float, name: str = "", absent: str = "") -> Contender:
    return Contender(name=name or role, role=role, rounds=values, absent=absent)


def figure(*contenders: Contender, goals: tuple[Goal, ...] = (), less: bool = False) -> Figure:
    return Figure(
        title="who is this",
        how="Asked of a table.",
        unit="ms" if less else "/s",
        better="less" if less else "more",
        contenders=contenders,
        goals=goals,
        chart=True,
    )


def result(*figures: Figure) -> Result:
    return Result(
        name="authenticate",
        title="Who is this",
        taken="2026-11-30",
        commit="0123456789",
        seconds=120,
        memory=50,
        machine={"Python": "3.11.7"},
        figures=figures,
    )


def test_a_ratio_says_how_many_times_as_good_ours_is_whatever_is_better() -> None:
    fast, slow = contender("ours", 200.0), contender("limit", 400.0)

    assert figure(fast, slow).ratio(slow).median == 0.5
    assert figure(fast, slow, less=True).ratio(slow).median == 2


def test_a_ratio_compares_round_by_round_so_a_slow_moment_of_the_machine_changes_nothing() -> None:
    ours, limit = contender("ours", 90, 9, 45, 900), contender("limit", 100, 10, 50, 1000)

    ratio = figure(ours, limit).ratio(limit)

    assert (ratio.median, ratio.spread) == (0.9, (0.9, 0.9))


def test_who_did_not_take_every_turn_is_not_compared() -> None:
    with pytest.raises(ValueError, match="not as many rounds of limit as of ours"):
        figure(contender("ours", 1, 2), contender("limit", 1))


def test_half_of_the_rounds_lie_in_the_spread() -> None:
    rounds = contender("ours", 1, 2, 3, 4, 5, 6, 7, 100, 1000)

    assert rounds.median == 5
    assert rounds.spread == (3, 7)
    assert contender("ours", 3).spread == (3, 3)


def test_a_goal_is_reached_or_missed() -> None:
    goals = Goal(value=0.8, of="limit"), Goal(value=0.9, of="limit")
    it = figure(contender("ours", 85), contender("limit", 100), goals=goals)

    assert [(found, reached) for _, found, reached in it.verdicts()] == [("0.85", True), ("0.85", False)]
    assert "| goal: at least 0.90 times limit | 0.85 | | **missed** |" in page.table(it)


def test_to_be_ahead_of_every_peer_the_nearest_counts() -> None:
    peers = contender("peer", 50, name="slow"), contender("peer", 120, name="quick")

    (verdict,) = figure(contender("ours", 100), *peers, goals=(Goal(value=1, of=EVERY_PEER),)).verdicts()

    assert (verdict.found, verdict.reached) == ("0.83 (quick)", False)


def test_a_goal_without_a_contender_is_a_value_in_the_unit() -> None:
    found = [
        figure(contender("ours", value), goals=(Goal(value=20),), less=less).verdicts()[0]
        for value, less in ((19.5, True), (20.5, True), (20.5, False))
    ]

    assert [it.reached for it in found] == [True, False, True]
    assert [it.goal for it in found] == ["at most 20.0 ms", "at most 20.0 ms", "at least 20.0/s"]


def test_what_was_not_measured_is_named_with_its_reason_and_reaches_nothing() -> None:
    absent = contender("peer", name="gone", absent="There is no npm.")

    it = figure(contender("ours", 1), absent, goals=(Goal(value=1, of="gone"),))

    assert not it.verdicts()[0].reached
    assert "- gone: not measured. There is no npm." in page.section(result(it))


def test_the_page_is_written_from_what_is_stored(tmp_path: Path) -> None:
    (tmp_path / "benchmarks").mkdir()
    found = result(
        figure(
            contender("ours", 4000, 4200, 4100, name="sessions.authenticate"),
            contender("limit", 4500, 4600, 4400, name="asyncpg alone"),
            Contender(name="Django", role="peer", rounds=(900, 950, 1000), version="5.2.19", how="SessionStore"),
            contender("peer", name="npm's", absent="There is no npm."),
            goals=(Goal(value=0.9, of="asyncpg alone"), Goal(value=5, of=EVERY_PEER)),
        )
    )

    page.write(tmp_path, [Result.model_validate_json(found.model_dump_json(exclude_defaults=True))])

    assert (tmp_path / "benchmarks.md").read_text() == (ROOT / "tests/data/benchmarks.md").read_text()
    assert (tmp_path / "benchmarks/authenticate-1.svg").exists()


def test_a_chart_has_a_bar_for_each_and_colours_for_light_and_dark() -> None:
    drawn = page.chart(figure(contender("ours", 50, 70), contender("limit", 100, 120), contender("peer", absent="-")))

    bars = {
        it.get("class"): float(it.get("width", ""))
        for it in ET.fromstring(drawn).iter("{http://www.w3.org/2000/svg}rect")  # noqa: S314  our own
        if it.get("class") != "paper"
    }
    assert set(bars) == {"ours", "limit"}
    assert bars["ours"] / bars["limit"] == pytest.approx(60 / 110, rel=1e-3)
    assert "prefers-color-scheme: dark" in drawn


def test_the_page_in_docs_is_that_of_the_figures_in_docs(tmp_path: Path) -> None:
    stored = ROOT / "docs/benchmarks"
    files = [file for name in NAMES if (file := stored / f"{name}.json").exists()]
    (tmp_path / "benchmarks").mkdir()

    page.write(tmp_path, [Result.model_validate_json(file.read_text()) for file in files])

    assert (ROOT / "docs/benchmarks.md").read_text() == (tmp_path / "benchmarks.md").read_text()
    for chart in (tmp_path / "benchmarks").iterdir():
        assert (stored / chart.name).read_text() == chart.read_text()


def test_every_benchmark_is_among_the_names() -> None:
    found = {file.stem for file in BENCHMARKS.glob("*.py") if "def measure(*, quick: bool)" in file.read_text()}

    assert found == set(NAMES)
    assert len(NAMES) == len(found)


def test_in_every_round_all_have_a_turn_and_not_always_in_the_same_order() -> None:
    told = list(rounds.turns("abc", rounds=20))

    orders = [tuple(told[start : start + 3]) for start in range(0, 60, 3)]
    assert all(sorted(order) == ["a", "b", "c"] for order in orders)
    assert len(set(orders)) > 3


def test_a_peer_is_made_of_exact_versions() -> None:
    for peer in rivals.PEERS:
        lines = [line.strip() for line in peer.pins.read_text().splitlines()]
        if peer.pins.suffix == ".txt":
            assert all("==" in line for line in lines)
        else:
            assert not [line for line in lines if '": "' in line and line.strip('",')[-1:] not in "0123456789e"]
        assert not [line for line in lines if "//" in line]


async def test_a_peer_that_cannot_be_installed_says_why() -> None:
    with pytest.raises(rivals.NotMeasured, match=r"There is no nothing-of-this-name\."):
        rivals._install("nothing-of-this-name")
    with pytest.raises(rivals.NotMeasured, match=r"can't be installed: it broke at \.\.\. in \./var$"):
        rivals._install("sh", "-c", f"echo it broke at https://somewhere/simple in {ROOT}/var >&2; exit 1")
