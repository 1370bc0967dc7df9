"""Regions of a decision tree: samples that meet a few tests of single columns."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from analysis.grouping import Grouping
from analysis.levels import frequent
from analysis.slice_search import slice_score

MOST_FEATURES = 1 << 28  # values of the table that a tree learns from
UNKNOWN = "unknown"


@dataclass(frozen=True)
class Feature:
    """What one test of a tree asks: is it this level, is it unknown, or how large is it?

    Attributes:
        column: the column.
        level: its level; None: the number itself.
        several: levels of the column do not exclude each other.
        lowest: smallest number where the number of some samples is unknown, which count as lower
            than all; None where all are known.
    """

    column: str
    level: str | None = None
    several: bool = False
    lowest: float | None = None


@dataclass(frozen=True, eq=False)
class Region:
    """Samples that a decision tree sends to one of its nodes.

    Attributes:
        conditions: ((column, what it is there), ...).
        inside: bool [N].
        score: as in `slice_search.slice_score`.
    """

    conditions: tuple[tuple[str, str], ...]
    inside: Tensor
    score: float


def tree_regions(
    columns: Mapping[str, Grouping],
    numbers: Mapping[str, np.ndarray],
    scores: Tensor,
    *,
    least: int,
    max_level: int = 3,
    alpha: float = 0.95,
    top: int = 10,
    seed: int = 0,
) -> list[Region]:
    """The regions of a regression tree in which a score is highest above its mean.

    The tree tests one level of a column, or one number, at a time, each time so that the two
    sides differ most. All its nodes are looked at, not only the leaves.

    Args:
        columns: groupings of N samples.
        numbers: {column: values [N]}; where a column is here too, the tree cuts its numbers.
        scores: float [N]; the tree learns from samples whose score is not NaN.
        least: samples of the smallest region.
        max_level: most tests of a region; tests of the same column become one condition.
        alpha: weight of the mean score against the size.
        top: how many regions.
        seed: of the order in which equally good tests are tried.

    Returns:
        At most `top` regions that score above 0, best first, over all N samples.

    Example:
        >>> wrong = (torch.arange(40) >= 30).double()
        >>> found = tree_regions({}, {"width": np.arange(40.0)}, wrong, least=5)
        >>> found[0].conditions, int(found[0].inside.sum())
        ((('width', 'above 29.5'),), 10)

    References:
        Breiman et al. 1984, Classification and regression trees.
    """
    from sklearn.tree import DecisionTreeRegressor

    known = torch.isfinite(scores)
    features, table = _features(columns, numbers, known, least)
    if not features or int(known.sum()) < 2 * least or not (scores[known] > 0).any():
        return []
    learner = DecisionTreeRegressor(max_depth=max_level, min_samples_leaf=least, random_state=seed)
    learner.fit(table[known.cpu().numpy()], scores[known].cpu().numpy())
    paths = torch.from_numpy(learner.decision_path(table).toarray().T > 0).to(scores.device)
    known_scores, inside = scores[known].double(), paths[:, known].double()
    size = inside.sum(1)
    score = slice_score(
        size,
        inside @ known_scores / size,
        len(known_scores),
        float(known_scores.mean()),
        float(known_scores.clamp_min(0).mean()),
        alpha,
    )
    tests, order = _tests(learner.tree_), score.argsort(descending=True, stable=True).tolist()
    return [
        Region(_told(tests[node], features), paths[node], float(score[node]))
        for node in order
        if tests[node] and score[node] > 0
    ][:top]


def _features(
    columns: Mapping[str, Grouping], numbers: Mapping[str, np.ndarray], known: Tensor, least: int
) -> tuple[list[Feature], np.ndarray]:
    """What can be asked, and the answers, float32 [N, F]."""
    features: list[Feature] = []
    parts: list[np.ndarray] = []
    for name, grouping in columns.items():
        if name in numbers:
            continue
        few, _ = frequent(grouping, known, least)
        if (
            not few.levels
            or (sum(p.shape[1] for p in parts) + len(few.levels)) * len(known) > MOST_FEATURES
        ):
            continue
        features += [Feature(name, level, grouping.overlapping) for level in few.levels]
        parts.append(few.membership().cpu().numpy().astype(np.float32))
    for name, values in numbers.items():
        values = np.asarray(values, dtype=np.float32)
        there = np.isfinite(values)
        if not there.any():
            continue
        lowest = float(values[there].min())
        features.append(Feature(name, lowest=None if there.all() else lowest))
        parts.append(np.where(there, values, lowest - 1 - abs(lowest))[:, None])
        if not there.all():
            features.append(Feature(name, UNKNOWN))
            parts.append(~there[:, None])
    return features, np.concatenate(parts, axis=1) if parts else np.zeros((len(known), 0))


def _tests(tree) -> list[list[tuple[int, float, bool]]]:
    """Per node the tests on the way to it: feature, threshold, and whether it was above."""
    found: list[list] = [[] for _ in range(tree.node_count)]
    for node in range(tree.node_count):
        for child, above in ((tree.children_left[node], False), (tree.children_right[node], True)):
            if child >= 0:
                test = (int(tree.feature[node]), float(tree.threshold[node]), above)
                found[child] = [*found[node], test]
    return found


def _told(
    tests: list[tuple[int, float, bool]], features: list[Feature]
) -> tuple[tuple[str, str], ...]:
    """The tests in words, one condition per column."""
    columns = dict.fromkeys(features[feature].column for feature, _, _ in tests)
    own = [(features[feature], threshold, above) for feature, threshold, above in tests]
    return tuple(
        (column, _condition([test for test in own if test[0].column == column]))
        for column in columns
    )


def _condition(tests: list[tuple[Feature, float, bool]]) -> str:
    cuts = [(threshold, above) for feature, threshold, above in tests if feature.level is None]
    is_ = [feature.level for feature, _, above in tests if feature.level is not None and above]
    is_not = [feature.level for feature, _, above in tests if feature.level and not above]
    if cuts and UNKNOWN not in is_:
        lowest = next(feature.lowest for feature, _, _ in tests if feature.level is None)
        return _range(cuts, None if UNKNOWN in is_not else lowest)
    if is_ and not any(feature.several for feature, _, _ in tests):
        return is_[0]
    without = [f"not {is_not[0]}"] if len(is_not) == 1 else []
    if len(is_not) > 1:
        without = [f"none of {', '.join(is_not)}"]
    return " and ".join([*is_, *without])


def _range(cuts: list[tuple[float, bool]], lowest: float | None) -> str:
    """Between which numbers a column lies; with `lowest`, the unknown count as below it."""
    low = max((threshold for threshold, above in cuts if above), default=None)
    high = min((threshold for threshold, above in cuts if not above), default=None)
    if lowest is not None and high is not None and high < lowest:
        return UNKNOWN
    if lowest is not None and low is not None and low < lowest:
        return f"at most {high:.4g}" if high is not None else f"not {UNKNOWN}"
    if low is None:
        return f"at most {high:.4g}" + ("" if lowest is None else f" or {UNKNOWN}")
    return f"above {low:.4g}" if high is None else f"{low:.4g} to {high:.4g}"
