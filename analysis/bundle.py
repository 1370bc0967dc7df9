"""What several models answered on the same samples: the immutable `Bundle`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from analysis.checks import BundleError, check, check_names
from analysis.fingerprints import derived, fingerprint_of
from analysis.grouping import Grouping
from analysis.lazy import LazyRows


@dataclass(frozen=True, eq=False)
class Bundle:
    """Predictions of M models on N samples with C classes, and what is known of both. Immutable.

    Attributes:
        models: M unique names.
        ids: N unique sample ids.
        classes: C class names in class order; ties go to the lowest index.
        predictions: int32 [M, N], class index, -1 = no answer.
        labels: int32 [N], class index, -1 = unlabelled; None when there are no labels at all.
        grades: int8 [M, N], 1 right, 0 wrong, -1 not graded (no answer or no label).
            Derived from labels and predictions unless given (logs that were graded elsewhere).
        probabilities: {model: float32 or float64 [N, C]} as stored, rows sum to 1 within 1e-3;
            rows without an answer are ignored; some models may have none. Tables larger than
            memory are `LazyRows` (`StoredArray`), which give rows as tensors when indexed.
        confidence: float32 [M, N], the models' own confidence in their answer, NaN where unknown.
        embeddings: float32 [N, D], one space shared by all samples.
        model_embeddings: {model: float32 [N, D_m]}.
        attributes: {column: numpy values [N]}, numbers or text.
        groups: {column: Grouping}, views on attributes; groups of one grouping may overlap.
        model_info: {column: numpy values [M]}: family, seed, epoch, cost ...
        units: int32 [N], samples that are not independent share a number (the same image under
            several shifts); intervals resample units. None when every sample stands alone.
        thumbnails: uint8 [N, height, width, 3] numpy array, or None.
        notes: what was assumed while loading, one sentence each.
        fingerprint: digest of the data; a derived bundle's is its parent's plus the operation.
    """

    models: tuple[str, ...]
    ids: tuple[str, ...]
    classes: tuple[str, ...]
    predictions: Tensor
    labels: Tensor | None = None
    grades: Tensor | None = None
    probabilities: Mapping[str, Tensor | LazyRows] = field(default_factory=dict)
    confidence: Tensor | None = None
    embeddings: Tensor | None = None
    model_embeddings: Mapping[str, Tensor] = field(default_factory=dict)
    attributes: Mapping[str, np.ndarray] = field(default_factory=dict)
    groups: Mapping[str, Grouping] = field(default_factory=dict)
    model_info: Mapping[str, np.ndarray] = field(default_factory=dict)
    units: Tensor | None = None
    thumbnails: np.ndarray | None = None
    notes: tuple[str, ...] = ()
    fingerprint: str = ""

    def __post_init__(self) -> None:
        check(self)
        if self.grades is None:
            object.__setattr__(self, "grades", graded(self.predictions, self.labels))
        if not self.fingerprint:
            object.__setattr__(self, "fingerprint", fingerprint_of(self))

    @property
    def answered(self) -> Tensor:
        """Bool [M, N]: the model gave an answer (or a graded one) for the sample."""
        return (self.predictions >= 0) | (self.grades >= 0)

    @property
    def correct(self) -> Tensor:
        """Bool [M, N]: the answer equals the label."""
        return self.grades == 1

    @cached_property
    def labelled(self) -> Tensor:
        """Bool [N]: answers on this sample can be judged."""
        graded = (self.grades >= 0).any(0)
        return graded if self.labels is None else graded | (self.labels >= 0)

    @cached_property
    def any_label(self) -> bool:
        """Some sample has a label; grades alone are none."""
        return self.labels is not None and bool((self.labels >= 0).any())

    @cached_property
    def gaps(self) -> int:
        """How many answers are missing, over all models."""
        return int((~self.answered).sum())

    @cached_property
    def gapless(self) -> bool:
        """Every model gave an answer to every sample."""
        return int(self.predictions.min()) >= 0

    @cached_property
    def all_graded(self) -> bool:
        """Every model is judged on every sample."""
        return bool(self.grades.numel()) and int(self.grades.min()) >= 0

    @cached_property
    def graded_elsewhere(self) -> bool:
        """Grades were given that labels and answers alone do not explain."""
        return not torch.equal(self.grades, graded(self.predictions, self.labels))

    @cached_property
    def grades_alone(self) -> bool:
        """There are grades but no answers, so there is nothing to combine."""
        return bool((self.grades >= 0).any()) and not bool((self.predictions >= 0).any())

    @property
    def device(self) -> torch.device:
        """Where the tensors live."""
        return self.predictions.device

    def to(self, device: str | torch.device) -> "Bundle":
        """The same bundle with its tensors on another device."""
        if torch.device(device) == self.device:
            return self
        return _part(self, **_mapped(self, lambda tensor, axis: tensor.to(device)))

    def take(self, samples: Tensor, *, again: bool = False) -> "Bundle":
        """The bundle of these samples only.

        Args:
            samples: int64 [n] row positions, or bool [N].
            again: a sample may occur more than once, as in a bootstrap; their ids are places then.

        Raises:
            BundleError: a sample occurs more than once and that was not asked for, or none does.
        """
        if samples.dtype == torch.bool:
            samples = samples.nonzero().flatten()
        samples = samples.to(self.device)
        rows = samples.cpu().numpy()
        ids = tuple(
            map(str, range(len(rows))) if again else map(self.ids.__getitem__, rows.tolist())
        )
        if again or not len(rows) or np.bincount(rows).max() > 1:
            check_names(ids, "sample id")
        return _part(
            self,
            ids=ids,
            attributes={name: values[rows] for name, values in self.attributes.items()},
            thumbnails=None if self.thumbnails is None else self.thumbnails[rows],
            fingerprint=derived(self.fingerprint, "take", rows.astype(np.int64).tobytes()),
            **_mapped(self, lambda tensor, axis: tensor.index_select(axis, samples)),
        )

    def select(self, models: Sequence[str]) -> "Bundle":
        """The bundle of these models only, in this order.

        Raises:
            BundleError: a name is not among the models, or is there twice, or there is none.
        """
        models = tuple(models)
        if models == self.models:
            return self
        check_names(models, "model")
        rows = torch.tensor([position(self, model) for model in models], dtype=torch.int64)
        tensor_rows = rows.to(self.device)
        return _part(
            self,
            models=models,
            predictions=self.predictions[tensor_rows],
            grades=self.grades[tensor_rows],
            confidence=None if self.confidence is None else self.confidence[tensor_rows],
            probabilities={m: self.probabilities[m] for m in models if m in self.probabilities},
            model_embeddings={
                m: self.model_embeddings[m] for m in models if m in self.model_embeddings
            },
            model_info={name: values[rows.numpy()] for name, values in self.model_info.items()},
            fingerprint=derived(self.fingerprint, "select", "\0".join(models).encode()),
        )

    def append(self, other: "Bundle") -> "Bundle":
        """This bundle with the models of another one on the same samples added behind its own.

        Raises:
            BundleError: the samples or classes differ, or a model name occurs in both.
        """
        if self.ids != other.ids or self.classes != other.classes:
            raise BundleError("Only models on the same samples and classes can be put together.")
        confidence = None
        if self.confidence is not None or other.confidence is not None:
            confidence = torch.cat([_confidence(self), _confidence(other)])
        columns = {**self.model_info, **other.model_info}
        return replace(
            self,
            models=self.models + other.models,
            predictions=torch.cat([self.predictions, other.predictions]),
            grades=torch.cat([self.grades, other.grades]),
            confidence=confidence,
            probabilities={**self.probabilities, **other.probabilities},
            model_embeddings={**self.model_embeddings, **other.model_embeddings},
            model_info={
                name: np.concatenate([_info(self, name), _info(other, name)]) for name in columns
            },
            fingerprint=derived(self.fingerprint, "append", other.fingerprint.encode()),
        )


def _part(bundle: Bundle, **changes) -> Bundle:
    """A checked bundle with less in it, or elsewhere, which needs no check of its own."""
    made = object.__new__(Bundle)
    made.__dict__.update({one.name: getattr(bundle, one.name) for one in fields(bundle)} | changes)
    return made


def position(bundle: Bundle, model: str) -> int:
    """The row of a model.

    Raises:
        BundleError: there is no model of this name.
    """
    try:
        return bundle.models.index(model)
    except ValueError:
        known = ", ".join(bundle.models[:8]) + (" ..." if len(bundle.models) > 8 else "")
        raise BundleError(f"There is no model '{model}'; the models are {known}.") from None


def normalised(stored: Tensor) -> Tensor:
    """Probabilities as they enter every formula: float64, rows divided by their sum.

    Args:
        stored: float [..., C] as kept in the bundle, sums within 1e-3 of 1.

    Returns:
        float64 [..., C].
    """
    probabilities = stored.double()
    return probabilities / probabilities.sum(-1, keepdim=True)


def graded(predictions: Tensor, labels: Tensor | None) -> Tensor:
    """Right and wrong as they follow from answers and labels.

    Args:
        predictions: int32 [M, N], -1 = no answer.
        labels: int32 [N], -1 = unlabelled, or None.

    Returns:
        int8 [M, N]: 1 right, 0 wrong, -1 where there is no answer or no label.
    """
    if labels is None:
        return torch.full_like(predictions, -1, dtype=torch.int8)
    grades = (predictions == labels).view(torch.int8)
    return grades.masked_fill_(predictions < 0, -1).masked_fill_(labels < 0, -1)


def _mapped(bundle: Bundle, change) -> dict:
    """Every tensor field through change(tensor, axis of the samples)."""
    axes = {
        "predictions": 1,
        "grades": 1,
        "confidence": 1,
        "labels": 0,
        "embeddings": 0,
        "units": 0,
    }
    fields = {
        name: None if getattr(bundle, name) is None else change(getattr(bundle, name), axis)
        for name, axis in axes.items()
    }
    for name in ("probabilities", "model_embeddings"):
        fields[name] = {model: change(t, 0) for model, t in getattr(bundle, name).items()}
    fields["groups"] = {
        name: replace(grouping, codes=change(grouping.codes, 0))
        for name, grouping in bundle.groups.items()
    }
    return fields


def _confidence(bundle: Bundle) -> Tensor:
    if bundle.confidence is not None:
        return bundle.confidence
    return torch.full(bundle.predictions.shape, torch.nan, device=bundle.device)


def _info(bundle: Bundle, name: str) -> np.ndarray:
    if name in bundle.model_info:
        return bundle.model_info[name]
    return np.full(len(bundle.models), None, dtype=object)
