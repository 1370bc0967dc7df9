"""The same tally on a Dask cluster: partitions of the samples, added up in their order."""

import socket
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import torch

from analysis.bundle import Bundle
from analysis.checks import BundleError
from analysis.chunks import CACHE, LONGEST, VALUE
from analysis.sums.classes import kept_per_pair
from analysis.sums.piece import Missing
from analysis.tally import Tally, tally

if TYPE_CHECKING:
    from distributed import Client

SECONDS = 5  # within which a scheduler must answer
PARTITION = 64 << 20  # values of probabilities in a partition
FEWEST = 8


def connect(address: str) -> "Client":
    """A client of the scheduler at this address.

    Args:
        address: as the scheduler prints it, "tcp://host:8786".

    Raises:
        BundleError: `distributed` is not installed, or no scheduler answers.
    """
    try:
        from distributed import Client
    except ImportError:
        raise BundleError(
            "--cluster needs the package distributed; install dissensus[cluster]."
        ) from None
    try:
        _reach(address)
        client = Client(address, timeout=SECONDS, set_as_default=False)
    except (OSError, ValueError) as error:
        reason = str(error).splitlines()[0][:120] if str(error) else type(error).__name__
        raise BundleError(
            f"No Dask scheduler answers at {address} ({reason}); start one with 'dask scheduler' "
            "and give its address, such as tcp://host:8786."
        ) from None
    if not client.scheduler_info()["workers"]:
        client.close()
        raise BundleError(
            f"The Dask scheduler at {address} has no worker; start some with 'dask worker "
            f"{address}'."
        )
    return client


@dataclass(frozen=True)
class _Count:
    """What is counted on each partition; travels to the workers."""

    needs: tuple[str, ...]
    groups: tuple[str, ...]
    missing: Missing
    chunk: int
    per_pair: bool

    def __call__(self, partition: Bundle) -> Tally:
        threads = torch.get_num_threads()
        torch.set_num_threads(1)  # sums come out the same whatever a worker has
        try:
            options = {"groups": self.groups, "missing": self.missing, "chunk": self.chunk}
            return tally(partition, self.needs, per_pair=self.per_pair, **options)
        finally:
            torch.set_num_threads(threads)


def tally_on(
    client: "Client",
    bundle: Bundle,
    needs: Iterable[str],
    *,
    groups: Sequence[str] = (),
    missing: Missing = "exclude",
    partitions: int | None = None,
) -> Tally:
    """`tally`, counted by the workers of a cluster.

    Probabilities that lie in files are read by the workers themselves, from the same paths; all
    else travels with the partition. A partition whose worker is lost is counted by another one.
    The chunks and the order of all additions depend on the bundle and on `partitions` only, so
    the result does too, to the last bit on machines of one kind. For that, a worker takes chunks of
    one size (256 MiB with all that is derived from them) whatever memory is stated here: how much
    it may take is said where it is started (`dask worker --memory-limit`).

    Args:
        client: of the cluster.
        bundle: M models, N samples.
        needs: as in `tally`.
        groups: as in `tally`.
        missing: as in `tally`.
        partitions: how many; chosen from the size of the bundle when not given.

    Returns:
        As `tally`.

    Raises:
        BundleError: a worker cannot read a file, or the cluster loses its workers again and again.
    """
    from distributed import KilledWorker

    samples, values = len(bundle.ids), len(bundle.models) * max(len(bundle.classes), 1)
    partitions = min(samples, partitions or max(FEWEST, -(-samples * values // PARTITION)))
    chunk = max(1, min(LONGEST, CACHE // (values * VALUE)))
    per_pair = kept_per_pair(bundle)
    counted = _Count(tuple(needs), tuple(groups), missing, chunk, per_pair)
    lean, rows = _lean(bundle), torch.arange(samples)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Sending large graph")
        level = [
            client.submit(counted, lean.take(part), pure=False)
            for part in rows.tensor_split(partitions)
        ]
        while len(level) > 1:
            pairs = zip(level[::2], level[1::2], strict=False)
            odd = level[len(level) & ~1 :]
            level = [client.submit(_added, *pair, pure=False) for pair in pairs] + odd
    try:
        found = level[0].result()
    except KilledWorker as error:
        raise BundleError(
            "The cluster lost one worker after the other on the same partition, probably for want "
            f"of memory ({error.task}); give the workers more memory."
        ) from None
    return Tally({name: sums.to(bundle.device) for name, sums in found.sums.items()})


def _added(first: Tally, second: Tally) -> Tally:
    return first + second


def _reach(address: str) -> None:
    """Knock before the client does, which takes long to give up."""
    from distributed.comm import parse_address
    from distributed.comm.addressing import parse_host_port

    scheme, place = parse_address(address, strict=False)
    if scheme in ("tcp", "tls"):
        socket.create_connection(parse_host_port(place), timeout=SECONDS).close()


def _lean(bundle: Bundle) -> Bundle:
    """The bundle on the CPU without what no sum needs."""
    return replace(
        bundle.to("cpu"),
        embeddings=None,
        model_embeddings={},
        attributes={},
        model_info={},
        thumbnails=None,
        notes=(),
    )
