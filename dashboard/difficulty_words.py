"""Sentences with numbers on hard samples."""

from collections.abc import Mapping

from dashboard.theme import count, interval, markdown, percent

Part = tuple[int, float, float, float]


def sentence(shares: Mapping[str, Part], members: int, selected: int | None = None) -> str:
    """How many samples nobody, everybody and some of the members get right.

    Args:
        shares: number of samples, share and its interval for "none", "some" and "all".
        members: how many there are.
        selected: how many samples are selected, when the figures are about them only.

    Returns:
        Markdown.
    """
    total = sum(part[0] for part in shares.values())
    where = _where(selected)
    if not total:
        return f"{where}No sample here can be judged."
    if members == 1:
        return (
            f"{where}The only member gets **{_part(shares['none'], total)}** wrong. With more "
            "members, samples that are hard for all of them stand out."
        )
    return (
        f"{where}No member gets **{_part(shares['none'], total)}** right, and every member "
        f"{_part(shares['all'], None)}; on the other {_part(shares['some'], None)} some are right "
        "and some wrong, and only there can a vote mend anything."
    )


def unlabelled(differ: Part, total: int, members: int, selected: int | None = None) -> str:
    """What can be said without labels: on how many samples the members differ.

    Args:
        differ: samples with two or more different answers: number, share and its interval.
        total: samples that anybody answered.
        members: how many there are.
        selected: how many samples are selected, when the figures are about them only.
    """
    where = _where(selected)
    if members == 1:
        return f"{where}One member without labels: nothing tells hard samples from easy ones."
    return (
        f"{where}The members give different answers on **{_part(differ, total)}**. Without labels "
        "nobody can be called right or wrong; where they differ is where it is hard."
    )


def _where(selected: int | None) -> str:
    return "" if selected is None else f"Within the selection (n = {count(selected)}): "


def _part(part: Part, total: int | None) -> str:
    number, share, low, high = part
    out_of = "" if total is None else f" of {count(total)} samples"
    return f"{count(number)}{out_of} ({percent(share)} {interval(low, high)})"


def footnote(missing: str) -> str:
    """What is counted, and how the intervals are made."""
    gaps = {
        "exclude": "On each sample only the members that answered count",
        "wrong": "Missing answers count as wrong",
    }[missing]
    return (
        f"Members of the active ensemble; {gaps[0].lower()}{gaps[1:]}. Brackets are 95 % "
        "intervals (Wilson). Hard for these members is not hard as such."
    )


def left_out(runs: Mapping[str, float]) -> str:
    """Which runs have no scores over their checkpoints, and what to do about it."""
    named = [f"{markdown(run)} (epoch {epoch:g})" for run, epoch in list(runs.items())[:3]]
    more = f" and {len(runs) - 3} more" if len(runs) > 3 else ""
    return (
        f"No scores over the checkpoints of {', '.join(named)}{more}: two models are the same "
        "epoch there. The columns 'family' and 'seed' in the table of models tell runs apart."
    )


def drawn(shown: int, total: int) -> str:
    """Which samples a scatter draws, when not all of them."""
    if shown == total:
        return ""
    return f" Drawn: {count(shown)} of {count(total)}, at random; only these can be picked."


def suspected(found: Mapping | None, members: int) -> str:
    """How many labels the members doubt.

    Args:
        found: as `compute.suspects` gives it.
        members: how many there are.
    """
    if found is None:
        return "Labels can be doubted where there are labels and answers."
    number, n = len(found["rows"]), found["n"]
    if not number:
        few = " One member without probabilities can doubt none." if members == 1 else ""
        return f"The members doubt none of {count(n)} labels.{few}"
    share = percent(number / n)
    return (
        f"The members doubt **{count(number)}** of {count(n)} labels ({share} "
        f"{interval(found['low'], found['high'])}). Tick rows to select their samples."
    )


def discrepant(total: int, shown: int, note: str) -> str:
    """On how many samples two models differ, and which of them are listed."""
    if not total:
        return "The two never give different answers here."
    which = "all of them" if shown == total else f"the {count(shown)} most different"
    return (
        f"They give different answers on {count(total)} samples; listed: {which}. Labelling these "
        f"is the cheapest way to compare the two. {note} Tick rows to select them."
    )
