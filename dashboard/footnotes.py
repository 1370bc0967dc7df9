"""How the figures of a page were made."""

from dashboard.theme import count


def footnote(
    n: int,
    missing: str,
    *,
    units: bool,
    tested: bool,
    selected: bool,
    held_out: bool = False,
) -> str:
    """How the figures of a page were made: n, intervals, missing rule, optimism.

    Args:
        n: judged samples.
        missing: rule.
        units: samples share some.
        tested: McNemar's test is shown.
        selected: a selection narrows the page.
        held_out: there are samples to fit on.
    """
    gaps = {
        "exclude": "missing answers are left out",
        "wrong": "missing answers count as wrong",
    }[missing]
    how = "bootstrap over units, since samples of one unit are not independent"
    of = " of accuracies and of differences between ensembles" if units else ""
    others = " Other intervals say in their note when they take no units into account."
    single = " McNemar's test takes every sample as independent." if units and tested else ""
    best = (
        "The best member is chosen on the samples to fit on."
        if held_out
        else "The best member is chosen and judged on the same samples, so its accuracy is "
        "optimistic."
    )
    picked = (
        " Figures within a selection describe it; picked by outcome, they prove nothing."
        if selected
        else ""
    )
    return (
        f"n = {count(n)} judged samples; {gaps}. Brackets{of} are 95 % intervals "
        f"({how if units else 'Wilson'}).{others if units else ''}{single} "
        f"{best}{picked}"
    )
