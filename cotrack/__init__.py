"""cotrack follows each lot of an engineered cell product from release testing to the infusion of each bag."""

from importlib.metadata import version

__version__ = version("cotrack")
