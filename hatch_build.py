"""Compiles the translation catalogues, so that every installation, editable or wheel, has them."""

from pathlib import Path
from typing import Any

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CompileTranslations(BuildHookInterface):
    """Writes `messages.mo` beside every `messages.po` before files are collected."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile each catalogue; a fault in one stops the build."""
        for catalogue in Path(self.root).glob("cotrack/foundation/web/translations/*/LC_MESSAGES/messages.po"):
            compiled = catalogue.with_suffix(".mo")
            # A program that runs from this folder must never meet half a file.
            part = compiled.with_suffix(".part")
            with catalogue.open("rb") as source, part.open("wb") as target:
                write_mo(target, read_po(source))
            part.replace(compiled)
