"""Bundles that several sessions have open are held once."""

import threading
from weakref import WeakValueDictionary

from analysis.bundle import Bundle
from analysis.stored import StoredArray

_open: WeakValueDictionary[tuple, Bundle] = WeakValueDictionary()
_looking = threading.Lock()


def shared(bundle: Bundle) -> Bundle:
    """The bundle that another session has open where it is the same one, else this one.

    The same: all data, the notes of the loader, and the files that tables stay in, unchanged.
    """
    tables = [table for table in bundle.probabilities.values() if isinstance(table, StoredArray)]
    files = tuple((table.file.path, table.file.written) for table in tables)
    key = bundle.fingerprint, bundle.notes, files
    with _looking:
        return _open.setdefault(key, bundle)
