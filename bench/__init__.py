"""The benchmark (surface.md §6): what cotrack does in a second, beside the same work by hand in the same run."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
