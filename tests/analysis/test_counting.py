"""Every way of counting pairs gives what a loop over models and samples gives."""

import subprocess
import sys
from dataclasses import replace

import pytest
import torch
from made import ROOT, bundle_of, random_bundle
from sklearn.metrics import cohen_kappa_score

from analysis.bundle import Grouping
from analysis.catalog import CATALOG, value
from analysis.sums import answers as answer_module
from analysis.sums import bits, compiled
from analysis.sums import classes as class_module
from analysis.sums.answers import same_by_cells, same_by_distance
from analysis.sums.classes import towards_by_adding, towards_by_products
from analysis.sums.losses import binned
from analysis.sums.piece import pieces
from analysis.sums.products import by_float32, by_int8, by_padded_int8, product, total
from analysis.tally import tally

SIZES = ((1, 1), (1, 7), (2, 1), (3, 0), (1, 0), (2, 64), (5, 65), (7, 4097), (33, 130), (67, 9))


def drawn(models, samples, classes, *, gaps=0.3, seed=0):
    generator = torch.Generator().manual_seed(seed)
    said = torch.randint(classes, (models, samples), generator=generator, dtype=torch.int32)
    missing = torch.rand(models, samples, generator=generator) < gaps
    return said.masked_fill(missing, -1)


def counted(left, right, weights=None):
    weights = [1] * left.shape[1] if weights is None else weights.tolist()
    return torch.tensor(
        [
            [
                sum(w for a, b, w in zip(one, other, weights, strict=True) if a and b)
                for other in right.tolist()
            ]
            for one in left.tolist()
        ],
        dtype=torch.float64,
    ).reshape(len(left), len(right))


def agreeing(said, weights=None):
    weights = [1] * said.shape[1] if weights is None else weights.tolist()
    return torch.tensor(
        [
            [
                sum(w for a, b, w in zip(one, other, weights, strict=True) if a == b != -1)
                for other in said.tolist()
            ]
            for one in said.tolist()
        ],
        dtype=torch.float64,
    )


@pytest.mark.parametrize("size", SIZES)
def test_every_product_of_flags_is_exact(size):
    left, right = drawn(*size, 2) == 0, drawn(size[0] + 2, size[1], 2, seed=1) == 0
    ways = [by_float32, by_padded_int8, *([by_int8] if min(size) > 1 else [])]
    for multiply in ways:
        assert torch.equal(multiply(left, right).double(), counted(left, right))


@pytest.mark.parametrize("size", SIZES)
def test_a_product_takes_slices_columns_and_repeated_rows(size):
    models, samples = size
    wide = drawn(models, samples + 5, 2) == 0
    for flags in (
        wide[:, 3 : samples + 3],
        wide.T[:samples].contiguous().T,
        wide[:1, :samples].expand(models, samples),
        torch.ones((1, 1), dtype=torch.bool).expand(models, samples),
    ):
        assert torch.equal(product(flags, flags, None).double(), counted(flags, flags))
        assert torch.equal(total(flags, None), flags.sum(1))


def test_a_weighted_product_is_the_weighted_count():
    flags, weights = drawn(4, 50, 2) == 0, torch.arange(50).double() / 8
    found = product(flags, flags, weights)
    assert found.dtype == torch.float64
    torch.testing.assert_close(found, counted(flags, flags, weights), rtol=1e-14, atol=0)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("classes", [1, 3, 10, 255, 256, 40_000])
def test_equal_answers_are_counted_alike_by_every_kernel(size, classes):
    said = drawn(*size, min(classes, 12))
    said = torch.where(said >= 0, classes - 1 - said.clamp_max(classes - 1), -1)
    expected = agreeing(said)
    assert torch.equal(compiled.equal_answers(said, classes).double(), expected)
    assert torch.equal(same_by_distance(said).double(), expected)
    if classes <= bits.MOST_CLASSES:
        assert torch.equal(bits.equal_answers(bits.packed(said, classes)).double(), expected)
    weights = torch.arange(size[1]).double()
    torch.testing.assert_close(
        same_by_cells(said, weights, classes), agreeing(said, weights), rtol=1e-14, atol=0
    )


def test_the_compiled_kernel_reads_a_chunk_where_it_stands():
    said = drawn(6, 300, 5)
    part = said[:, 100:250]
    assert not part.is_contiguous()
    assert torch.equal(compiled.equal_answers(part, 5).double(), agreeing(part))
    expected = torch.stack([(part == c).sum(1) for c in range(5)], dim=1)
    assert torch.equal(compiled.class_counts(part, 5), expected)
    assert torch.equal(compiled.class_counts(part, 5, threads=1), expected)
    planes = bits.packed(part, 5)
    assert torch.equal(bits.class_counts(planes, 5), expected)
    assert torch.equal(bits.equal_answers(planes).double(), agreeing(part))
    right = part == 2
    assert torch.equal(bits.product(right, part >= 0).double(), counted(right, part >= 0))


@pytest.mark.parametrize("classes", [1, 14, 15, 16, bits.MOST_CLASSES])
def test_bits_tell_the_most_classes_that_they_can_hold_from_no_answer(classes):
    said = drawn(9, 5001, classes)
    said[:, 0], said[:, 1] = classes - 1, -1
    planes = bits.packed(said, classes)
    assert torch.equal(bits.equal_answers(planes).double(), agreeing(said))
    expected = torch.stack([(said == c).sum(1) for c in range(classes)], dim=1)
    assert torch.equal(bits.class_counts(planes, classes), expected)


def test_bits_serve_small_work_once_numba_is_there():
    bits.product(drawn(2, 3, 2) == 0, drawn(2, 3, 2) == 0)
    cpu = torch.device("cpu")
    assert bits.serves(9, 5001, bits.MOST_CLASSES, cpu)
    assert not bits.serves(9, 5001, bits.MOST_CLASSES + 1, cpu)
    assert not bits.serves(9, 5001, 0, cpu)
    assert not bits.serves(9, 5001, 3, torch.device("meta"))


def test_a_kernel_is_compiled_only_for_large_work_on_the_cpu():
    cpu, never = torch.device("cpu"), ("a kernel that is not there",)
    assert not compiled.chosen(never, 10**6, cpu)
    assert compiled.chosen(never, 10**12, cpu)
    assert not compiled.chosen(never, 10**12, torch.device("meta"))
    compiled.equal_answers(drawn(2, 3, 3), 3)
    assert compiled.chosen(compiled.agreement_kernel(3), compiled.PAYS_ONCE_BUILT, cpu)
    assert not compiled.chosen(compiled.agreement_kernel(3), 1, cpu)


def test_a_small_tally_does_not_load_numba():
    code = (
        "import sys; from made import random_bundle; from analysis.catalog import CATALOG;"
        "from analysis.tally import tally;"
        "tally(random_bundle(20, 500, 10), {n for m in CATALOG.values() if m.kind != 'sample' "
        "for n in m.needs}); print('numba' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path[:0] = ['.', 'tests']; {code}"],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    assert done.stdout.split() == ["False"]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_reliability_bins_are_the_same_in_torch_and_compiled(dtype):
    edges = torch.arange(1, 15) / 15
    generator = torch.Generator().manual_seed(0)
    confidence = torch.rand(3, 500, generator=generator, dtype=dtype)
    confidence[:, :14] = edges.to(dtype)
    confidence[:, 14:20] = torch.tensor([0, 1, torch.nan, torch.inf, -torch.inf, 0.5], dtype=dtype)
    grades = (confidence > 0.4).to(torch.int8)
    grades[:, 100:150] = -1
    found = binned(confidence, grades, edges.double(), None)
    fast = compiled.binned(confidence, grades, edges.double())
    assert torch.equal(found[0], fast[0])
    assert torch.equal(found[2], fast[2])
    torch.testing.assert_close(found[1], fast[1], rtol=1e-14, atol=0)
    closed = (confidence[..., None] <= torch.cat([edges.double(), torch.ones(1).double()])).long()
    known = confidence.isfinite() & (grades >= 0)
    per_bin = torch.stack([((closed.argmax(2) == b) & known).sum(1) for b in range(15)], dim=1)
    assert torch.equal(found[0], per_bin)


@pytest.mark.parametrize("missing", ["exclude", "wrong"])
@pytest.mark.parametrize("weighted", [False, True])
def test_answers_per_class_are_counted_where_the_other_model_answered(missing, weighted):
    said = drawn(4, 37, 5)
    bundle = bundle_of(said.tolist(), classes="vwxyz")
    weights = torch.arange(37).double() if weighted else None
    found = tally(bundle, ("class_answers",), missing=missing, weights=weights)["class_answers"]
    there = said >= 0 if missing == "exclude" else torch.ones_like(said, dtype=torch.bool)
    expected = torch.stack([counted(said == c, there, weights) for c in range(5)], dim=2)
    assert found.shape == ((4, 4, 5) if missing == "exclude" else (4, 1, 5))
    torch.testing.assert_close(found.double().expand(4, 4, 5), expected, rtol=1e-14, atol=0)
    (piece,) = pieces(bundle, 100, missing=missing, weights=weights)
    for way in (towards_by_adding, towards_by_products):
        torch.testing.assert_close(way(piece).double(), expected, rtol=1e-14, atol=0)


@pytest.mark.parametrize("gaps", [0.0, 0.3])
def test_kappa_of_labels_agrees_with_scikit_learn_on_common_samples(gaps):
    bundle = random_bundle(5, 200, 4, gaps=gaps, probabilities=False)
    measure = CATALOG["cohen_kappa_labels"]
    found = value(measure, tally(bundle, measure.needs, chunk=33))
    for i in range(5):
        for j in range(5):
            both = (bundle.predictions[i] >= 0) & (bundle.predictions[j] >= 0)
            one, other = bundle.predictions[i, both].numpy(), bundle.predictions[j, both].numpy()
            expected = cohen_kappa_score(one, other)
            assert found[i, j].item() == pytest.approx(expected, abs=1e-12)


def test_kappa_of_labels_is_undefined_where_both_give_one_class_only():
    bundle = bundle_of([[1, 1, 1], [1, 1, 1], [1, 1, 0]])
    measure = CATALOG["cohen_kappa_labels"]
    for weights in (None, torch.tensor([0.1, 0.2, 0.3])):
        found = value(measure, tally(bundle, measure.needs, weights=weights))
        assert found[0, 1].isnan()
        assert found[0, 2].item() == pytest.approx(0, abs=1e-12)
        assert found[2, 2].item() == pytest.approx(1, abs=1e-12)


def test_kappa_of_labels_is_undefined_where_gaps_make_its_sums_too_large(monkeypatch):
    monkeypatch.setattr(class_module, "MOST_VALUES", 10)
    measure = CATALOG["cohen_kappa_labels"]
    gappy = bundle_of([[0, 1, -1], [0, 1, 2]])
    parts = [tally(gappy, measure.needs, weights=torch.arange(3) == row) for row in range(3)]
    assert value(measure, parts[0] + parts[1] + parts[2]).isnan().all()
    whole = bundle_of([[0, 1, 1], [0, 1, 2]])
    assert value(measure, tally(whole, measure.needs)).isfinite().all()


@pytest.mark.parametrize("missing", ["exclude", "wrong"])
@pytest.mark.parametrize("gaps", [0.0, 0.4])
def test_group_sums_count_the_samples_of_each_group(missing, gaps):
    bundle = random_bundle(4, 61, 3, gaps=gaps, probabilities=False)
    codes = torch.arange(61, dtype=torch.int32)[:, None] % 7
    twice = torch.cat([codes, torch.where(codes == 0, -1, (codes + 3) % 7)], dim=1)
    groupings = {"one": Grouping(codes[:, 0], tuple("abcdefg")), "two": Grouping(twice, "abcdefg")}
    bundle = replace(bundle, groups=groupings, fingerprint="")
    judged = torch.ones(4, 61, dtype=torch.bool) if missing == "wrong" else bundle.grades >= 0
    for weights in (None, torch.arange(61).double()):
        found = tally(bundle, (), groups=("one", "two"), missing=missing, weights=weights, chunk=25)
        for name, grouping in groupings.items():
            inside = grouping.membership().T
            for what, flags in (("graded", judged), ("right", bundle.correct)):
                expected = counted(flags, inside, weights)
                assert torch.equal(found[f"group_{what}/{name}"].double(), expected)


def test_answers_per_class_and_model_are_left_out_where_the_memory_is_too_small(monkeypatch):
    monkeypatch.setattr(class_module, "SMALLEST", 0)
    monkeypatch.setattr(class_module, "fits", lambda size, device, share: size * share < 768)
    shapes = {}
    for models in (2, 3):
        gappy = bundle_of([[0, 1, -1, 2]] * models, classes="xyz")
        shapes[models] = tally(gappy, ("class_answers",), chunk=1)["class_answers"].shape
    assert shapes == {2: (2, 0, 3), 3: (3, 0, 3)}
    monkeypatch.setattr(class_module, "fits", lambda size, device, share: size == 8 * 12)
    gappy = bundle_of([[0, 1, -1]] * 2)
    assert tally(gappy, ("class_answers",))["class_answers"].shape == (
        2,
        2,
        3,
    )


def test_the_chunks_of_a_walk_agree_whether_answers_are_kept_for_each_model(monkeypatch):
    asked = []
    monkeypatch.setattr(class_module, "SMALLEST", 0)
    monkeypatch.setattr(class_module, "fits", lambda *_, **__: asked.append(1) or len(asked) == 1)
    gappy = bundle_of([[0, 1, -1, 2], [0, 1, 1, 2]])
    assert tally(gappy, ("class_answers",), chunk=1)["class_answers"].shape == (2, 2, 3)
    assert len(asked) == 1


@pytest.mark.parametrize("cells", [1, 3, 10_000])
def test_weighted_answers_are_compared_some_cells_at_a_time(cells, monkeypatch):
    said = drawn(7, 40, 4)
    weights = torch.arange(40).double()
    seen = []
    of_cells = answer_module._of_cells

    def watched(model, cell, *rest):
        seen.append(int(cell.max()) + 1)
        return of_cells(model, cell, *rest)

    monkeypatch.setattr(answer_module, "working_memory", lambda device: 4 * 7 * 16 * cells)
    monkeypatch.setattr(answer_module, "_of_cells", watched)
    found = same_by_cells(said, weights, 4)
    torch.testing.assert_close(found, agreeing(said, weights), rtol=1e-14, atol=0)
    assert max(seen) <= cells
    assert len(seen) > 1 or cells > 100


def test_a_kernel_that_rounds_is_chosen_by_the_work_alone():
    cpu = torch.device("cpu")
    compiled.equal_answers(drawn(2, 3, 3), 3)
    assert not compiled.chosen(None, 10, cpu, pays_from=11)
    assert compiled.chosen(None, 11, cpu, pays_from=11)
