"""Pictures of labels as people send them: drawn symbols on paper, photographed, and a video for Chromium's camera."""

import io
from collections.abc import Sequence
from pathlib import Path

import qrcode
from PIL import Image, ImageFilter, ImageOps
from qrcode.constants import ERROR_CORRECT_Q

from cotrack.labelling.gateways.symbols import datamatrix_modules, datamatrix_picture

CAMERA = (1280, 720)


def qr(text: str, *, module: int = 6, border: int = 4) -> Image.Image:
    """Draw a text as the QR symbol of a label."""
    drawing = qrcode.QRCode(error_correction=ERROR_CORRECT_Q, border=border, box_size=module)
    drawing.add_data(text)
    drawing.make()
    return drawing.make_image().get_image().convert("L")


def data_matrix(text: str, *, module: int = 6) -> Image.Image:
    """Draw a text as a square Data Matrix, with its quiet zone."""
    return ImageOps.expand(datamatrix_picture(datamatrix_modules(text), module), module, 255)


SYMBOLS = {"qr": qr, "data_matrix": data_matrix}


def page(*symbols: Image.Image) -> Image.Image:
    """Put symbols side by side on a white page."""
    width = sum(each.width + 40 for each in symbols) + 40
    sheet = Image.new("L", (width, max((each.height for each in symbols), default=200) + 80), 255)
    left = 40
    for each in symbols:
        sheet.paste(each, (left, 40))
        left += each.width + 40
    return sheet


def sent(picture: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    """Return a picture as a file of this kind."""
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def photo(codes: Sequence[str]) -> bytes:
    """Return a photo of 12 million dots of a page with these labels, on a grained table, a little crooked."""
    grain = Image.effect_noise((1008, 756), 40).resize((4032, 3024))
    sheet = page(*(qr(each, module=9) for each in codes)).resize((3200, 1300))
    crooked = sheet.rotate(4, expand=True, fillcolor=120)
    grain.paste(crooked, (300, 500))
    return sent(grain.filter(ImageFilter.GaussianBlur(1)).convert("RGB"), "JPEG", quality=85)


def video(picture: Image.Image, path: Path) -> Path:
    """Write a picture as the video that Chromium's fake camera shows (YUV4MPEG2)."""
    width, height = CAMERA
    frame = Image.new("RGB", CAMERA, (190, 190, 190))
    shown = picture.convert("RGB")
    shown.thumbnail((width - 80, height - 80))
    frame.paste(shown, ((width - shown.width) // 2, (height - shown.height) // 2))
    light, blue, red = frame.convert("YCbCr").split()
    halves = [each.resize((width // 2, height // 2), Image.Resampling.BOX).tobytes() for each in (blue, red)]
    body = b"FRAME\n" + light.tobytes() + b"".join(halves)
    path.write_bytes(b"YUV4MPEG2 W%d H%d F10:1 Ip A1:1 C420jpeg\n" % CAMERA + body * 2)
    return path
