"""One input for a reader: named bytes, and how they travel to another process or to a disk."""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Case:
    """Files for one reader.

    Attributes:
        format: which reader, a key of `making.MAKERS`.
        files: name -> bytes; what a name may be depends on the reader.
        answers: {model: {sample id: answer or None}} if the input is read at all; None: not known.
        on_disk: the files are written to a folder first, and not given as the bytes of uploads.
    """

    format: str
    files: Mapping[str, bytes]
    answers: dict | None = None
    on_disk: bool = False

    def text(self) -> str:
        """The case as JSON."""
        files = {name: base64.b64encode(own).decode() for name, own in self.files.items()}
        return json.dumps({**vars(self), "files": files}, indent=1)

    @staticmethod
    def parsed(text: str) -> "Case":
        """The case that `text` wrote."""
        found = json.loads(text)
        files = {name: base64.b64decode(own) for name, own in found.pop("files").items()}
        return Case(**found, files=files)

    def written(self, folder: Path) -> Path:
        """All files below a new folder; a name that no disk takes is left out."""
        folder.mkdir(parents=True)
        for name, content in self.files.items():
            path = folder / name.lstrip("/").replace("..", "_")
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
            except (OSError, ValueError):
                continue
        return folder
