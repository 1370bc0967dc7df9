"""Repeated runs of one model: what tries, votes and a verifier make of them, how steady it is."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields

import torch
from torch import Tensor

from analysis.answer_codes import vote_counts
from analysis.bundle import Bundle
from analysis.ensemble import answers
from analysis.grading import grade, judged
from analysis.intervals import wilson
from analysis.pairwise import ratio, share
from analysis.sums.piece import Missing
from analysis.teams import teams_of_size
from analysis.verifier import verifier_ceiling

SUBSETS = 100
MAY_DIFFER = ("seed", "run", "cost")
FALSE_POSITIVES = (0.0, 0.01, 0.05, 0.1, 0.2)


def repeats(bundle: Bundle) -> dict[str, list[int]]:
    """Which models are runs of one and the same: {base model: rows}, two rows or more each.

    The column "base_model" of the model information says so; reading a column of runs fills it.
    """
    found: dict[str, list[int]] = {}
    for row, base in enumerate(bundle.model_info.get("base_model", ())):
        if isinstance(base, str) and base:
            found.setdefault(base, []).append(row)
    return {base: rows for base, rows in found.items() if len(rows) > 1}


def same_recipe(bundle: Bundle, rows: Sequence[int]) -> bool:
    """Whether these models differ by chance only, so that `run_variance` means something.

    They do when all name the same base model, or the same family and each a seed or run of its
    own; and everything else that is known of them, apart from the cost, is the same for all.

    Args:
        bundle: M models.
        rows: positions of models.

    Returns:
        False where nothing is known, and for fewer than two models.
    """
    known = {
        name: {_plain(values[row]) for row in rows} for name, values in bundle.model_info.items()
    }
    rest = [cells for name, cells in known.items() if name not in MAY_DIFFER]
    if len(rows) < 2 or any(len(cells) > 1 for cells in rest):
        return False
    if known.get("base_model", {None}) != {None}:
        return True
    numbered = any(len(known.get(name, set()) - {None}) == len(rows) for name in ("seed", "run"))
    return numbered and known.get("family", {None}) != {None}


def pass_at_k(right: Tensor, answered: Tensor, k: int) -> Tensor:
    """Chance that at least one of k runs, drawn without replacement, is right on a sample.

    Args:
        right: bool [R, N].
        answered: bool [R, N], the run is judged on the sample.
        k: tries, at least 1.

    Returns:
        float64 [N] in [0, 1], an unbiased estimate; higher is better. NaN where fewer than k
        runs are judged.

    Example:
        >>> right = torch.tensor([[True], [False], [False]])
        >>> round(pass_at_k(right, torch.ones(3, 1, dtype=torch.bool), 2).item(), 4)
        0.6667

    References:
        Chen et al. 2021, Evaluating large language models trained on code, eq. 1.
    """
    judged = answered.sum(0).double()
    wrong = judged - (right & answered).sum(0)
    missed = torch.ones_like(judged)
    for drawn in range(k):
        missed *= (wrong - drawn).clamp_min(0) / (judged - drawn).clamp_min(1)
    return torch.where(judged >= k, 1 - missed, torch.nan)


def majority_at_k(
    bundle: Bundle, rows: Sequence[int], k: int, *, missing: Missing = "exclude", seed: int = 0
) -> float:
    """Expected accuracy of a plurality vote of k runs.

    Args:
        bundle: M models.
        rows: R runs of one model.
        k: voters, 1 to R.
        missing: as everywhere.
        seed: of the draw of 100 sets of k runs where there are more; else all of them vote.

    Returns:
        Share in [0, 1]; higher is better; ties as in every vote. NaN where nothing is judged.

    References:
        Wang et al. 2023, Self-consistency improves chain of thought reasoning.
    """
    team = bundle.select([bundle.models[row] for row in rows])
    membership = teams_of_size(len(rows), k, SUBSETS, seed=seed).to(bundle.device)
    right = torch.zeros(len(membership), dtype=torch.int64, device=bundle.device)
    count, start = right.clone(), 0
    for said in answers(team, "plurality", membership.double()):
        part = slice(start, start + said.predictions.shape[1])
        grades = grade(team, said.predictions, part)
        right += (grades == 1).sum(1)
        count += judged(team, grades, part, missing).sum(1)
        start = part.stop
    return share(right, count).nanmean().item()


def repeat_agreement(predictions: Tensor, counted: Tensor | None = None) -> Tensor:
    """Share of the pairs of runs that give the same answer to a sample.

    Args:
        predictions: int32 [R, N], -1 = no answer.
        counted: bool [R, N], the run counts on the sample; a missing answer that counts agrees
            with no other. None: the runs that answered.

    Returns:
        float64 [N] in [0, 1]; higher is steadier and less diverse; 1 = always the same. NaN
        where fewer than two runs count.

    Example:
        >>> repeat_agreement(torch.tensor([[4, 1], [4, 1], [2, 1]])).tolist()
        [0.3333333333333333, 1.0]
    """
    votes = vote_counts(predictions)[0]
    runs = votes.sum(0) if counted is None else counted.sum(0)
    return share((votes * (votes - 1)).sum(0), runs * (runs - 1))


@dataclass(frozen=True)
class RunVariance:
    """How much the number of right answers varies between runs, and how much it should.

    Attributes:
        observed: variance of the number of right answers between runs (R - 1 in the denominator).
        plug_in: sum over samples of p (1 - p), p the share of runs that are right.
        predicted: the same without bias, times R / (R - 1): what independent samples give.
        sd_accuracy: observed standard deviation of the accuracy.
        predicted_sd_accuracy: predicted standard deviation of the accuracy.
        between_runs: variance of the accuracy on the whole distribution, from real differences
            between runs; an unbiased estimate, so it may be negative: then show 0.
        binary_sd_accuracy: what two classes and calibrated runs give, sqrt(error / 2N).
    """

    observed: float
    plug_in: float
    predicted: float
    sd_accuracy: float
    predicted_sd_accuracy: float
    between_runs: float
    binary_sd_accuracy: float


def run_variance(right: Tensor) -> RunVariance:
    """Whether runs of one recipe differ more than chance on a finite test set makes them.

    It means something only for runs that differ by chance alone, see `same_recipe`.

    Args:
        right: bool [R, N], on samples that all runs are judged on.

    Returns:
        Variances; those between runs are NaN for a single run, all of them without a sample, and
        `between_runs` for a single sample.

    Example:
        >>> found = run_variance(torch.tensor([[True, False], [False, True]]))
        >>> found.observed, found.predicted
        (0.0, 1.0)

    References:
        Jordan 2023, Calibrated chaos: variance between runs of neural network training is
        harmless and inevitable.
    """
    runs, samples = right.shape
    if not samples:
        return RunVariance(*[torch.nan] * len(fields(RunVariance)))
    counts, of_sample = right.double().sum(1), right.double().mean(0)
    plug_in = (of_sample * (1 - of_sample)).sum()
    spread = (counts - counts.mean()).square().sum()
    number = torch.tensor([runs - 1, samples, samples * (samples - 1)]).to(counts)
    observed, predicted = ratio(spread, number[0]), ratio(plug_in * runs, number[0])
    error = ratio(samples - counts.mean(), number[1])
    return RunVariance(
        observed=observed.item(),
        plug_in=plug_in.item(),
        predicted=predicted.item(),
        sd_accuracy=ratio(observed.sqrt(), number[1]).item(),
        predicted_sd_accuracy=ratio(predicted.sqrt(), number[1]).item(),
        between_runs=ratio(observed - predicted, number[2]).item(),
        binary_sd_accuracy=ratio(error, 2 * number[1]).sqrt().item(),
    )


def runs_report(
    bundle: Bundle, *, missing: Missing = "exclude", seed: int = 0
) -> dict[str, dict[str, object]]:
    """What repeated runs say, for every model that was run more than once.

    Args:
        bundle: M models.
        missing: "wrong" judges every run on every labelled sample, and a missing answer there
            agrees with no other.
        seed: of the sets of runs that vote.

    Returns:
        {base model: plain numbers and lists}; undefined is None. "n" counts the samples that
        all runs are judged on, which the variance uses; pass@k is a mean over the samples with k
        judged runs; "variance" is None where the runs differ by more than chance, its
        "binary_sd_accuracy" where there are not two classes.
    """
    return {base: _report(bundle, rows, missing, seed) for base, rows in repeats(bundle).items()}


def _report(bundle: Bundle, rows: list[int], missing: Missing, seed: int) -> dict[str, object]:
    grades = bundle.grades[rows]
    told = grades >= 0 if missing == "exclude" else bundle.labelled.expand_as(grades)
    right = (grades == 1) & told
    tries = sorted({2**power for power in range(len(rows).bit_length())} | {len(rows)})
    said = bundle.predictions[rows]
    gaps = (said < 0) & (grades < 0) & bundle.labelled & (missing == "wrong")
    agreement = repeat_agreement(said, (said >= 0) | gaps)
    known = agreement.isfinite()
    always = (agreement == 1).sum()
    rates = share(right.sum(1), told.sum(1))
    of_sample = share(right.sum(0), told.sum(0))
    common = told.all(0)
    variance = asdict(run_variance(right[:, common]))
    if len(bundle.classes) != 2:
        variance["binary_sd_accuracy"] = torch.nan
    votes = {} if bundle.grades_alone else tries
    return _undefined_as_none(
        {
            "models": [bundle.models[row] for row in rows],
            "n": int(common.sum()),
            "accuracy": rates.tolist(),
            "mean_accuracy": rates.nanmean().item(),
            "pass_at_k": {str(k): pass_at_k(right, told, k).nanmean().item() for k in tries},
            "majority_at_k": {
                str(k): majority_at_k(bundle, rows, k, missing=missing, seed=seed) for k in votes
            },
            "agreement": agreement.nanmean().item(),
            "always_the_same": share(always, known.sum()).item(),
            "always_the_same_interval": [end.item() for end in wilson(always, known.sum())],
            "verifier_ceiling": {
                str(rate): verifier_ceiling(of_sample, false_positive=rate).item()
                for rate in FALSE_POSITIVES
            },
            "variance": variance if same_recipe(bundle, rows) else None,
        }
    )


def _undefined_as_none(entry):
    if isinstance(entry, dict):
        return {name: _undefined_as_none(value) for name, value in entry.items()}
    if isinstance(entry, list):
        return [_undefined_as_none(value) for value in entry]
    return None if isinstance(entry, float) and entry != entry else entry


def _plain(value: object) -> object:
    """A cell of the model information, None where it is missing."""
    return None if value is None or value != value or value == "" else value
