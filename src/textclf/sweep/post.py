"""Where a worker works: the coordinator's address, its key, and how many slots it offers."""

import json
import re
from dataclasses import dataclass
from pathlib import Path

from textclf.errors import RunError, UsageError
from textclf.runs.sweep import find_sweep
from textclf.sweep.security import read_key

ADDRESS = re.compile(r"(tls://)?([^/\s:]+|\[[0-9a-fA-F:]+\]):([0-9]{1,5})")


@dataclass(frozen=True)
class Post:
    """Where a worker works.

    Args:
        address: of the coordinator, 'tls://host:port'.
        key: PEM, as in the sweep's key file.
        slots: how many orders it trains at the same time.
        in_place: whether it writes the trials' own folders: it is the coordinator's own process,
            which ends it, if need be, before it orders the same trial again. Any other worker
            writes to a folder of its own, and sends what is in it: a machine that was given up,
            and wakes up later, can damage nothing.
        data_dir: None: the usual folders.
    """

    address: str
    key: str
    slots: int
    in_place: bool = False
    data_dir: Path | None = None

    def to_json(self) -> str:
        fields = {**vars(self), "data_dir": self.data_dir and str(self.data_dir)}
        return json.dumps(fields)

    @classmethod
    def from_json(cls, text: str) -> "Post":
        fields = json.loads(text)
        return cls(**{**fields, "data_dir": fields["data_dir"] and Path(fields["data_dir"])})


def find_post(
    where: str, slots: int, key_file: Path | None, runs_dir: Path, data_dir: Path | None
) -> Post:
    """The post at an address, 'host:port', or at a sweep whose folder this machine can read.

    Raises:
        UsageError: an address without a key.
        RunError: there is no such sweep, it does not listen, or the key cannot be read.
    """
    if match := ADDRESS.fullmatch(where):
        if key_file is None:
            raise UsageError(
                f"{where}: --key FILE is missing; it is key.pem in the sweep's folder on the "
                "machine of textclf sweep"
            )
        return Post(f"tls://{match[2]}:{match[3]}", read_key(key_file), slots, data_dir=data_dir)
    sweep = find_sweep(where, runs_dir)
    if sweep is None:
        raise RunError(f"{runs_dir / where}: no such sweep; an address is HOST:PORT")
    if not sweep.address_path.is_file():
        raise RunError(
            f"{sweep.path}: not open for other machines; start it with: textclf sweep ... "
            "--listen HOST:PORT"
        )
    address = sweep.address_path.read_text("utf-8").strip()
    return Post(address, read_key(key_file or sweep.key_path), slots, data_dir=data_dir)
