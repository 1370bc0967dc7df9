"""Coverage and risk of each group against the confidence at which answers are given."""

import torch

from analysis.bundle import Bundle, BundleError
from analysis.group_curves import by_threshold
from analysis.grouping import Grouping
from analysis.intervals import wilson
from analysis.quality import aurc
from dashboard.compute.voices import Voices, confidences, family_codes, voices
from dashboard.state import Choices

THRESHOLDS = 60


def against_confidence(
    choices: Choices, bundle: Bundle, along: str, roles: tuple[str, ...]
) -> dict:
    """Accuracy where answered, and coverage, at each threshold; with the area per group."""
    wanted = tuple(dict.fromkeys([*roles, *(["members"] if "families" in roles else [])]))
    who = voices(choices, bundle, wanted)
    sure, grouping = confidences(choices, bundle, who), bundle.groups[choices.grouping]
    finite = sure[torch.isfinite(sure)]
    if not len(finite):
        raise BundleError(
            "Nobody says how sure they are: probabilities, or a column of confidences, are needed."
        )
    grid = finite.sort().values
    steps = torch.linspace(0, len(grid) - 1, THRESHOLDS, device=grid.device).round().long()
    grid = grid[steps].unique()
    kept, right, n = by_threshold(sure, who.scores > 0.5, who.known, grouping, grid)
    areas = _areas(sure, who, grouping)
    codes, families = family_codes(bundle, choices.ensemble.members)
    lines = []
    for row, (name, role, slot) in enumerate(zip(who.names, who.roles, who.slots, strict=True)):
        here, size = [row], 1
        if role == "family":
            own = (codes == families.index(name)).nonzero().flatten().tolist()
            here = [who.names.index(choices.ensemble.members[k]) for k in own]
            size = len(here)
        if role == "member" and "members" not in roles:
            continue
        parts = [table[here].sum(0) for table in (kept, right, n)]
        if parts[2].sum() == 0:
            continue
        lines.append(_silentline(name, role, slot, grid, *parts, size))
        lines[-1]["aurc"] = areas[here].nanmean(0).cpu().numpy()
    return {"lines": lines}


def _silentline(name, role, slot, grid, kept, right, n, size) -> dict:
    """Of T thresholds: accuracy where answered, and the share that is; of a family on average."""
    low, high = wilson(right / size, kept / size)
    share = torch.where(kept > 0, right / kept, torch.nan)
    return {
        "name": name,
        "role": role,
        "slot": slot,
        "x": grid.cpu().numpy(),
        **{k: v.cpu().numpy() for k, v in (("mean", share), ("low", low), ("high", high))},
        "n": (kept / size).cpu().numpy(),
        "coverage": torch.where(n > 0, kept.T / n, torch.nan).T.cpu().numpy(),
    }


def _areas(sure: torch.Tensor, who: Voices, grouping: Grouping) -> torch.Tensor:
    """Area under risk and coverage of each in each group, float64 [R, G]; ties in expectation."""
    found = torch.full((len(sure), len(grouping.levels)), torch.nan, dtype=torch.float64)
    for level, rows in enumerate(grouping.membership().T):
        for place in range(len(sure)):
            use = rows & who.known[place] & ~sure[place].isnan()
            if use.any():
                found[place, level] = aurc(sure[place, use], who.scores[place, use] > 0.5)
    return found
