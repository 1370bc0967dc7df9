"""Ensembles that were kept under a name, and which of them are shown beside the active one."""

from collections.abc import Mapping

from analysis.bundle import Bundle
from analysis.ensemble import Ensemble
from analysis.fitting import needs_fit
from analysis.rules import RULES
from dashboard import rule_choice, state
from dashboard.sessions.teams import LONGEST_NAME, MOST_SHOWN
from dashboard.theme import shortened

MOST_SHOWN_SENTENCE = f"At most {MOST_SHOWN} are shown at once; hide another one first."


def kept() -> dict[str, Ensemble]:
    """The kept ensembles by name, in the order in which they were kept."""
    return state.get("kept", {})


def slots() -> dict[str, int]:
    """The place among the colours of those that are shown beside the active one."""
    return {name: slot for name, slot in state.get("beside", {}).items() if name in kept()}


def name_of(ensemble: Ensemble | None) -> str:
    """Under which name an ensemble was kept; empty where it was not."""
    if ensemble is None:
        return ""
    same = (name for name, other in kept().items() if alike(other, ensemble))
    return next(same, "")


def keep(name: str, ensemble: Ensemble) -> str:
    """Keep an ensemble; one that is kept already gets this name instead of its own.

    Returns:
        What speaks against it, as a sentence; empty where it is kept.
    """
    name = shortened(name, LONGEST_NAME)
    if not name:
        return "Give the ensemble a name first."
    old, stored, shown = name_of(ensemble), dict(kept()), slots()
    if old and old != name:
        stored = {name if key == old else key: one for key, one in stored.items() if key != name}
        shown = {name if key == old else key: at for key, at in shown.items() if key != name}
    else:
        stored[name] = ensemble
    state.put("kept", stored)
    state.put("beside", shown)
    if name not in shown and not old and len(shown) < MOST_SHOWN:
        show(name, True)
    state.put("left_behind", ())
    return ""


def forget(name: str) -> None:
    """Drop a kept ensemble; the active one stays as it is."""
    state.put("kept", {key: one for key, one in kept().items() if key != name})
    show(name, False)


def use(name: str, bundle: Bundle) -> None:
    """Make a kept ensemble the active one."""
    chosen = kept()[name]
    weights = chosen.weights or (1.0,) * len(chosen.members)
    state.set_members(tuple(m for m in chosen.members if m in bundle.models))
    state.put("weights", dict(zip(chosen.members, weights, strict=True)))
    state.put("rule", chosen.rule)
    state.put("options", state.get("options", {}) | {chosen.rule: dict(chosen.options)})


def show(name: str, on: bool) -> str:
    """Show a kept ensemble beside the active one, or hide it.

    Returns:
        What speaks against it, as a sentence.
    """
    shown = slots()
    shown.pop(name, None)
    if on and len(shown) >= MOST_SHOWN:
        return MOST_SHOWN_SENTENCE
    if on:
        shown[name] = next(slot for slot in range(MOST_SHOWN) if slot not in shown.values())
    state.put("beside", shown)
    return ""


def beside() -> dict[str, Ensemble]:
    """Those that are shown and are not the active one, in the order in which they were kept."""
    active = state.described()
    return {
        name: ensemble
        for name, ensemble in kept().items()
        if name in slots() and not (active is not None and alike(active, ensemble))
    }


def set_weight(model: str, members: Mapping[str, float], weight: float) -> None:
    """Give a member a weight; that all members weigh nothing is not taken over."""
    set_weights({**members, model: weight})


def set_weights(weights: Mapping[str, float]) -> None:
    """Give these members weights; that all of them weigh nothing is not taken over."""
    if not any(weights.values()):
        state.put("weights_problem", rule_choice.ALL_ZERO)
        return
    state.put("weights_problem", "")
    known = {name: round(float(weight), 4) for name, weight in weights.items()}
    state.put("weights", state.get("weights", {}) | known)


def alike(first: Ensemble, second: Ensemble) -> bool:
    """Whether two ensembles have the same description: same members, rule, weights and options."""
    return _description(first) == _description(second)


def _description(ensemble: Ensemble) -> tuple:
    weights = () if needs_fit(ensemble) else ensemble.weights
    both = tuple(zip(ensemble.members, weights or (1.0,) * len(ensemble.members), strict=True))
    ordered = both if RULES[ensemble.rule].joint else tuple(sorted(both))
    return ensemble.rule, ordered, tuple(sorted(ensemble.options.items()))
