"""How members' answers become one: a row per rule."""

import math

import torch
from torch import Tensor

from analysis import (
    abstaining,
    cascade,
    dawid_skene,
    debiasing,
    dynamic,
    evidence,
    learners,
    selections,
    stacking,
)
from analysis.rule import Option, Rule
from analysis.sums.distribution import softmax_


def _mean(scores: Tensor, voters: Tensor) -> Tensor:
    return scores / voters


def _geometric(scores: Tensor, voters: Tensor) -> Tensor:
    return softmax_(scores / voters)


def _normalised(scores: Tensor, voters: Tensor) -> Tensor:
    return scores / scores.sum(-1, keepdim=True)


def _softmax(scores: Tensor, voters: Tensor) -> Tensor:
    return torch.where(voters > 0, softmax_(scores.clone()), torch.nan)


def _voters(found: evidence.Evidence) -> Tensor:
    return found.answered.double()


def _of_all_classes(found: evidence.Evidence) -> Tensor:
    return found.planes.sum(0)


ROUNDS = {"rounds": Option("Most rounds", 500, 1, 10_000, 1)}
SIZE = {"size": Option("Members to take", 5, 1, 1000, 1)}
EVENNESS = {"beta": Option("Weight of evenness", 1.0, 0, 10, 0.1)}
NEIGHBOURS = {
    "k": Option("Neighbours", 7, 1, 1000, 1),
    "scale": Option("Embeddings scaled", "standard", choices=("standard", "unit", "none")),
}

RULES: dict[str, Rule] = {
    rule.name: rule
    for rule in (
        Rule(
            name="plurality",
            label="Plurality vote",
            summary="The answer with the most votes.",
            needs="predictions",
            evidence=evidence.votes,
        ),
        Rule(
            name="mean",
            label="Mean probability",
            summary="The class with the highest average probability.",
            needs="probabilities",
            evidence=evidence.probabilities,
            pool=_mean,
            total=_voters,
        ),
        Rule(
            name="geometric",
            label="Geometric mean",
            summary="The class with the highest average log probability; one member that rules a "
            "class out weighs heavily.",
            needs="probabilities",
            evidence=evidence.log_probabilities,
            pool=_geometric,
        ),
        Rule(
            name="inverse_entropy",
            label="Mean by inverse entropy",
            summary="The mean probability in which, sample by sample, members that are surer (of "
            "lower entropy) weigh more.",
            needs="probabilities",
            evidence=evidence.by_inverse_entropy,
            pool=_normalised,
            total=_of_all_classes,
        ),
        Rule(
            name="inverse_gini",
            label="Mean by inverse variance",
            summary="The mean probability in which, sample by sample, members of lower variance "
            "(Gini impurity) weigh more.",
            needs="probabilities",
            evidence=evidence.by_inverse_gini,
            pool=_normalised,
            total=_of_all_classes,
        ),
        Rule(
            name="weighted",
            label="Weighted mean",
            summary="The mean probability with the weights under which the labels of the samples "
            "to fit on are most likely.",
            needs="probabilities",
            evidence=evidence.probabilities,
            pool=_mean,
            fit=learners.em_weights,
            options=ROUNDS,
        ),
        Rule(
            name="two_tier",
            label="Families, then weights",
            summary="The mean of the members of each family, and over the families a weighted "
            "mean as above.",
            needs="probabilities",
            evidence=evidence.probabilities,
            pool=_mean,
            fit=learners.two_tier,
            options=ROUNDS,
        ),
        Rule(
            name="caruana",
            label="Greedy selection",
            summary="The mean probability of models taken one by one, each time the one that helps "
            "most on the samples to fit on; one may be taken again.",
            needs="probabilities",
            evidence=evidence.probabilities,
            pool=_mean,
            fit=learners.caruana,
            options={
                "rounds": Option("Rounds", 50, 1, 1000, 1),
                "by": Option("Judged by", "accuracy", choices=("accuracy", "log_loss")),
            },
        ),
        Rule(
            name="greedy_soup",
            label="Greedy from the best down",
            summary="The mean probability of the models that, from the most accurate down, do not "
            "make it less accurate on the samples to fit on.",
            needs="probabilities",
            evidence=evidence.probabilities,
            pool=_mean,
            fit=learners.greedy_soup,
        ),
        Rule(
            name="calibrated_mean",
            label="Calibrated mean",
            summary="The mean probability after each member got the temperature under which the "
            "labels of the samples to fit on are most likely.",
            needs="probabilities",
            evidence=evidence.calibrated,
            pool=_mean,
            fit=learners.member_temperatures,
            learns=True,
        ),
        Rule(
            name="stacking",
            label="Stacking",
            summary="A logistic regression on the log probabilities of all members.",
            needs="probabilities",
            evidence=stacking.stacked,
            pool=_softmax,
            fit=stacking.logistic_regression,
            learns=True,
            options={"c": Option("Inverse strength of the penalty", 1.0, 1e-6, 1e6, 0.1)},
            joint=True,
        ),
        Rule(
            name="debiased_class",
            label="Mean, evened by class",
            summary="The mean probability with a factor per class that makes accuracy even over "
            "the classes.",
            needs="probabilities",
            evidence=debiasing.reweighted,
            pool=_normalised,
            fit=debiasing.class_weights,
            learns=True,
            options=EVENNESS,
        ),
        Rule(
            name="debiased_sample",
            label="Mean, evened by range",
            summary="The mean probability, each class raised or lowered according to the range "
            "that it lies in, so that accuracy is even over the classes.",
            needs="probabilities",
            evidence=debiasing.refitted,
            pool=_normalised,
            fit=debiasing.membership,
            learns=True,
            options=EVENNESS,
            joint=True,
        ),
        Rule(
            name="mmr",
            label="Vote of accurate and unlike",
            summary="The vote of models taken one by one, each accurate and unlike those taken.",
            needs="predictions",
            evidence=evidence.votes,
            fit=selections.mmr,
            options={**SIZE, "unlike": Option("Unlike (below 0: alike)", 0.5, -1, 1)},
        ),
        Rule(
            name="facility_location",
            label="Vote of representatives",
            summary="The vote of the few models that stand best for the answers of all.",
            needs="predictions",
            evidence=evidence.votes,
            fit=selections.facility_location,
            options=SIZE,
            labelled=False,
        ),
        Rule(
            name="coverage",
            label="Vote by coverage",
            summary="The vote of models taken one by one, each right where nobody taken yet is.",
            needs="predictions",
            evidence=evidence.votes,
            fit=selections.coverage,
            options=SIZE,
        ),
        Rule(
            name="selective",
            label="Selective vote",
            summary="The answer with the most votes, and none where the two largest counts could "
            "have swapped places by chance.",
            needs="predictions",
            evidence=evidence.votes,
            options={"alpha": Option("Largest chance (alpha)", 0.05, 0, 1)},
            abstains=abstaining.undecided,
        ),
        Rule(
            name="cascade",
            label="Early-exit cascade",
            summary="Members answer in turn, until the mean so far is sure enough.",
            needs="probabilities",
            evidence=cascade.cascaded,
            clash=cascade.half_a_window,
            pool=_mean,
            options={
                "t": Option("Sure enough above", 0.8, 0, 1),
                "lo": Option("Go on from (window)", math.nan, 0, 1),
                "hi": Option("Go on to (window)", math.nan, 0, 1),
            },
            joint=True,
        ),
        *(
            Rule(
                name=name,
                label=label,
                summary=summary,
                needs="embeddings",
                evidence=dynamic.by_competence(competence),
                fit=dynamic.reference_samples,
                learns=True,
                options=NEIGHBOURS,
                joint=True,
            )
            for name, label, summary, competence in (
                (
                    "knora_e",
                    "Vote of the locally faultless",
                    "On each sample the vote of those right on most of its nearest neighbours in "
                    "a row (KNORA-Eliminate).",
                    dynamic.knora_e,
                ),
                (
                    "knora_u",
                    "Vote by local hits",
                    "On each sample as many votes as neighbours that a member has right "
                    "(KNORA-Union).",
                    dynamic.knora_u,
                ),
                (
                    "ola",
                    "Locally best member",
                    "On each sample the member that is right on most of its neighbours (overall "
                    "local accuracy).",
                    dynamic.ola,
                ),
            )
        ),
        Rule(
            name="dawid_skene",
            label="Dawid-Skene",
            summary="A vote in which the reliability of each member, class by class, is estimated "
            "from the answers alone.",
            needs="predictions",
            evidence=dawid_skene.reliability,
            pool=_softmax,
            fit=dawid_skene.dawid_skene,
            learns=True,
            options={"rounds": Option("Most rounds", 100, 1, 10_000, 1)},
            joint=True,
            labelled=False,
        ),
    )
}
