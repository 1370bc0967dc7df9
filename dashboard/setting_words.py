"""Sentences with numbers for the page Across settings."""

from collections.abc import Mapping, Sequence

import numpy as np

from dashboard.theme import count, markdown, percent


def settings_sentence(
    found: Mapping[str, np.ndarray], models: Sequence[str], settings: tuple[str, str]
) -> str:
    """Who is best in each of two settings, and how many models none beats in both.

    Args:
        found: accuracy [M, 2], both and front [M].
        models: M names.
        settings: two names.
    """
    rows = np.flatnonzero(found["both"])
    x, y = (markdown(setting) for setting in settings)
    if not len(rows):
        return f"No model was measured in both {x} and {y}."
    best = [rows[int(np.argmax(found["accuracy"][rows, side]))] for side in (0, 1)]

    def named(side: int) -> str:
        value = percent(float(found["accuracy"][best[side], side]))
        return f"{markdown(models[best[side]])} (**{value}**)"

    if best[0] == best[1]:
        second = percent(float(found["accuracy"][best[1], 1]))
        leaders = f"The best model is the same in {x} and in {y}: {named(0)[:-1]} and **{second}**)"
    else:
        leaders = f"The best model in {x} is {named(0)}, in {y} it is {named(1)}"
    front = int(found["front"].sum())
    beaten = "model is" if front == 1 else "models are"
    return f"{leaders}. **{count(front)}** {beaten} beaten by none in both."


def single_setting_sentence(
    found: Mapping[str, np.ndarray], models: Sequence[str], setting: str
) -> str:
    """The best model of the only setting."""
    rows = np.flatnonzero(found["complete"])
    best = rows[int(np.argmax(found["mean"][rows]))]
    return (
        f"The best of {count(len(rows))} models in {markdown(setting)} is "
        f"{markdown(models[best])}, right on **{percent(float(found['mean'][best]))}**. There is "
        "one setting, so there is nothing to compare it with."
    )


def settings_subtitle(found: Mapping[str, np.ndarray]) -> str:
    """How many models are drawn and what is marked."""
    drawn = int(found["both"].sum())
    ahead = found["accuracy"][found["both"]]
    below, above = int((ahead[:, 1] < ahead[:, 0]).sum()), int((ahead[:, 1] > ahead[:, 0]).sum())
    sides = f"{count(below)} below the line of equal accuracy, {count(above)} above"
    return f"{count(drawn)} models, {sides}. Ringed and joined: beaten by none in both."


def settings_footnote(found: Mapping[str, np.ndarray]) -> str:
    """Which models are not drawn, and what the intervals are."""
    missing = int((~found["both"]).sum())
    gaps = (
        f"{count(missing)} {'model was' if missing == 1 else 'models were'} not measured in one of "
        f"the two or in both and {'is' if missing == 1 else 'are'} not drawn. "
        if missing
        else "Every model was measured in both. "
    )
    ends = (
        "Brackets are 95 % intervals (Wilson)."
        if "n" in found
        else "There are no intervals, because the numbers of samples are not known."
    )
    return f"Each point is a model. {gaps}{ends}"


def single_footnote(counted: bool) -> str:
    """What the columns of a table with one setting are."""
    ends = (
        "low and high are the ends of the 95 % interval (Wilson)"
        if counted
        else "there are no intervals, because the numbers of samples are not known"
    )
    return f"Rank 1 is best, equal models share their ranks; {ends}."


def ranking_footnote(complete: np.ndarray, settings: Sequence[str]) -> str:
    """Over whom mean and rank are.

    Args:
        complete: bool [M], measured in all settings.
        settings: those of the table.
    """
    number, gaps = len(settings), int((~complete).sum())
    chosen = {1: "this setting", 2: "both settings"}.get(number, f"all {count(number)} settings")
    rest = f"; {count(gaps)} with gaps stand at the end without them" if gaps else ""
    who = f"the {count(int(complete.sum()))} models that were measured in {chosen}"
    return f"Mean and rank are over {who}{rest}."
