"""docs/benchmarks.md, from what is stored."""

from html import escape
from pathlib import Path

from benchmarks.figures import Contender, Figure, Result, number, quantity

HEAD = """# Numbers

Written by `make benchmarks` from what is stored in [docs/benchmarks](benchmarks), not by hand. Each benchmark runs in a
process of its own, on servers from the wheels, with settings that survive the machine. Contenders take turns within one
run, in another order each round.

*Median* is that of the rounds; half of them lie in the *middle half*. *Ours is* says how many times as good ours is,
compared round by round, whether more or less is better: 0.5 is half as fast, or twice as long. A time of one machine
says nothing of another, a ratio does ([why so](decisions/0026-benchmarks.md)).

`make benchmarks` repeats all of it, `make benchmarks ARGS=NAME` one. Peers come from their registries, in the versions
that [benchmarks/peers](../benchmarks/peers) names.
"""
STYLE = """
text { font: 13px system-ui, sans-serif; fill: #1f2328 } .paper { fill: #ffffff } .ours { fill: #0969da }
.limit { fill: #8c959f } .peer { fill: #bf8700 } .spread { stroke: #1f2328; stroke-width: 1.5 }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3 } .paper { fill: #0d1117 } .ours { fill: #4493f8 } .limit { fill: #6e7681 } .peer { fill: #d29922 }
.spread { stroke: #e6edf3 }
}
"""


def write(docs: Path, results: list[Result]) -> None:
    """The page, and the charts that it shows."""
    machines = [result.machine for result in results]
    usual = max(machines, key=machines.count, default={})
    parts = [HEAD, "\n".join(["## On what", "", *(f"- {name}: {value}" for name, value in usual.items()), ""])]
    parts += [summary(results), *(section(result, usual, charts=True) for result in results)]
    for result in results:
        for name, figure in charts(result).items():
            (docs / "benchmarks" / name).write_text(chart(figure))
    (docs / "benchmarks.md").write_text("\n".join(parts))


def summary(results: list[Result]) -> str:
    """Every goal, and whether it was reached."""
    rows = [
        f"| [{result.name}](#{result.name}) | {figure.title} | {goal} | {found} | {_word(reached)} |"
        for result in results
        for figure in result.figures
        for goal, found, reached in figure.verdicts()
    ]
    head = ["## Goals", "", "| benchmark | figure | goal | found | |", "|---|---|---|---|---|"]
    return "\n".join([*head, *rows, ""])


def section(result: Result, usual: dict[str, str] | None = None, *, charts: bool = False) -> str:
    """One benchmark. What it ran on is said where that is not the usual."""
    took = f"{result.seconds:.0f} s" if result.seconds < 100 else f"{result.seconds / 60:.0f} minutes"  # noqa: PLR2004
    others = [f"{name} {value}" for name, value in result.machine.items() if (usual or {}).get(name) != value]
    taken = (
        f"Taken on {result.taken} at {result.commit}, in {took}; its process held {number(result.memory)} MiB at most."
    )
    lines = [
        f"## {result.name}",
        "",
        f"{result.title}. {taken}",
        *([f"On {', '.join(others)}."] if others else []),
        "",
    ]
    for place, figure in enumerate(result.figures):
        lines += [f"### {figure.title[:1].upper()}{figure.title[1:]}", "", figure.how, ""]
        if charts and figure.chart:
            lines += [f"![{figure.title}](benchmarks/{_file(result, place)})", ""]
        lines += [*table(figure), ""]
        lines += [f"- {it.name}: {it.how}" for it in figure.contenders if it.how]
        lines += [f"- {it.name}: not measured. {it.absent}" for it in figure.contenders if it.absent]
        lines += [""] * bool(lines[-1])
    return "\n".join(lines)


def table(figure: Figure) -> list[str]:
    """The contenders of a figure and its goals, as lines of Markdown."""
    rounds = len(figure.ours.rounds)
    median = f"median of {rounds}" if rounds > 1 else "one round"
    lines = [f"| {figure.better} is better | {median} | middle half | ours is |", "|---|--:|--:|--:|"]
    for it in figure.contenders:
        if not it.rounds:
            continue
        name = f"**{it.name}**" if it.role == "ours" else f"{it.name} {it.version}".strip()
        ratio = "" if it.role == "ours" else _ratio(figure, it)
        low, high = it.spread
        spread = f"{number(low)} to {number(high)}" if rounds > 1 else ""
        note = " (limit)" if it.role == "limit" else ""
        lines.append(f"| {name}{note} | {quantity(it.median, figure.unit)} | {spread} | {ratio} |")
    lines += [f"| goal: {it.goal} | {it.found} | | {_word(it.reached)} |" for it in figure.verdicts()]
    return lines


def charts(result: Result) -> dict[str, Figure]:
    """Which figures are drawn, by the names of their files."""
    return {_file(result, place): figure for place, figure in enumerate(result.figures) if figure.chart}


def chart(figure: Figure) -> str:
    """Bars of the medians and a line over the middle half, for light and dark."""
    shown = [it for it in figure.contenders if it.rounds]
    width, left, step = 760, 230, 30
    longest = max(max(it.median, it.spread[1]) for it in shown)
    scale = (width - left - 90) / longest
    height = step * len(shown) + 44
    box = f'viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" {box}>',
        f"<title>{escape(figure.title)}</title><style>{STYLE}</style>",
        f'<rect class="paper" width="{width}" height="{height}" rx="6"/>',
        f'<text x="12" y="22">{escape(figure.title)} ({escape(figure.unit)}; {figure.better} is better)</text>',
    ]
    for place, it in enumerate(shown):
        top = 36 + step * place
        low, high = (left + value * scale for value in it.spread)
        name = escape(f"{it.name} {it.version}".strip())
        parts += [
            f'<text x="{left - 8}" y="{top + 15}" text-anchor="end">{name}</text>',
            f'<rect class="{it.role}" x="{left}" y="{top}" width="{it.median * scale:.1f}" height="20" rx="2"/>',
            f'<line class="spread" x1="{low:.1f}" x2="{high:.1f}" y1="{top + 10}" y2="{top + 10}"/>',
            f'<text x="{max(high, left + it.median * scale) + 6:.1f}" y="{top + 15}">{number(it.median)}</text>',
        ]
    return "\n".join([*parts, "</svg>", ""])


def _ratio(figure: Figure, other: Contender) -> str:
    ratio = figure.ratio(other)
    low, high = ratio.spread
    return (
        f"{number(ratio.median)} ({number(low)} to {number(high)})" if len(other.rounds) > 1 else number(ratio.median)
    )


def _file(result: Result, place: int) -> str:
    return f"{result.name}-{place + 1}.svg"


def _word(reached: bool) -> str:  # noqa: FBT001  it is what it says
    return "reached" if reached else "**missed**"
