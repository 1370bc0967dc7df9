"""Sentences about an ensemble that may keep silent."""

from collections.abc import Mapping

from dashboard.theme import count, interval, markdown, percent


def verdict(found: Mapping, silence: Mapping[str, float], who: str) -> str:
    """How often it answers, how well then and over all, and its best member where it answers.

    Args:
        found: the judged ensemble.
        silence: as `compute.silence`.
        who: the ensemble in words, as Markdown.
    """
    if not silence["answered"]:
        return f"{who} answers none of {count(silence['asked'])} samples, so it is never right."
    reference = markdown(found["reference"])
    return (
        f"{who} answers **{percent(silence['coverage'])}** of the samples "
        f"({count(silence['answered'])} of {count(silence['asked'])}) and is right on "
        f"**{rate(silence, 'accuracy')}** of those, where its best member {reference} is right on "
        f"{rate(silence, 'best')}. With silence counted as an error it is right on "
        f"**{rate(silence, 'of_all')}** of all."
    )


def rate(silence: Mapping[str, float], name: str) -> str:
    """A share with its interval: 91.2 % [90.1, 92.2]."""
    ends = interval(silence[f"{name}_low"], silence[f"{name}_high"])
    return f"{percent(silence[name])} {ends}".strip()


def left_out(found: Mapping, silence: Mapping[str, float]) -> str:
    """On how many samples it keeps silent, and what that counts as in the outcomes."""
    quiet = silence["asked"] - silence["answered"]
    wrong = found["n"] > silence["answered"]
    counted = "counted as wrong below" if wrong else "left out below"
    return f"It keeps silent on **{count(quiet)}** of {count(silence['asked'])} ({counted}). "
