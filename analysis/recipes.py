"""Which models are mixtures of other models' weights, and of whose: soups and interpolations.

Read from these columns of models.csv, of which only `kind` or `alpha` is needed:

| column | of a soup | of an interpolation |
|---|---|---|
| kind | a text with "soup" in it | a text that begins with "interp" |
| ingredients | names of the mixed models, parted by semicolons | the two ends, alpha 0 first |
| alpha | empty | share of the second end, 0 to 1; the ends themselves have 0 and 1 |
| family, epoch | used where there are no `ingredients`, see below | family: used likewise |

Where a soup's ingredients are not stated they are presumed: the models of its family that were
trained for as many epochs and are no soup, interpolation or checkpoint themselves. That is right
for a uniform soup of one tuning run; a greedy soup is then compared with all it could pick from.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis.bundle import Bundle, BundleError

SEPARATOR = ";"
FEWEST = 2


@dataclass(frozen=True)
class Soup:
    """A model whose weights are the mean of other models' weights.

    Attributes:
        model: its name.
        ingredients: names of the mixed models, two or more.
        stated: the table of models names them; else they are presumed.
    """

    model: str
    ingredients: tuple[str, ...]
    stated: bool


@dataclass(frozen=True)
class Line:
    """Models on the straight line between the weights of two.

    Attributes:
        models: names by rising alpha; the first and the last are the ends.
        alphas: as many numbers, from 0 to 1: the share of the second end.
    """

    models: tuple[str, ...]
    alphas: tuple[float, ...]

    @property
    def ends(self) -> tuple[str, str]:
        """The two models that are mixed."""
        return self.models[0], self.models[-1]


def soups(bundle: Bundle) -> tuple[Soup, ...]:
    """The soups among the models, with their ingredients.

    Args:
        bundle: M models; what its table of models says of them decides (see above).

    Returns:
        Soups of two ingredients or more, in the order of the models.

    Raises:
        BundleError: a stated ingredient is not among the models.

    Example:
        >>> import torch
        >>> info = {"kind": np.array(["member", "member", "soup"], dtype=object),
        ...         "ingredients": np.array([None, None, "a;b"], dtype=object)}
        >>> said = torch.zeros(3, 1, dtype=torch.int32)
        >>> soups(Bundle(("a", "b", "c"), ("s",), ("x",), said, model_info=info))
        (Soup(model='c', ingredients=('a', 'b'), stated=True),)
    """
    kinds, stated = _texts(bundle, "kind"), _ingredients(bundle)
    found = []
    for row, model in enumerate(bundle.models):
        if "soup" not in kinds[row].casefold():
            continue
        named = tuple(name for name in stated[row] if name != model)
        ingredients = named or _presumed(bundle, row, kinds)
        if len(ingredients) >= FEWEST:
            found.append(Soup(model, ingredients, bool(named)))
    return tuple(found)


def lines(bundle: Bundle) -> tuple[Line, ...]:
    """The interpolations among the models, as lines from one end to the other.

    Args:
        bundle: M models; what its table of models says of them decides (see above).

    Returns:
        One line for each pair of stated ends, and for each family of models with an alpha whose
        ends are not stated. Only lines with both ends, something in between and no alpha twice.

    Raises:
        BundleError: a stated end is not among the models.

    Example:
        >>> import torch
        >>> info = {"alpha": np.array([0.0, 1.0, 0.5])}
        >>> said = torch.zeros(3, 1, dtype=torch.int32)
        >>> lines(Bundle(("a", "b", "mid"), ("s",), ("x",), said, model_info=info))
        (Line(models=('a', 'mid', 'b'), alphas=(0.0, 0.5, 1.0)),)
    """
    alphas, stated = _alphas(bundle), _ingredients(bundle)
    kinds, families = _texts(bundle, "kind"), _texts(bundle, "family")
    places: dict[tuple, list[tuple[float, str]]] = {}
    for row, model in enumerate(bundle.models):
        if not 0 <= alphas[row] <= 1 or "soup" in kinds[row].casefold():
            continue
        if len(stated[row]) == FEWEST:
            first, second = stated[row]
            ends = places.setdefault((first, second), [(0.0, first), (1.0, second)])
            ends += [(float(alphas[row]), model)] if model not in stated[row] else []
        else:
            places.setdefault((families[row],), []).append((float(alphas[row]), model))
    found = [sorted(points) for points in places.values()]
    return tuple(
        Line(tuple(model for _, model in points), tuple(alpha for alpha, _ in points))
        for points in found
        if _is_line([alpha for alpha, _ in points])
    )


def _is_line(alphas: Sequence[float]) -> bool:
    several = len(alphas) > FEWEST and len(set(alphas)) == len(alphas)
    return several and alphas[0] == 0 and alphas[-1] == 1


def _presumed(bundle: Bundle, row: int, kinds: Sequence[str]) -> tuple[str, ...]:
    """The models that a soup without stated ingredients may be made of."""
    columns = [bundle.model_info[name] for name in ("family", "epoch") if name in bundle.model_info]
    if "family" not in bundle.model_info:
        return ()
    return tuple(
        model
        for other, model in enumerate(bundle.models)
        if not _made(kinds[other]) and all(values[other] == values[row] for values in columns)
    )


def _made(kind: str) -> bool:
    """A model of this kind is made of another one, or is an earlier state of it."""
    name = kind.casefold()
    return "soup" in name or name.startswith("interp") or name == "checkpoint"


def _ingredients(bundle: Bundle) -> list[tuple[str, ...]]:
    """The stated ingredients of each model; none where nothing is stated."""
    found = [
        tuple(dict.fromkeys(part.strip() for part in text.split(SEPARATOR) if part.strip()))
        for text in _texts(bundle, "ingredients")
    ]
    for model, names in zip(bundle.models, found, strict=True):
        unknown = [name for name in names if name not in bundle.models]
        if unknown:
            raise BundleError(
                f"'{model}' is said to be made of '{unknown[0]}', and there is no model of that "
                "name; the column 'ingredients' holds names of models parted by semicolons."
            )
    return found


def _texts(bundle: Bundle, column: str) -> list[str]:
    """A column of the table of models as text, empty where nothing is said."""
    values = bundle.model_info.get(column)
    if values is None:
        return [""] * len(bundle.models)
    return ["" if value is None or value != value else str(value) for value in values.tolist()]


def _alphas(bundle: Bundle) -> np.ndarray:
    """Alpha of each model, float64 [M], NaN where there is none."""
    values = bundle.model_info.get("alpha")
    if values is None or not np.issubdtype(values.dtype, np.number):
        return np.full(len(bundle.models), np.nan)
    return values.astype(np.float64)
