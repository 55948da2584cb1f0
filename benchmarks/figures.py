"""What a benchmark finds: figures of ours, each beside its limit and its peers, and how they compare.

A round is one turn of every contender, so their rounds of one number lie within seconds of each other. A ratio is the
median of the rounds' own ratios: what slows the machine down for a while slows both sides of it.
"""

import statistics
from typing import Literal, NamedTuple, Self

from pydantic import BaseModel, field_validator, model_validator

EVERY_PEER = "every peer"

Role = Literal["ours", "limit", "peer"]
"""Ours, what nobody can do better, or somebody else's."""


class Contender(BaseModel, frozen=True):
    """One way to do what is measured."""

    name: str
    role: Role
    rounds: tuple[float, ...] = ()
    version: str = ""
    how: str = ""
    """What was called, where the name does not say it."""
    absent: str = ""
    """Why it was not measured."""

    @field_validator("rounds")
    @classmethod
    def _six_digits(cls, rounds: tuple[float, ...]) -> tuple[float, ...]:
        return tuple(float(f"{value:.6g}") for value in rounds)

    @property
    def median(self) -> float:
        """Of the rounds."""
        return statistics.median(self.rounds)

    @property
    def spread(self) -> tuple[float, float]:
        """Between which values the middle half of the rounds lies."""
        return _middle_half(self.rounds)


class Goal(BaseModel, frozen=True):
    """How good ours has to be."""

    value: float
    of: str = ""
    """So many times as good as this contender, or as ``EVERY_PEER``. Unless told, a value in the figure's unit."""


class Ratio(NamedTuple):
    """How many times as good ours is, whether more or less is better: 0.5 is half as fast, or twice as long."""

    median: float
    spread: tuple[float, float]


class Verdict(NamedTuple):
    """What became of a goal."""

    goal: str
    found: str
    reached: bool


class Figure(BaseModel, frozen=True):
    """One thing that was measured, of a contender that is ours and any number of others."""

    title: str
    how: str
    """A sentence: what was done, with how much, how often."""
    unit: str
    better: Literal["more", "less"]
    contenders: tuple[Contender, ...]
    goals: tuple[Goal, ...] = ()
    chart: bool = False

    @model_validator(mode="after")
    def _takes_turns(self) -> Self:
        others = [it for it in self.contenders if it.role != "ours" and it.rounds]
        if uneven := [it.name for it in others if len(it.rounds) != len(self.ours.rounds)]:
            raise ValueError(f"{self.title}: not as many rounds of {', '.join(uneven)} as of {self.ours.name}")
        return self

    @property
    def ours(self) -> Contender:
        """The one that the others are compared with: the first of ours."""
        return next(it for it in self.contenders if it.role == "ours")

    def ratio(self, other: Contender) -> Ratio:
        """Compare ours with another, round by round."""
        pairs = zip(self.ours.rounds, other.rounds, strict=True)
        ratios = [mine / theirs if self.better == "more" else theirs / mine for mine, theirs in pairs]
        return Ratio(statistics.median(ratios), _middle_half(ratios))

    def verdicts(self) -> list[Verdict]:
        """What became of the goals."""
        return [self._value(goal) if not goal.of else self._times(goal) for goal in self.goals]

    def _value(self, goal: Goal) -> Verdict:
        found, more = self.ours.median, self.better == "more"
        text = f"at {'least' if more else 'most'} {quantity(goal.value, self.unit)}"
        return Verdict(text, quantity(found, self.unit), found >= goal.value if more else found <= goal.value)

    def _times(self, goal: Goal) -> Verdict:
        peers = [it for it in self.contenders if it.role == "peer"]
        others = peers if goal.of == EVERY_PEER else [it for it in self.contenders if it.name == goal.of]
        ratios = {it.name: self.ratio(it).median for it in others if it.rounds}
        text = f"at least {number(goal.value)} times {goal.of}"
        if not ratios:
            return Verdict(text, "not measured", reached=False)
        nearest = min(ratios, key=ratios.__getitem__)
        found = number(ratios[nearest]) + (f" ({nearest})" if goal.of == EVERY_PEER else "")
        return Verdict(text, found, ratios[nearest] >= goal.value)


class Result(BaseModel, frozen=True):
    """One run of a benchmark, as it is stored."""

    name: str
    title: str
    taken: str
    """The day."""
    commit: str
    seconds: float
    memory: float
    """The most that its process held, in MiB. What it started is not in it."""
    machine: dict[str, str]
    figures: tuple[Figure, ...]


def number(value: float) -> str:
    """Two or three digits that count."""
    size = abs(value)
    if size < 0.1:  # noqa: PLR2004
        return f"{value:.2g}"
    return f"{value:,.{0 if size >= 100 else 1 if size >= 10 else 2}f}"  # noqa: PLR2004


def quantity(value: float, unit: str) -> str:
    """A number and its unit."""
    return number(value) + ("" if unit.startswith("/") else " ") + unit


def _middle_half(values: "tuple[float, ...] | list[float]") -> tuple[float, float]:
    if len(values) == 1:
        return values[0], values[0]
    low, _, high = statistics.quantiles(values, n=4, method="inclusive")
    return low, high
