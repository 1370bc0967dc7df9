"""The search for candidates that a file or a report rests on: as the page Front opens."""

from dataclasses import replace
from math import comb

from analysis.bundle import Bundle
from dashboard import compute
from dashboard.choosing import Choices
from dashboard.compute.candidates import Candidates
from dashboard.compute.search_axes import Axis
from dashboard.compute.searches import MOST, Setting, Wanted

KINDS = ("quality", "diversity", "consistency")
USUAL = ("accuracy", "disagreement_labels", "leave_one_out", "members")
LOSSES = ("log_loss", "jensen_gap")
QUICK = {"every": 1, "random": 20, "edges": False}
LONGEST = 60.0  # seconds of a search, as they are expected


def searched(choices: Choices, preferred: tuple[str, ...] = ()) -> tuple[Setting, Candidates] | str:
    """What was looked for and found; a sentence where there is nothing to search.

    Args:
        choices: of the sidebar.
        preferred: axes that come first where the data allow them.
    """
    bundle = choices.bundle
    wanted = usual(choices, bundle, preferred)
    if isinstance(wanted, str):
        return wanted
    asked = compute.setting(choices, bundle, wanted)
    if compute.expected(asked)[1] > LONGEST:
        asked = compute.setting(choices, bundle, replace(wanted, **QUICK))
    return asked, compute.search_now(asked)


def ordered(axes: tuple[Axis, ...], preferred: tuple[str, ...] = ()) -> list[Axis]:
    """The axes in the order in which they are offered."""
    return sorted(axes, key=lambda axis: (axis.name not in preferred, axis.name not in USUAL))


def usual(choices: Choices, bundle: Bundle, preferred: tuple[str, ...] = ()) -> Wanted | str:
    """The first axis of each kind and the usual candidates; or why there is no front."""
    axes, reasons = compute.usable_axes(choices, bundle)
    if not set(KINDS) <= {axis.kind for axis in axes}:
        return f"These samples allow no front: {next(iter(reasons.values()), 'no model fits.')}"
    if not set(preferred) <= {axis.name for axis in axes}:
        return "These samples allow no such axes: they need labels and probabilities."
    offered = ordered(axes, preferred)
    names = [next(axis.name for axis in offered if axis.kind == kind) for kind in KINDS]
    models = len(bundle.models)
    return Wanted(
        tuple(names),
        every=2 if models > 1 and comb(models, 2) <= MOST else 1,
        halves=compute.can_be_halved(compute.pool_of(choices, bundle)),
    )
