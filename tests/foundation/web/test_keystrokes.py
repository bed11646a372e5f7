"""How keystrokes become a scan is decided by a module without a page, tried in node."""

import shutil
import subprocess
from pathlib import Path

from cotrack.foundation.resources import resource

HERE = Path(__file__).parent


def test_keystrokes_become_scans_as_the_module_says(tmp_path: Path) -> None:
    (tmp_path / "package.json").write_text('{"type": "module"}')
    shutil.copy(resource("foundation/web/static/js/keystrokes.js"), tmp_path)
    shutil.copy(HERE / "keystrokes.test.mjs", tmp_path)
    done = subprocess.run(
        ["node", "--test", "keystrokes.test.mjs"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "# pass 10" in done.stdout
