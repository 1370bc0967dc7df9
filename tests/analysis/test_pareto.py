"""Fronts and ranks worked by hand."""

import math

import pytest
import torch

from analysis.pareto import non_dominated, ranks


def test_a_candidate_is_beaten_when_another_is_better_on_one_and_worse_on_none():
    values = torch.tensor([[1.0, 1.0], [1.0, 2.0], [2.0, 0.0], [0.0, 3.0]])
    assert non_dominated(values, ("max", "max")).tolist() == [False, True, True, True]


def test_equal_candidates_do_not_beat_each_other():
    assert ranks(torch.tensor([[1.0, 1.0], [1.0, 1.0], [0.0, 1.0]]), ("max", "max")).tolist() == [
        0,
        0,
        1,
    ]


def test_ranks_peel_one_front_after_the_other():
    values = torch.tensor([[1.0], [3.0], [2.0]])
    assert ranks(values, ("max",)).tolist() == [2, 0, 1]
    assert ranks(values, ("min",)).tolist() == [0, 2, 1]


def test_senses_are_taken_per_objective():
    values = torch.tensor([[1.0, 5.0], [1.0, 4.0], [0.0, 1.0]])
    assert ranks(values, ("max", "min")).tolist() == [1, 0, 0]


def test_an_undefined_objective_has_no_rank_and_beats_nobody():
    values = torch.tensor([[9.0, math.nan], [1.0, 1.0]])
    assert ranks(values, ("max", "max")).tolist() == [-1, 0]
    assert ranks(torch.full((2, 1), math.nan), ("max",)).tolist() == [-1, -1]


def test_no_candidate_makes_no_front():
    assert ranks(torch.empty(0, 2), ("max", "max")).tolist() == []


@pytest.mark.parametrize("chunk", [1, 7, 1024])
def test_chunks_do_not_change_the_front(chunk):
    generator = torch.Generator().manual_seed(0)
    values = torch.rand(50, 3, generator=generator)
    senses = ("max", "min", "max")
    signed = (values * torch.tensor([1.0, -1.0, 1.0])).tolist()
    expected = [
        not any(
            all(x >= y for x, y in zip(other, one, strict=True)) and other != one
            for other in signed
        )
        for one in signed
    ]
    assert non_dominated(values, senses, chunk=chunk).tolist() == expected
