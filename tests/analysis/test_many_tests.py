"""P values of many comparisons at once."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from known import compare

from analysis.many_tests import benjamini_hochberg, benjamini_yekutieli, holm

CORRECTIONS = {
    "multi.bh": benjamini_hochberg,
    "multi.by": benjamini_yekutieli,
    "multi.holm": holm,
}
COVERED = tuple(CORRECTIONS)
SOME_P = st.lists(st.one_of(st.floats(0, 1), st.just(float("nan"))), max_size=12)


@pytest.mark.parametrize("case_id", CORRECTIONS)
def test_known_answer(cases, case_id):
    case = cases[case_id]
    p = torch.tensor(cases["fixtures"][case["fixture"]]["p"], dtype=torch.float64)
    turned = torch.randperm(len(p), generator=torch.Generator().manual_seed(0))
    expected = [case["expected"][place] for place in turned.tolist()]
    compare(CORRECTIONS[case_id](p[turned]), expected, case["tol"])


@given(SOME_P)
def test_no_correction_lowers_a_p_value_and_tests_that_were_not_made_stay_so(p):
    p = torch.tensor(p, dtype=torch.float64)
    known = torch.isfinite(p)
    for correct in CORRECTIONS.values():
        found = correct(p)
        assert torch.equal(torch.isfinite(found), known)
        assert (found[known] >= p[known] - 1e-12).all()
        assert (found[known] <= 1).all()
        assert torch.allclose(found[known], correct(p[known]))


@given(SOME_P)
def test_false_findings_are_rarer_the_stricter_the_correction(p):
    p = torch.tensor(p, dtype=torch.float64)
    p = p[torch.isfinite(p)]
    lenient = benjamini_hochberg(p)
    assert (lenient <= holm(p) + 1e-12).all()
    assert (lenient <= benjamini_yekutieli(p) + 1e-12).all()
