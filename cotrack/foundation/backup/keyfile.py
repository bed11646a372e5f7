"""The site's keys in one file, kept apart from every back-up: short text, so that it can also be kept on paper."""

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from cotrack.foundation.backup.gateways.files import sync_folder
from cotrack.foundation.errors import InvalidInput
from cotrack.foundation.keys import KEY_BYTES, NAMES, key_path

FORMAT: Final = 1


def keyfile_bytes(keys_folder: Path, vkey: str) -> bytes:
    """Return all keys of an installation as the file's text; `vkey` tells which trail they belong to."""
    keys = {name: key_path(keys_folder, name).read_text(encoding="ascii").strip() for name in NAMES}
    said = {"format": FORMAT, "vkey": vkey, "keys": keys, "sha256": _mark(vkey, keys)}
    return (json.dumps(said, ensure_ascii=False, indent=2) + "\n").encode()


def read_keyfile(path: Path) -> Mapping[str, str]:
    """Return the keys by name; raises InvalidInput where the file is of another format or not as it was written."""
    try:
        said = json.loads(path.read_bytes())
        keys = {name: str(said["keys"][name]) for name in NAMES}
        is_whole = said["sha256"] == _mark(said["vkey"], keys) and all(map(_is_key, keys.values()))
    except (ValueError, KeyError, TypeError):
        is_whole, said = False, {}
    if not is_whole or said["format"] != FORMAT:
        raise InvalidInput("{path} is damaged, or no file of keys of this program: take another copy.", path=path)
    return keys


def put_keys(keys: Mapping[str, str], folder: Path) -> list[str]:
    """Write the keys that a folder lacks and return their names; raises InvalidInput where it holds another."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    missing = [name for name in keys if not key_path(folder, name).exists()]
    for name in [each for each in keys if each not in missing]:
        if key_path(folder, name).read_text(encoding="ascii").strip() != keys[name]:
            path = key_path(folder, name)
            raise InvalidInput("{path} is another key than the file's: move it away, then try again.", path=path)
    for name in missing:
        descriptor = os.open(key_path(folder, name), os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(keys[name] + "\n")
            file.flush()
            os.fsync(file.fileno())
    sync_folder(folder)
    return missing


def _is_key(text: str) -> bool:
    return len(bytes.fromhex(text)) == KEY_BYTES


def _mark(vkey: str, keys: Mapping[str, str]) -> str:
    """Return what tells a mistyped or damaged file."""
    return hashlib.sha256("\n".join([vkey, *(keys[name] for name in sorted(keys))]).encode()).hexdigest()
