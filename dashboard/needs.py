"""What a figure needs of the data, and the sentence that says that it is not there."""

from dashboard import compute
from dashboard.choosing import Choices
from dashboard.compute.how import camp_points

NEEDS = {
    "labels": "labels, by which a member can be called right or wrong",
    "answers": "answers of the members",
    "confidence": "probabilities or confidences of a member",
    "probabilities": "probabilities of two members or more",
    "embeddings": "embeddings of the samples",
    "groups": "a grouping of two levels or more",
    "two groupings": "two groupings",
    "two models": "two models or more",
    "two members": "two members or more",
    "contested": "samples on which some members are right and some wrong",
    "accuracies": "a table of accuracies in two settings or more",
}


def there(need: str, choices: Choices) -> bool:
    """Whether the data hold what is needed."""
    bundle, members = choices.bundle, choices.ensemble.members
    match need:
        case "labels":
            return compute.reference(choices) is not None
        case "answers":
            return bool(bundle.select(members).answered.any())
        case "confidence":
            return compute.confident(bundle, members)
        case "probabilities":
            return sum(member in bundle.probabilities for member in members) > 1
        case "embeddings":
            return bundle.embeddings is not None
        case "groups":
            return choices.grouping is not None
        case "two groupings":
            return len(bundle.groups) > 1
        case "two models":
            return len(bundle.models) > 1
        case "two members":
            return len(members) > 1
        case "contested":
            return bool(len(camp_points(choices, bundle)["rows"]))
    return False


def lacking(needs: tuple[str, ...], choices: Choices) -> str:
    """The first need that the data do not meet, as a sentence; empty where all are met."""
    for need in needs:
        if not there(need, choices):
            return f"This needs {NEEDS[need]}, and the data have none."
    return ""
