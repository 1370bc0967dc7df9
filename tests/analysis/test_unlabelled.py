"""Accuracy from agreement alone: planted accuracies, ceilings, real data with hidden labels."""

from dataclasses import replace

import pytest
import torch
from made import bundle_of, random_bundle, real

from analysis.bundle import BundleError
from analysis.ensemble import Ensemble, combine
from analysis.loading import load_bundle
from analysis.unlabelled import SHARED, accuracy_from_agreement

TRUE = (0.9, 0.8, 0.7, 0.6)


def independent(seed, samples=2000, classes=5, accuracy=TRUE):
    """Models that err independently, all wrong answers alike."""
    generator = torch.Generator().manual_seed(seed)
    labels = torch.randint(classes, (samples,), generator=generator)
    shape = (len(accuracy), samples)
    wrong = (labels + torch.randint(1, classes, shape, generator=generator)) % classes
    right = torch.rand(shape, generator=generator) < torch.tensor(accuracy)[:, None]
    said = torch.where(right, labels, wrong)
    return bundle_of(said.tolist(), labels.tolist(), "uvwxyz"[:classes])


def hidden(bundle):
    return replace(bundle, labels=None, grades=None, fingerprint="")


def test_independent_errors_are_found_again_and_are_in_the_interval():
    held, off = [], []
    for seed in range(15):
        bundle = independent(seed, 800)
        found = accuracy_from_agreement(hidden(bundle))
        rate = bundle.correct.double().mean(1)
        held.append((found.low <= rate) & (rate <= found.high))
        off.append(found.accuracy - rate)
    assert torch.stack(off).mean(0).abs().max() < 0.02
    assert torch.stack(held).double().mean() > 0.9


def test_labels_are_not_looked_at():
    bundle = independent(1, 300)
    wrong = replace(bundle, labels=(bundle.labels + 1) % 5, grades=None, fingerprint="")
    one, other = (accuracy_from_agreement(given).accuracy for given in (bundle, wrong))
    assert torch.equal(one, other)


def test_an_ensemble_is_judged_without_changing_the_estimate():
    bundle = independent(2)
    whole = combine(bundle, Ensemble(bundle.models, "plurality"))
    found = accuracy_from_agreement(hidden(bundle), whole.predictions)
    alone = accuracy_from_agreement(hidden(bundle))
    assert torch.allclose(found.accuracy, alone.accuracy, atol=1e-12)
    assert found.others[0].item() == pytest.approx(whole.correct.double().mean().item(), abs=0.02)
    assert found.others_low[0] < found.others[0] < found.others_high[0]


def test_nothing_that_nobody_said_is_likely():
    bundle = bundle_of([[0, 0, 1], [0, 0, 1], [0, 1, 1]])
    found = accuracy_from_agreement(bundle, torch.tensor([[2, 2, 2], [-1, -1, -1]]))
    assert found.others[0].item() == 0
    assert torch.isnan(found.others[1])


@pytest.mark.parametrize("gaps", [0.0, 0.3])
def test_no_labels_allow_more_than_the_ceiling(gaps):
    bundle = random_bundle(5, 80, gaps=gaps, seed=5)
    found = accuracy_from_agreement(bundle)
    answered = bundle.predictions >= 0
    counted = answered.sum(0) > 1
    for label in range(4):
        right = ((bundle.predictions == label) & answered).sum(0) / answered.sum(0)
        assert float(right[counted].mean()) <= found.ceiling + 1e-6
    most = bundle.predictions[:, counted].mode(0).values
    assert found.n == int(counted.sum())
    if not gaps:
        share = (bundle.predictions == most).double().mean()
        assert found.ceiling == pytest.approx(float(share))


def test_errors_that_models_share_are_seen_without_labels():
    alone = accuracy_from_agreement(independent(4, 800, accuracy=(0.8,) * 7))
    assert alone.spread < SHARED
    bundle = independent(4, 800, accuracy=(0.9,) * 7)
    hard = torch.arange(800) % 4 == 0
    wrong = independent(5, 800, accuracy=(0.3,) * 7).predictions
    said = torch.where(hard, wrong, bundle.predictions)
    shared = accuracy_from_agreement(replace(hidden(bundle), predictions=said))
    assert shared.spread > SHARED


def test_samples_of_one_unit_count_once():
    bundle = independent(3, 400)
    twice = bundle.take(torch.arange(400).repeat_interleave(2), again=True)
    twice = replace(twice, units=(torch.arange(800) // 2).int(), fingerprint="")
    one, other = accuracy_from_agreement(bundle), accuracy_from_agreement(twice)
    assert torch.allclose(one.accuracy, other.accuracy, atol=1e-5)
    assert torch.allclose(one.high - one.low, other.high - other.low, rtol=0.1)


def test_who_cannot_agree_gets_a_sentence():
    with pytest.raises(BundleError, match="needs answers of 3 models or more, and there are 2"):
        accuracy_from_agreement(bundle_of([[0, 1], [0, 1]]))
    with pytest.raises(BundleError, match="that two models or more answered, and there is none"):
        accuracy_from_agreement(bundle_of([[0, -1, -1], [-1, 1, -1], [-1, -1, 1]]))


def test_one_sample_has_no_interval():
    found = accuracy_from_agreement(bundle_of([[0], [0], [1]]))
    assert torch.isnan(found.low).all()
    assert torch.isfinite(found.accuracy).all()


@pytest.mark.parametrize(
    ("name", "start", "off"), [("cifar10n_annotators", "annotator", 0.022), ("gsm_llms", "", 0.013)]
)
def test_real_models_share_errors_so_the_estimate_is_a_little_too_high(name, start, off):
    bundle = load_bundle(real(name))
    bundle = bundle.select([model for model in bundle.models if model.startswith(start)])
    judged = bundle.grades >= 0
    rate = (bundle.correct & judged).sum(1) / (bundle.predictions >= 0).sum(1)
    found = accuracy_from_agreement(hidden(bundle))
    error = found.accuracy - rate
    assert float(error.mean()) == pytest.approx(off, abs=0.002)
    assert float(error.abs().max()) < off + 0.01
    assert float(rate.mean()) <= found.ceiling
    assert (found.spread > SHARED) == (len(bundle.models) > 3)
