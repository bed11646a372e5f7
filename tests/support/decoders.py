"""libdmtx, the third decoder of Data Matrix; what its Python package says of its own tools at import is not ours."""

import warnings

from PIL import Image

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    from pylibdmtx.pylibdmtx import decode


def by_libdmtx(picture: Image.Image) -> list[str]:
    """Return the text of the Data Matrix in a picture; it looks for one only, because it looks long."""
    return [each.data.decode("ascii") for each in decode(picture, max_count=1)]
