"""How alike models are, from 0 to 1 with 1 on the diagonal, and how many different ones that is."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from torch import Tensor

from analysis.checks import BundleError
from analysis.divergences import cosine_probabilities, hellinger_affinity
from analysis.measure import Measure
from analysis.pairwise import ratio, share
from analysis.tally import Tally
from analysis.vendi import ORDERS, named, vendi, vendi_orders

# Probabilities are stored in float32, and those of many models are multiplied in it.
NOISE = 1e-7


@dataclass(frozen=True)
class Kernel:
    """A table of similarities between models.

    Attributes:
        name: the function's name, also the value of "kernel" in the JSON.
        label: what a person reads.
        summary: one sentence for help and hover.
        needs: tally sums that the function takes, in order.
        function: sums -> float64 [M, M] with 1 on the diagonal; undefined is NaN. Without gaps
            it has no negative eigenvalues.
        without: what a model lacks when it is left out rather than undefined; empty: none is.
        noise: rounding error of an entry, beyond that of float64.
    """

    name: str
    label: str
    summary: str
    needs: tuple[str, ...]
    function: Callable[..., Tensor]
    without: str = ""
    noise: float = 0.0


def label_agreement(both_answered: Tensor, same: Tensor) -> Tensor:
    """Share of samples on which two models give the same answer.

    Args:
        both_answered: [M, M], samples that both models answered.
        same: [M, M], those of them with the same answer.

    Returns:
        float64 [M, M] in [0, 1]; lower is more diverse. NaN where no sample was answered by both.

    Example:
        >>> import torch
        >>> label_agreement(torch.tensor([[4, 4], [4, 4]]), torch.tensor([[4, 1], [1, 4]])).tolist()
        [[1.0, 0.25], [0.25, 1.0]]
    """
    return share(same, both_answered)


def correctness_agreement(both_graded: Tensor, both_right: Tensor, both_wrong: Tensor) -> Tensor:
    """Share of samples on which two models are both right or both wrong.

    Args:
        both_graded: [M, M], samples on which both answers could be judged.
        both_right: [M, M], both right.
        both_wrong: [M, M], both wrong.

    Returns:
        float64 [M, M] in [0, 1]; lower is more diverse. NaN where nothing was graded for both.

    Example:
        >>> import torch
        >>> correctness_agreement(*(torch.tensor([[v]]) for v in (4, 1, 2))).tolist()
        [[0.75]]
    """
    return share(both_right + both_wrong, both_graded)


def error_cosine(both_graded: Tensor, both_wrong: Tensor, right_given: Tensor) -> Tensor:
    """Cosine of the errors of two models, each a vector of 1 where the model is wrong.

    Args:
        both_graded: [M, M], samples on which both answers could be judged.
        both_wrong: [M, M], both wrong.
        right_given: [M, M], i right while j is graded.

    Returns:
        float64 [M, M] in [0, 1]; lower is more diverse. NaN where one of the two has no errors
        on the samples that both are judged on.

    Example:
        >>> import torch
        >>> error_cosine(*(torch.tensor([[v]]) for v in (4, 1, 2))).tolist()
        [[0.5]]
    """
    wrong_given = (both_graded - right_given).double()
    return ratio(both_wrong.double(), (wrong_given * wrong_given.T).sqrt())


KERNELS = {
    kernel.name: kernel
    for kernel in (
        Kernel(
            name="label_agreement",
            label="Agreement of answers",
            summary="Share of samples on which two models give the same answer.",
            needs=("both_answered", "same"),
            function=label_agreement,
        ),
        Kernel(
            name="correctness_agreement",
            label="Agreement in being right",
            summary="Share of samples on which two models are both right or both wrong.",
            needs=("both_graded", "both_right", "both_wrong"),
            function=correctness_agreement,
        ),
        Kernel(
            name="error_cosine",
            label="Cosine of errors",
            summary="Errors that two models share, relative to how many each makes.",
            needs=("both_graded", "both_wrong", "right_given"),
            function=error_cosine,
            without="errors",
        ),
        Kernel(
            name="hellinger_affinity",
            label="Overlap of probabilities (Hellinger)",
            summary="How far the probabilities of two models overlap, from 0 to 1.",
            needs=("both_scored", "hellinger_sum"),
            function=hellinger_affinity,
            noise=NOISE,
        ),
        Kernel(
            name="cosine_probabilities",
            label="Cosine of probabilities",
            summary="Cosine of the probabilities of two models as long vectors.",
            needs=("gram_sum", "square_given"),
            function=cosine_probabilities,
            noise=NOISE,
        ),
    )
}


def default_kernel(tally: Tally) -> str:
    """Overlap of probabilities where every model has some, else agreement of answers.

    Grades alone have no answers to compare: then agreement in being right.
    """
    if "hellinger_sum" in tally.sums and bool((tally["both_scored"].diagonal() > 0).all()):
        return "hellinger_affinity"
    judged = set(KERNELS["correctness_agreement"].needs) <= set(tally.sums)
    answered = "both_answered" in tally.sums and bool((tally["both_answered"] > 0).any())
    return "correctness_agreement" if judged and not answered else "label_agreement"


def model_vendi(
    tally: Tally, *, kernel: str | None = None, orders: Sequence[float] = ORDERS
) -> dict[str, float | str]:
    """Effective number of different models.

    Kernels of probabilities lie close to 1 for similar models, so scores of different kernels
    must not be compared.

    Args:
        tally: sums that hold what the kernel needs.
        kernel: a name in `KERNELS`; None: as `default_kernel` chooses.
        orders: as in `analysis.vendi.vendi_orders`.

    Returns:
        "kernel": its name; "models": how many count (with "error_cosine", models without errors
        are left out); and one "vendi_q..." per order in [1, models], higher is more diverse,
        NaN where two models have no samples in common.

    Raises:
        BundleError: there is no kernel of this name, or an order is negative.

    Example:
        >>> import torch
        >>> sums = {"both_answered": torch.full((2, 2), 4), "same": torch.full((2, 2), 4)}
        >>> model_vendi(Tally(sums), orders=(1,))
        {'kernel': 'label_agreement', 'models': 2, 'vendi_q1': 1.0}
    """
    name = kernel or default_kernel(tally)
    if name not in KERNELS:
        raise BundleError(f"There is no kernel '{name}'; expected one of {', '.join(KERNELS)}.")
    chosen = KERNELS[name]
    table = chosen.function(*(tally[need] for need in chosen.needs))
    if chosen.without:
        kept = table.diagonal().isfinite()
        table = table[kept][:, kept]
    scores = vendi_orders(table, orders, noise=chosen.noise)
    return {"kernel": name, "models": len(table), **named(scores, orders)}


def vendi_answers(both_answered: Tensor, same: Tensor) -> Tensor:
    """Effective number of different models by the answers that they share (Vendi score, order 1).

    Args:
        both_answered: [M, M], samples that both models answered.
        same: [M, M], those of them with the same answer.

    Returns:
        float64 scalar in [1, M]; higher is more diverse. NaN where two models have no sample
        that both answered, or no model has an answer.

    Example:
        >>> import torch
        >>> vendi_answers(torch.full((2, 2), 4), torch.full((2, 2), 4)).item()
        1.0

    References:
        Friedman and Dieng 2023, The Vendi score.
    """
    return vendi(label_agreement(both_answered, same))


def vendi_probabilities(both_scored: Tensor, hellinger_sum: Tensor) -> Tensor:
    """Effective number of different models by how far their probabilities overlap (order 1).

    Args:
        both_scored: [M, M], samples with probabilities of both.
        hellinger_sum: float64 [M, M], summed overlap.

    Returns:
        float64 scalar in [1, M]; higher is more diverse. NaN where two models have no sample
        with probabilities of both.

    Example:
        >>> import torch
        >>> vendi_probabilities(torch.full((2, 2), 4), torch.full((2, 2), 4.0)).item()
        1.0

    References:
        Friedman and Dieng 2023, The Vendi score.
    """
    return vendi(hellinger_affinity(both_scored, hellinger_sum), noise=NOISE)


MEASURES = (
    Measure(
        name="vendi_answers",
        label="Vendi score of answers",
        kind="set",
        summary="How many different models there are in effect, by the answers that they share.",
        needs=("both_answered", "same"),
        function=vendi_answers,
        diverse="higher",
        bounds=(1.0, None),
        undefined="two models have no sample that both answered, or no model has an answer.",
    ),
    Measure(
        name="vendi_probabilities",
        label="Vendi score of probabilities",
        kind="set",
        summary="How many different models there are in effect, by how far their probabilities "
        "overlap.",
        needs=("both_scored", "hellinger_sum"),
        function=vendi_probabilities,
        diverse="higher",
        bounds=(1.0, None),
        undefined="two models have no sample with probabilities of both.",
    ),
)
