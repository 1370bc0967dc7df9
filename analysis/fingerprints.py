"""Digests by which bundles are told apart."""

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from torch import Tensor

from analysis.lazy import LazyRows, blocks

if TYPE_CHECKING:
    from analysis.bundle import Bundle


def derived(parent: str, operation: str, detail: bytes) -> str:
    """The fingerprint of what an operation makes of a bundle.

    Args:
        parent: fingerprint of the bundle.
        operation: its name.
        detail: what decides its outcome.
    """
    return f"{parent}/{operation}:{hashlib.blake2b(detail, digest_size=6).hexdigest()}"


def _unpadded(codes: Tensor) -> np.ndarray:
    """Codes without columns of padding alone, which a subset of samples may be left with."""
    if codes.ndim == 2:
        codes = codes[:, : int((codes >= 0).sum(1).max())]
    return codes.cpu().numpy()


def fingerprint_of(bundle: "Bundle") -> str:
    """Digest of everything in a bundle but its notes; the same wherever its tables are kept."""
    digest = hashlib.blake2b(digest_size=16)
    for names in (bundle.models, bundle.ids, bundle.classes):
        digest.update(f"{len(names)}\0".encode() + "\0".join(names).encode())

    def begin(name: str, dtype: np.dtype | str, shape: Sequence[int]) -> None:
        digest.update(f"\0{name}\0{dtype}\0{tuple(shape)}\0".encode())

    def add(name: str, values: np.ndarray) -> None:
        begin(name, values.dtype, values.shape)
        if values.dtype == object:
            digest.update("\0".join(map(repr, values.tolist())).encode())
        else:
            digest.update(np.ascontiguousarray(values).reshape(-1).view(np.uint8))

    for name in ("predictions", "labels", "grades", "confidence", "embeddings", "units"):
        if (tensor := getattr(bundle, name)) is not None:
            add(name, tensor.cpu().numpy())
    for name in ("probabilities", "model_embeddings"):
        for model, tensor in sorted(getattr(bundle, name).items()):
            if not isinstance(tensor, LazyRows):
                add(f"{name}\0{model}", tensor.cpu().numpy())
                continue
            begin(f"{name}\0{model}", str(tensor.dtype).removeprefix("torch."), tensor.shape)
            for block in blocks(tensor):
                digest.update(block.cpu().numpy().reshape(-1).view(np.uint8))
    for name in ("attributes", "model_info"):
        for column, values in sorted(getattr(bundle, name).items()):
            add(f"{name}\0{column}", values)
    for column, grouping in sorted(bundle.groups.items()):
        add(f"group\0{column}\0" + "\0".join(grouping.levels), _unpadded(grouping.codes))
    if bundle.thumbnails is not None:
        add("thumbnails", bundle.thumbnails)
    return digest.hexdigest()
