"""A package in, everything that came of it out: outcomes by function, what was left, the version."""

from __future__ import annotations

import contextlib
import importlib
from collections.abc import Iterator
from dataclasses import dataclass

from rule_audits.judging import Candidate, Outcome, judge
from rule_audits.subject import Left, Wanted, every

PACKAGES = {"autograd": "of_autograd", "jax": "of_jax", "optax": "of_optax", "torch": "of_torch"}


@dataclass(frozen=True)
class Audited:
    """What was found of a package. ``missing`` tells why there is nothing."""

    package: str
    version: str = ""
    outcomes: tuple[Outcome, ...] = ()
    left: tuple[Left, ...] = ()
    missing: str = ""

    @property
    def functions(self) -> dict[str, tuple[Outcome, ...]]:
        """The outcomes by function, in the order of names."""
        names = dict.fromkeys(outcome.name for outcome in self.outcomes)
        return {name: tuple(outcome for outcome in self.outcomes if outcome.name == name) for name in sorted(names)}

    @property
    def candidates(self) -> Iterator[Candidate]:
        """Every candidate of every call."""
        for outcome in self.outcomes:
            yield from outcome.candidates


def audit(package: str, wanted: Wanted = every, print_each: bool = False) -> Audited:
    """Audit one package, as far as it is installed."""
    part = importlib.import_module(f"rule_audits.{PACKAGES[package]}")
    try:
        part.load()
    except ImportError as lacking:
        return Audited(package, missing=str(lacking))
    outcomes: list[Outcome] = []
    left: list[Left] = []
    with _in_64_bit():
        for found in part.subjects(wanted):
            if isinstance(found, Left):
                left.append(found)
                continue
            outcome = judge(found)
            outcomes.append(outcome)
            if print_each:
                how = "certified" if outcome.certified else "by floats"
                print(f"{outcome.status:10} {how:10} {outcome.name}({outcome.call}) {outcome.why}"[:160], flush=True)
                for candidate in outcome.candidates:
                    told = f"{candidate.says}; true: {candidate.true}; {candidate.remark}"
                    print(f"    {candidate.sort}: at {candidate.where[:80]}: {told}")
    return Audited(package, part.version(), tuple(outcomes), tuple(left))


@contextlib.contextmanager
def _in_64_bit() -> Iterator[None]:
    """Inside, JAX computes in float64."""
    import jax

    with jax.enable_x64(True):
        yield
