"""Vendi scores: reference cases, a naive way, and where a naive way goes wrong."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from known import compare, t12
from made import bundle_of, overlapping, random_bundle

from analysis import vendi as module
from analysis.checks import BundleError
from analysis.grouping import Grouping
from analysis.kernels import KERNELS, default_kernel, model_vendi, vendi_answers
from analysis.tally import tally
from analysis.vendi import ORDERS, effective_numbers, group_vendi, sample_vendi, vendi, vendi_orders

KERNEL_OF = {
    "label": "label_agreement",
    "label_weighted": "label_agreement",
    "correctness": "correctness_agreement",
    "errcos": "error_cosine",
    "hellinger": "hellinger_affinity",
    "cosprob": "cosine_probabilities",
}
COVERED = (
    *(f"vendi.models.{name}" for name in KERNEL_OF),
    "kernel.models.label",
    "kernel.models.correctness",
    "kernel.models.errcos",
    "vendi.samples",
    "vendi.samples_weighted",
    "edge.vendi_identical",
    "edge.vendi_orthogonal",
)
few = settings(deadline=None, max_examples=40, derandomize=True)


@pytest.mark.parametrize("case_id", COVERED)
def test_known_answer(cases, case_id):
    case = cases[case_id]
    fixture = cases["fixtures"].get(case.get("fixture"), {})
    compare(ours(case_id, case, fixture), case["expected"], case["tol"])


def test_every_covered_id_is_a_case(cases):
    assert [case_id for case_id in COVERED if case_id not in cases] == []


def ours(case_id, case, fixture):
    if case_id.startswith("edge"):
        found = vendi_orders(torch.tensor(case["inputs"]["kernel"]), (0, *ORDERS))
        assert found.max() - found.min() < case["tol"]
        return {"all_q": found[0]}
    if case_id.startswith("vendi.samples"):
        weights = torch.arange(1, 13) if "p" in case["params"] else None
        found = sample_vendi(torch.tensor(fixture["X"]).double(), weights=weights)
        assert found.pop("n") == 12
        return by_order(found)
    name = case_id.rpartition(".")[2]
    sums = tally(t12(fixture), KERNELS[KERNEL_OF[name]].needs)
    if case_id.startswith("kernel"):
        return table_of(sums, KERNEL_OF[name])
    if "params" in case:
        table = table_of(sums, KERNEL_OF[name])
        scores = vendi_orders(table, weights=torch.tensor(case["params"]["weights"]))
        return dict(zip(case["expected"], scores.tolist(), strict=True))
    found = model_vendi(sums, kernel=KERNEL_OF[name])
    assert (found.pop("kernel"), found.pop("models")) == (KERNEL_OF[name], 3)
    return by_order(found)


def by_order(found):
    return {name.removeprefix("vendi_q"): score for name, score in found.items()}


def table_of(sums, name):
    return KERNELS[name].function(*(sums[need] for need in KERNELS[name].needs))


def cosines(items, width, seed=0):
    """A table of cosines of random directions, of rank `width` at most."""
    generator = torch.Generator().manual_seed(seed)
    rows = torch.randn(items, width, generator=generator, dtype=torch.float64)
    rows = rows / rows.norm(dim=1, keepdim=True)
    return rows, rows @ rows.T


kernels = st.builds(cosines, st.integers(1, 9), st.integers(1, 9), st.integers(0, 1000))


@few
@given(kernels, st.lists(st.floats(0, 50), min_size=2, max_size=6))
def test_scores_are_between_one_and_the_rank_and_never_rise_with_the_order(made, orders):
    rows, kernel = made
    found = vendi_orders(kernel, (*sorted(orders), math.inf))
    assert (found >= 1 - 1e-9).all()
    assert (found <= min(rows.shape) + 1e-9).all()
    assert (found.diff() <= 1e-9).all()


@few
@given(kernels, st.sampled_from(ORDERS), st.integers(2, 4))
def test_the_order_of_items_and_copies_of_all_of_them_change_nothing(made, order, copies):
    _, kernel = made
    expected = vendi(kernel, order=order)
    turned = kernel.flip(0, 1)
    torch.testing.assert_close(vendi(turned, order=order), expected, rtol=0, atol=1e-9)
    copied = kernel.repeat(copies, copies)
    torch.testing.assert_close(vendi(copied, order=order), expected, rtol=0, atol=1e-6)


@few
@given(kernels, st.sampled_from(ORDERS))
def test_scores_agree_with_the_entropy_of_the_eigenvalues(made, order):
    rows, kernel = made
    # The eigenvalues of the smaller table: none of them is noise.
    small = kernel if len(rows) <= rows.shape[1] else rows.T @ rows
    shares = np.linalg.eigvalsh(small.numpy() / len(rows))
    if order == 1:
        expected = np.exp(-(shares * np.log(shares)).sum())
    elif order == math.inf:
        expected = 1 / shares.max()
    else:
        expected = (shares**order).sum() ** (1 / (1 - order))
    assert vendi(kernel, order=order).item() == pytest.approx(expected, abs=1e-7)


@few
@given(kernels, st.sampled_from((0.0, *ORDERS)), st.integers(0, 100))
def test_integer_weights_are_repeated_items(made, order, seed):
    _, kernel = made
    times = torch.randint(4, (len(kernel),), generator=torch.Generator().manual_seed(seed))
    times[0] = 1
    rows = torch.arange(len(kernel)).repeat_interleave(times)
    repeated = vendi(kernel[rows][:, rows], order=order)
    weighted = vendi(kernel, order=order, weights=times)
    torch.testing.assert_close(weighted, repeated, rtol=0, atol=1e-6)


def test_scores_do_not_jump_near_order_one():
    _, kernel = cosines(6, 4)
    at_one = vendi(kernel, order=1).item()
    for step in (1e-3, 1e-6, 1e-9, 1e-12, 1e-15):
        assert vendi(kernel, order=1 + step).item() == pytest.approx(at_one, abs=10 * step + 1e-12)
    edges = vendi_orders(kernel, (0.9 - 1e-9, 0.9 + 1e-9, 1.1 - 1e-9, 1.1 + 1e-9))
    assert edges[0].item() == pytest.approx(edges[1].item(), abs=1e-8)
    assert edges[2].item() == pytest.approx(edges[3].item(), abs=1e-8)


def test_great_orders_approach_the_order_infinity():
    _, kernel = cosines(6, 4)
    assert vendi(kernel, order=1e6).item() == pytest.approx(
        vendi(kernel, order=math.inf).item(), rel=1e-5
    )


def test_rounding_is_not_counted_as_many_rare_items():
    rows, kernel = cosines(400, 8)
    exact = effective_numbers(torch.linalg.eigvalsh(rows.T @ rows / 400), (0.1,))
    noisy = torch.linalg.eigvalsh(kernel / 400).clamp_min(0)
    assert effective_numbers(noisy, (0.1,)).item() > 12
    assert vendi(kernel, order=0.1).item() == pytest.approx(exact.item(), abs=1e-9)
    assert vendi(kernel, order=0).item() == pytest.approx(8)


def test_rounding_in_float32_is_not_counted_when_it_is_announced():
    _, kernel = cosines(400, 8)
    stored = kernel.float()
    assert vendi(stored, order=0).item() > 100
    assert vendi(stored, order=0, noise=1e-7).item() == pytest.approx(8)


def test_a_batch_is_scored_like_each_of_its_tables():
    _, kernel = cosines(7, 5)
    teams = torch.combinations(torch.arange(7), 3)
    batch = kernel[teams[:, :, None], teams[:, None, :]]
    found = vendi_orders(batch)
    assert found.shape == (35, len(ORDERS))
    for scores, team in zip(found, batch, strict=True):
        torch.testing.assert_close(scores, vendi_orders(team), rtol=0, atol=1e-9)


def test_weights_of_zero_and_one_score_teams_of_any_size():
    _, kernel = cosines(5, 5)
    kernel[4] = kernel[:, 4] = torch.nan
    teams = torch.tensor([[1, 1, 1, 0, 0], [0, 1, 0, 0, 0], [1, 1, 1, 1, 0], [1, 0, 0, 0, 1]])
    found = vendi(kernel, order=2, weights=teams)
    for row, size in ((0, 3), (2, 4)):
        alone = vendi(kernel[:size, :size], order=2)
        assert found[row].item() == pytest.approx(alone.item())
    assert found[1].item() == pytest.approx(1)
    assert found[3].isnan()


def test_undefined_similarities_give_no_score_and_spoil_no_other():
    batch = torch.eye(3).repeat(2, 1, 1)
    batch[0, 1, 2] = batch[0, 2, 1] = torch.nan
    found = vendi_orders(batch, (0, 1, 2, math.inf))
    assert found[0].isnan().all()
    torch.testing.assert_close(found[1], torch.full((4,), 3.0).double())
    assert vendi_orders(torch.zeros(0, 0)).isnan().all()
    assert vendi(torch.eye(2), weights=torch.zeros(2)).isnan()
    assert vendi_orders(torch.eye(2), ()).shape == (0,)


def test_negative_eigenvalues_of_pairs_judged_on_different_samples_are_dropped():
    kernel = torch.tensor([[1.0, 1.0, 0.0], [1.0, 1.0, 1.0], [0.0, 1.0, 1.0]])
    values = np.linalg.eigvalsh(kernel.numpy())
    shares = torch.from_numpy(values[values > 1e-9] / values[values > 1e-9].sum())
    assert values.min() < -0.1
    assert vendi(kernel).item() == pytest.approx(effective_numbers(shares, (1,)).item())


@pytest.mark.parametrize("order", [-0.1, math.nan])
def test_negative_orders_are_refused(order):
    with pytest.raises(BundleError, match="expected 0 or more"):
        vendi(torch.eye(2), order=order)


@pytest.mark.parametrize("weight", [-1.0, math.nan])
def test_negative_weights_are_refused(weight):
    weights = torch.tensor([1.0, weight])
    with pytest.raises(BundleError, match="expected 0 or more"):
        vendi(torch.eye(2), weights=weights)
    with pytest.raises(BundleError, match="expected 0 or more"):
        sample_vendi(torch.eye(2), weights=weights)


def naive_samples(table, weights=None):
    """From the table of all cosines, which only few samples allow."""
    rows = table.double() / table.double().norm(dim=1, keepdim=True)
    return vendi_orders(rows @ rows.T, weights=weights)


@pytest.mark.parametrize(("samples", "width"), [(200, 6), (30, 30), (5, 40), (1, 3)])
def test_scores_of_samples_agree_with_the_table_of_all_cosines(samples, width, monkeypatch):
    monkeypatch.setattr(module, "CHUNK_VALUES", 40)
    generator = torch.Generator().manual_seed(0)
    table = torch.randn(samples, width, generator=generator)
    weights = torch.rand(samples, generator=generator)
    weights[::3] = 0
    weights[0] = 0.5
    for given_weights in (None, weights):
        found = sample_vendi(table, weights=given_weights)
        counted = samples if given_weights is None else int((given_weights > 0).sum())
        assert found.pop("n") == counted
        expected = naive_samples(table, given_weights).tolist()
        assert list(found.values()) == pytest.approx(expected, abs=1e-9)


def test_a_mask_of_samples_is_the_same_as_taking_them():
    table = torch.randn(50, 4, generator=torch.Generator().manual_seed(1))
    kept = torch.arange(50) % 3 == 0
    assert sample_vendi(table, weights=kept) == pytest.approx(sample_vendi(table[kept]))


def test_samples_without_a_direction_are_left_out_and_not_counted():
    table = torch.randn(20, 4, generator=torch.Generator().manual_seed(1))
    with_zeros = torch.cat([table, torch.zeros(7, 4)])
    assert sample_vendi(with_zeros) == pytest.approx(sample_vendi(table))
    nothing = sample_vendi(torch.zeros(3, 2))
    assert nothing.pop("n") == 0
    assert all(math.isnan(score) for score in nothing.values())
    none_chosen = sample_vendi(table, weights=torch.zeros(20))
    assert none_chosen["n"] == 0
    assert math.isnan(none_chosen["vendi_q1"])


def test_one_sample_is_one_and_an_embedding_that_is_not_finite_is_undefined():
    alone = sample_vendi(torch.tensor([[3.0, 4.0]]), orders=(0, 1, math.inf))
    assert alone == {"n": 1, "vendi_q0": 1, "vendi_q1": 1, "vendi_qinf": 1}
    assert math.isnan(sample_vendi(torch.tensor([[1.0], [torch.nan]]))["vendi_q1"])
    assert math.isnan(sample_vendi(torch.tensor([[1.0, 2.0], [torch.inf, 1.0]]))["vendi_q1"])


def test_groups_are_compared_on_equally_many_samples():
    generator = torch.Generator().manual_seed(0)
    table = torch.randn(205, 3, generator=generator)
    table[:100] = table[0]
    codes = torch.tensor([0] * 100 + [1] * 70 + [2] * 30 + [3] * 5).int()
    grouping = Grouping(codes, ("same", "many", "some", "few"))
    found = group_vendi(table, grouping, orders=(1,), seed=1)
    assert {level: entry["n"] for level, entry in found.items()} == {
        "same": 30,
        "many": 30,
        "some": 30,
        "few": 0,
    }
    assert found["same"]["vendi_q1"] == pytest.approx(1)
    assert found["some"]["vendi_q1"] == pytest.approx(sample_vendi(table[170:200])["vendi_q1"])
    assert math.isnan(found["few"]["vendi_q1"])
    again = group_vendi(table, grouping, orders=(1,), seed=1)
    assert again["many"] == found["many"]
    assert group_vendi(table, grouping, orders=(1,), seed=2)["many"] != found["many"]


def test_groups_may_overlap():
    bundle = overlapping(samples=80)
    found = group_vendi(bundle.embeddings, bundle.groups["tags"], orders=(2,))
    assert list(found) == ["p", "q", "r", "s"]
    assert {entry["n"] for entry in found.values()} == {min(bundle.groups["tags"].sizes().tolist())}


def test_the_names_in_the_json_are_those_of_the_orders():
    sums = tally(random_bundle(probabilities=False), KERNELS["label_agreement"].needs)
    assert list(model_vendi(sums)) == [
        "kernel",
        "models",
        "vendi_q0.1",
        "vendi_q0.5",
        "vendi_q1",
        "vendi_q2",
        "vendi_qinf",
    ]


def test_models_without_errors_are_left_out_of_the_cosine_of_errors():
    bundle = bundle_of([[0, 1, 2, 0], [0, 0, 2, 0], [1, 1, 2, 0]], [0, 1, 2, 0])
    found = model_vendi(tally(bundle, KERNELS["error_cosine"].needs), kernel="error_cosine")
    assert found["models"] == 2
    assert found["vendi_q1"] == pytest.approx(2)
    right = bundle_of([[0, 1], [0, 1]], [0, 1])
    nobody = model_vendi(tally(right, KERNELS["error_cosine"].needs), kernel="error_cosine")
    assert nobody["models"] == 0
    assert math.isnan(nobody["vendi_q1"])


def test_models_without_a_common_sample_have_no_score():
    bundle = bundle_of([[0, 1, -1, -1], [-1, -1, 0, 1]], [0, 1, 0, 1])
    sums = tally(bundle, ("both_answered", "same"))
    assert math.isnan(model_vendi(sums)["vendi_q1"])
    assert vendi_answers(sums["both_answered"], sums["same"]).isnan()


def test_one_model_is_one_and_identical_models_are_one():
    for models in (1, 4):
        bundle = bundle_of([[0, 1, 2]] * models, [0, 1, 0])
        found = model_vendi(tally(bundle, ("both_answered", "same")))
        assert found["models"] == models
        assert found["vendi_q0.1"] == pytest.approx(1)


def test_a_kernel_is_named_as_its_function_and_takes_what_it_needs():
    for name, kernel in KERNELS.items():
        code = kernel.function.__code__
        assert kernel.function.__name__ == kernel.name == name
        assert code.co_varnames[: code.co_argcount] == kernel.needs
        assert kernel.summary.endswith(".")


def test_an_unknown_kernel_is_refused_with_those_that_exist():
    with pytest.raises(BundleError, match="expected one of label_agreement"):
        model_vendi(tally(random_bundle(), ("same",)), kernel="cosine")


PROBABILITY_NEEDS = KERNELS["hellinger_affinity"].needs + KERNELS["label_agreement"].needs


def test_the_kernel_follows_what_all_models_have():
    bundle = random_bundle()
    assert default_kernel(tally(bundle, PROBABILITY_NEEDS)) == "hellinger_affinity"
    some = {name: table for name, table in bundle.probabilities.items() if name != "model-1"}
    without = replace(bundle, probabilities=some)
    assert default_kernel(tally(without, PROBABILITY_NEEDS)) == "label_agreement"
    assert default_kernel(tally(bundle, ("both_answered", "same"))) == "label_agreement"


def test_grades_alone_are_compared_by_being_right():
    grades = torch.tensor([[1, 0, 1, 1], [1, 1, 0, 0]], dtype=torch.int8)
    bundle = bundle_of([[-1] * 4] * 2, classes="", grades=grades)
    needs = {need for kernel in KERNELS.values() for need in kernel.needs}
    found = model_vendi(tally(bundle, needs))
    assert found["kernel"] == "correctness_agreement"
    assert 1 < found["vendi_q1"] < 2
    assert default_kernel(tally(random_bundle(probabilities=False), needs)) == "label_agreement"


@pytest.mark.parametrize("name", KERNELS)
def test_kernels_of_complete_answers_have_ones_on_the_diagonal_and_nothing_negative(name):
    sums = tally(random_bundle(6, 200), KERNELS[name].needs)
    table = table_of(sums, name)
    torch.testing.assert_close(table.diagonal(), torch.ones(6).double(), rtol=0, atol=1e-9)
    assert torch.linalg.eigvalsh(table).min() > -1e-9


def runs_of_one_model(samples, deviation, models=8):
    """One model's float32 probabilities several times, each with logits off by chance."""
    one = random_bundle(1, samples, 10)
    logits = one.probabilities["model-0"].log()
    generator = torch.Generator().manual_seed(0)
    names = tuple(f"run-{place}" for place in range(models))
    runs = {}
    for name in names:
        off = deviation * torch.randn(logits.shape, generator=generator)
        runs[name] = (logits * (1 + off)).softmax(1).float()
    predictions = one.predictions.expand(models, -1)
    return replace(one, models=names, predictions=predictions, grades=None, probabilities=runs)


@pytest.mark.parametrize("name", KERNELS)
@pytest.mark.parametrize(("samples", "deviation"), [(50, 0.0), (30_000, 1e-6)])
def test_one_model_run_again_and_again_is_one_model(name, samples, deviation):
    sums = tally(runs_of_one_model(samples, deviation), KERNELS[name].needs)
    found = by_order(model_vendi(sums, kernel=name, orders=(0, 0.1, 1)))
    assert [found["0"], found["0.1"], found["1"]] == pytest.approx([1, 1, 1], abs=1e-9)
    if deviation and name == "cosine_probabilities":
        assert vendi(table_of(sums, name), order=0.1).item() > 1.2


def test_scores_are_equal_on_every_device(device):
    _, kernel = cosines(30, 12)
    weights = torch.rand(30, generator=torch.Generator().manual_seed(0))
    for given_weights in (None, weights):
        expected = vendi_orders(kernel, weights=given_weights)
        found = vendi_orders(kernel.to(device), weights=given_weights)
        assert found.device.type == device
        torch.testing.assert_close(found.cpu(), expected, rtol=0, atol=1e-6)
    table = torch.randn(100, 6, generator=torch.Generator().manual_seed(0))
    assert sample_vendi(table.to(device)) == pytest.approx(sample_vendi(table))
    grouping = Grouping((torch.arange(100) % 2).int(), ("x", "y"))
    moved = Grouping(grouping.codes.to(device), ("x", "y"))
    found, expected = group_vendi(table.to(device), moved), group_vendi(table, grouping)
    for level in ("x", "y"):
        assert found[level] == pytest.approx(expected[level])
