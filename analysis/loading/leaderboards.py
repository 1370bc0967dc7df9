"""Leaderboards as AutoGluon saves them, which are model tables."""

from dataclasses import replace

from analysis.loading.roles import Part

COLUMNS = {
    *("score_val", "score_test", "eval_metric", "fit_time", "fit_time_marginal", "fit_order"),
    *("pred_time_val", "pred_time_test", "stack_level", "can_infer"),
}
ENOUGH = 2


def leaderboard(part: Part) -> bool:
    """Whether the table is a leaderboard; its index without a name is then left out.

    Args:
        part: a table with a column of models; changed in place.
    """
    if part.model is None or len(COLUMNS.intersection(part.table.columns)) < ENOUGH:
        return False
    if part.id is not None and (not part.id.name or part.id.name.startswith("Unnamed: ")):
        unnamed = part.roles.pop("id").name
        columns = {name: c for name, c in part.table.columns.items() if name != unnamed}
        comment = f"{part.file.name}: the column without a name is not read."
        part.table = replace(part.table, columns=columns, comments=(*part.table.comments, comment))
    return part.id is None
