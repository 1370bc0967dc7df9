"""On CUDA: the next chunk is read and sent while the device works on the one before."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import torch

from analysis.sums.piece import Piece


def read_ahead(walk: Iterator[Piece], device: torch.device) -> Iterator[Piece]:
    """The same chunks, with their probabilities on the device.

    A thread reads into pinned memory and sends on a stream of its own, so that reading, sending
    and the work on the device overlap; two chunks are held at a time. A chunk that does not fit
    comes without probabilities; whoever asks for them meets the error.

    Args:
        walk: chunks of a bundle on this device.
        device: a CUDA device.

    Yields:
        The chunks in their order.
    """
    main, aside = torch.cuda.current_stream(device), torch.cuda.Stream(device)

    def fetched(piece: Piece | None) -> torch.cuda.Event | None:
        if piece is None:
            return None
        try:
            with torch.cuda.stream(aside):
                found = piece.distributions
        except torch.OutOfMemoryError:
            return None
        if found is not None:
            for tensor in (found.models, found.values, found.scored):
                tensor.record_stream(main)
        return aside.record_event()

    with ThreadPoolExecutor(1) as thread:
        piece = next(walk, None)
        aside.wait_stream(main)
        coming = thread.submit(fetched, piece)
        while piece is not None:
            sent = coming.result()
            if sent is not None:
                main.wait_event(sent)
            following = next(walk, None)
            aside.wait_stream(main)
            coming = thread.submit(fetched, following)
            yield piece
            piece = following
