"""Dynamic selection: on each sample those answer who are right on the samples most like it."""

from collections.abc import Callable

import torch
from torch import Tensor

from analysis.bundle import Bundle
from analysis.evidence import Evidence, Given, Rows, votes
from analysis.learned import Learned, Options, Parameters
from analysis.nearest import nearest

Competence = Callable[[Tensor, Tensor], Tensor]


def reference_samples(team: Bundle, rows: Tensor, options: Options) -> Learned:
    """The samples to look for neighbours among, and who is right on them.

    Args:
        team: M models; the bundle has embeddings.
        rows: int64 [n], labelled samples that all answered.
        options: "scale": "standard" brings the columns of the embeddings to mean 0 and standard
            deviation 1 on these samples, "unit" the rows to length 1, "none" leaves both.

    Returns:
        Parameters "points" [n, D], "right" bool [M, n], "centre" and "spread" [D].
    """
    points = team.embeddings[rows].double()
    centre, spread = torch.zeros_like(points[0]), torch.ones_like(points[0])
    if options["scale"] == "standard":
        centre, found = points.mean(0), points.std(0, correction=0)
        spread = torch.where(found > 1e-12 * points.abs().amax(0), found, torch.inf)
    tensors = {
        "points": _scaled((points - centre) / spread, str(options["scale"])),
        "right": team.grades[:, rows] == 1,
        "centre": centre,
        "spread": spread,
    }
    return Learned(parameters=Parameters(tensors))


def knora_e(right: Tensor, present: Tensor) -> Tensor:
    """KNORA-Eliminate: those that are right on the longest run of neighbours from the nearest on.

    Args:
        right: bool [M, n, k], on the neighbours of n samples, nearest first.
        present: bool [M, n], who answered.

    Returns:
        float64 [M, n], 1 for those that vote: all where nobody has the nearest neighbour right.

    References:
        Ko, Sabourin and Britto 2008, From dynamic classifier selection to dynamic ensemble
        selection; DESlib 0.3.7 gives the same.
    """
    lead = right.long().cumprod(-1).sum(-1).masked_fill(~present, -1)
    return (present & (lead == lead.amax(0))).double()


def knora_u(right: Tensor, present: Tensor) -> Tensor:
    """KNORA-Union: as many votes as neighbours that a member has right.

    Args:
        right: bool [M, n, k], on the neighbours of n samples, nearest first.
        present: bool [M, n], who answered.

    Returns:
        float64 [M, n], 0 to k; 1 for all where nobody has a neighbour right.

    References:
        As `knora_e`.
    """
    hits = (right.sum(-1) * present).double()
    return torch.where(hits.sum(0) > 0, hits, present.double())


def ola(right: Tensor, present: Tensor) -> Tensor:
    """Overall local accuracy: the member with most neighbours right; of equals the first.

    Args:
        right: bool [M, n, k], on the neighbours of n samples, nearest first.
        present: bool [M, n], who answered.

    Returns:
        float64 [M, n], 1 for the one that answers.

    References:
        Woods, Kegelmeyer and Bowyer 1997, Combination of multiple classifiers using local
        accuracy estimates.
    """
    hits = right.sum(-1).masked_fill(~present, -1)
    first = (hits == hits.amax(0)).int().argmax(0)
    return torch.zeros_like(hits, dtype=torch.float64).scatter_(0, first[None], 1.0) * present


def by_competence(competence: Competence) -> Callable[[Bundle, Rows, Given], Evidence]:
    """Votes, weighed sample by sample by what members do on its neighbours."""

    def evidence(bundle: Bundle, rows: Rows, given: Given) -> Evidence:
        found = votes(bundle, rows, given)
        weight = competence(given["right"][:, _neighbours(bundle, rows, given)], found.answered)
        return Evidence(
            found.planes.double() * weight,
            found.answered,
            found.classes,
            None if found.ties is None else lambda some: found.ties(some) * weight[:, some],
            found.breakable,
        )

    return evidence


def _neighbours(bundle: Bundle, rows: Rows, given: Given) -> Tensor:
    """Places among the reference samples, int64 [n, k]; teams of one chunk share the search."""
    memo = given.get("memo", {})
    if "near" not in memo:
        queries = (bundle.embeddings[rows].double() - given["centre"]) / given["spread"]
        queries = _scaled(queries, str(given["scale"]))
        memo["near"] = nearest(queries, given["points"], int(given["k"]))[0]
    return memo["near"]


def _scaled(points: Tensor, scale: str) -> Tensor:
    return torch.nn.functional.normalize(points) if scale == "unit" else points
