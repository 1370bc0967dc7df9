"""Models that are named after their files."""

from collections.abc import Iterable

from analysis.loading.sources import File


def file_models(files: Iterable[File]) -> dict[str, str]:
    """The model that each file is named after, so that files in different folders differ.

    Args:
        files: each holds one model without a name of its own.

    Returns:
        {name of the file: model}: the file name without its ending; where files in several folders
        share it, with as many folders as tell these apart.
    """
    places: dict[str, tuple[str, ...]] = {}
    alike: dict[str, set[tuple[str, ...]]] = {}
    for file in files:
        folders = tuple(file.name.replace("\\", "/").split("/")[:-1])
        places[file.name] = (*folders, file.stem)
        alike.setdefault(file.stem, set()).add(places[file.name])
    depth = {stem: _depth(ways) for stem, ways in alike.items()}
    return {name: "/".join(place[-depth[place[-1]] :]) for name, place in places.items()}


def _depth(places: set[tuple[str, ...]]) -> int:
    """How many last parts tell the places apart."""
    deepest = max(map(len, places))
    return next(
        depth
        for depth in range(1, deepest + 1)
        if len({place[-depth:] for place in places}) == len(places)
    )
