"""Accuracy per group along what is known of models: checkpoints, team size, size and cost."""

import re

import numpy as np
import torch

from analysis.bundle import Bundle
from analysis.dynamics import checkpoints, epochs_of, repeated_epochs
from analysis.ensemble import Ensemble, combine
from analysis.gaps import judged_under
from analysis.grading import judgeable
from analysis.group_curves import Rates, rates
from analysis.groups import size_curve
from analysis.judging import judged_answers
from analysis.rules import RULES
from analysis.sets import Sets, crossed
from dashboard.compute.curve_lines import line_of, lines_of
from dashboard.compute.voices import drawn_ensembles, family_codes, voices
from dashboard.state import Choices

TEAMS = 100
ADDS_UP = re.compile(r"(?i)cost|size|param|flop|mac|latency|time|second|\bms\b|memory|price|token")


def against_size(choices: Choices, bundle: Bundle, along: str, roles: tuple[str, ...]) -> dict:
    """Teams of all members and of families by their size; best single and ensembles beside."""
    column, members = choices.grouping, choices.ensemble.members
    rule, missing = RULES[choices.ensemble.rule].stand_in, choices.missing
    if RULES[rule].needs == "probabilities":
        members = tuple(name for name in members if name in bundle.probabilities)
    codes, families = family_codes(bundle, members)
    pools = {("teams of all members", "member", 0): members} if "members" in roles else {}
    if "families" in roles:
        for place, family in enumerate(families):
            own = tuple(m for m, c in zip(members, codes.tolist(), strict=True) if c == place)
            pools |= {(family, "family", place): own} if len(own) > 1 else {}
    lines = []
    for who, pool in pools.items():
        found = size_curve(bundle.select(pool), rule, column, teams=TEAMS, missing=missing)
        teams = found["teams"].double()[:, None].expand_as(found["mean"])
        parts = (found["mean"], found["low"], found["high"], teams)
        table = Rates(*(part.T[None] for part in parts))
        lines.append(line_of(*who, found["sizes"].numpy(), table, 0))
    ends = (1, max(len(members), 2))
    lines += _flat(choices, bundle, tuple(r for r in roles if r == "best"), ends)
    if "ensembles" in roles:
        sizes = [len(ensemble.members) for *_, ensemble in drawn_ensembles(choices)]
        for line, size in zip(_flat(choices, bundle, ("ensembles",), (0,)), sizes, strict=True):
            lines.append(line | {"x": np.array([float(size)])})
    return {"lines": lines, "note": f"Teams under the rule {RULES[rule].label.lower()}."}


def _flat(choices: Choices, bundle: Bundle, roles: tuple[str, ...], x: tuple[float, ...]) -> list:
    """Those that do not change along x, the same at each place of it."""
    who = voices(choices, bundle, roles)
    if not who.names:
        return []
    found = rates(who.scores, who.known, crossed(bundle.groups[choices.grouping]), bundle.units)
    found = Rates(*(part[..., None].expand(*part.shape, len(x)) for part in vars(found).values()))
    return lines_of(who, np.array(x), found)


def against_epoch(choices: Choices, bundle: Bundle, along: str, roles: tuple[str, ...]) -> dict:
    """Runs, their families, the best of each epoch, and ensembles over training."""
    runs, epochs = checkpoints(bundle), np.array(epochs_of(bundle))
    sets = crossed(bundle.groups[choices.grouping])
    judged, lines = judged_answers(bundle, choices.missing), []
    whole = rates(bundle.correct, judged, sets, bundle.units)
    if "members" in roles:
        for run, own in runs.items():
            part = Rates(*(table[own].T[None] for table in vars(whole).values()))
            lines.append(line_of(run, "member", 0, epochs[own.cpu().numpy()], part, 0))
    rows = torch.cat(list(runs.values())).tolist()
    at = _by_place(rows, epochs)
    if "families" in roles:
        lines += _families(bundle, rows, epochs, judged, sets)
    if "best" in roles and len(runs) > 1:
        rate = (bundle.correct & judged).sum(1) / judged.sum(1)
        best = torch.tensor([max(r, key=lambda row: float(rate[row])) for r in at.values()])
        part = Rates(*(table[best].T[None] for table in vars(whole).values()))
        lines.append(line_of("best run of each epoch", "best", 0, np.array(list(at)), part, 0))
    if "ensembles" in roles:
        lines += _epoch_teams(choices, bundle, at, sets)
        ends = (min(at), max(at))
        lines += _flat(choices, bundle, ("ensembles",), ends)
    left = len(repeated_epochs(bundle))
    note = f"{left} more runs are left out: two of their models are the same epoch." if left else ""
    return {"lines": lines, "note": note}


def _by_place(rows: list[int], places: np.ndarray) -> dict[float, list[int]]:
    """Rows of the models at each place of x, in its order."""
    found: dict[float, list[int]] = {}
    for row in sorted(rows, key=lambda row: places[row]):
        found.setdefault(float(places[row]), []).append(row)
    return found


def _families(
    bundle: Bundle, rows: list[int], places: np.ndarray, judged: torch.Tensor, sets: Sets
) -> list[dict]:
    """Mean over the models of a family at each place of x where it has some."""
    codes, names = family_codes(bundle, tuple(bundle.models[row] for row in rows))
    lines = []
    for slot, name in enumerate(names):
        own = [row for row, code in zip(rows, codes.tolist(), strict=True) if code == slot]
        at, parts = _by_place(own, places), []
        for here in at.values():
            known = judged[here]
            share = (bundle.correct[here] & known).sum(0) / known.sum(0).clamp_min(1)
            parts.append((share, known.any(0)))
        table = rates(*(torch.stack(side) for side in zip(*parts, strict=True)), sets, bundle.units)
        table = Rates(*(part.T[None] for part in vars(table).values()))
        lines.append(line_of(name, "family", slot, np.array(list(at)), table, 0))
    return lines


def _epoch_teams(choices: Choices, bundle: Bundle, at: dict, sets) -> list[dict]:
    """The ensemble of all runs at each epoch that two runs or more have."""
    shared = {epoch: rows for epoch, rows in at.items() if len(rows) > 1}
    if not shared:
        return []
    rule, parts = RULES[choices.ensemble.rule].stand_in, []
    for rows in shared.values():
        team = tuple(bundle.models[row] for row in rows)
        whole, counts = combine(bundle, Ensemble(team, rule)), judgeable(bundle)
        known = judged_under(choices.missing, whole.grades, counts)[0] & counts
        parts.append((whole.correct[0].double(), known))
    table = rates(*(torch.stack(side) for side in zip(*parts, strict=True)), sets, bundle.units)
    table = Rates(*(part.T[None] for part in vars(table).values()))
    return [line_of("runs of one epoch together", "beside", 0, np.array(list(shared)), table, 0)]


def against_model(choices: Choices, bundle: Bundle, along: str, roles: tuple[str, ...]) -> dict:
    """Models, families, the best so far and ensembles by a number that is known of models."""
    costs = bundle.model_info[along].astype(float)
    there = np.flatnonzero(np.isfinite(costs))
    sets = crossed(bundle.groups[choices.grouping])
    judged = judged_answers(bundle, choices.missing)
    table, lines = rates(bundle.correct, judged, sets, bundle.units), []
    order = there[np.argsort(costs[there], kind="stable")]

    def line(name: str, role: str, slot: int, rows) -> dict:
        index = torch.as_tensor(np.asarray(rows))
        part = Rates(*(values[index].T[None] for values in vars(table).values()))
        return line_of(name, role, slot, costs[rows], part, 0)

    if "members" in roles:
        lines += [line(bundle.models[row], "member", 0, [row]) for row in order.tolist()]
    if "families" in roles:
        lines += _families(bundle, order.tolist(), costs, judged, sets)
    if "best" in roles and len(order):
        rate = ((bundle.correct & judged).sum(1) / judged.sum(1)).nan_to_num(-1.0).cpu().numpy()
        so_far = np.maximum.accumulate(rate[order])
        ahead = order[np.flatnonzero(np.diff(so_far, prepend=-1.0) > 0)]
        lines.append(line("best model up to here", "best", 0, ahead))
    if "ensembles" in roles and ADDS_UP.search(along):
        flat = _flat(choices, bundle, ("ensembles",), (0,))
        for one, (*_, ensemble) in zip(flat, drawn_ensembles(choices), strict=True):
            total = sum(costs[bundle.models.index(name)] for name in ensemble.members)
            lines += [one | {"x": np.array([total])}] if np.isfinite(total) else []
    return {"lines": lines}
