"""``hall voice …``: install a better voice, render a bank with it, list what a pack has to say, check and level one."""

from __future__ import annotations

import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path

from devices.call_speaker.bank import INDEX, missing, read_index, write_index
from devices.call_speaker.hardware import EspeakNg, EspeakNgEnglish
from devices.call_speaker.neural.engine import Kokoro
from devices.call_speaker.neural.installing import NOTICE, install
from devices.call_speaker.pack import PACE, SLOW_PACE, check, measured
from devices.call_speaker.phrases import characters
from devices.call_speaker.segments import split
from devices.call_speaker.sound import BadClip, decibels, from_wav, levelled, peak, rms, to_wav, trimmed
from devices.call_speaker.texts import FORTY_CALLS, Extent, english_texts, paired_texts, said_call, texts
from devices.call_speaker.voice import Banks, Cache, Engine, HallVoice, Saying, rendered
from hall.errors import Fault

#: Calls said slowly are for those who did not catch the first: characters a minute.
SLOW = 110
#: letters, numbers, windows and how 1 is said, as the command line has them
Asked = tuple[str, int, int, str]


def setup(home: Path, *, yes: bool) -> int:
    """Install the better voice into `home`, after saying what that downloads; the exit code."""
    print(NOTICE)
    if not yes:
        print("确认下载请加--yes / nothing was downloaded: repeat with --yes")
        return 1
    try:
        install(home)
    except (OSError, subprocess.CalledProcessError, StopIteration) as error:
        print(f"hall voice setup: {error}", file=sys.stderr)
        return 1
    print(f"{home}: 已装好 / ready")
    return 0


def listing(extent: Asked) -> int:
    """Print the index of a pack of this extent: what each file is called and says; the exit code."""
    for name, said in sorted(texts(Extent(*extent)).items()):
        print(f"{name}\t{said}")
    return 0


def render(
    folder: Path,
    *,
    extent: Asked,
    engine: str,
    home: Path | None,
    voice: str,
    pace: int,
    slow: bool,
    pairs: bool,
    only: str | None,
) -> int:
    """Render what the bank does not have yet; may be stopped and goes on where it was. The exit code."""
    where, said_of = (folder / "slow" if slow else folder), texts(Extent(*extent))
    if pairs:
        said_of |= paired_texts(Extent(*extent))
    wanted = {name: said for name, said in said_of.items() if only is None or name.startswith(only)}
    try:
        with ExitStack() as stack:
            made = _fill(where, wanted, _engine(stack, engine, home, voice, SLOW if slow else pace))
        if not slow:
            made += _fill(
                folder / "en", english_texts(Extent(*extent)) if only is None else {}, EspeakNgEnglish()
            )
    except (Fault, OSError) as error:
        print(f"hall voice render: {error}", file=sys.stderr)
        return 1
    print(f"{folder}: 新做{made}句 / {made} made")
    return 0


def examine(folder: Path, *, extent: Asked, slow: bool) -> int:
    """Check a pack, print each finding in both languages; 0 when it is fit, 1 when it is not."""
    findings = check(folder, texts(Extent(*extent)).values(), pace=SLOW_PACE if slow else PACE)
    for code, file, text in findings:
        print(f"{code}\t{file}\t{text.zh} / {text.en}")
    many = len(read_index(folder))
    if found := measured(folder):
        pace = f"{found.pace[0]:.0f}-{found.pace[1]:.0f}字/分 chars/min, " if found.pace else ""
        print(f"{folder}: {pace}{found.level[0]:.1f}…{found.level[1]:.1f} dBFS, peak {found.peak:.1f} dBFS")
    if findings:
        print(f"{folder}: {many}句，{len(findings)}处要改 / {many} sounds, {len(findings)} to put right")
        return 1
    print(f"{folder}: {many}句，可以使用 / {many} sounds, fit for use")
    return 0


def calls(folder: Path, *, home: Path | None, voice: str, pace: int) -> int:
    """Render the forty calls into `folder`: as whole sentences, and with the better voice from their parts too; the exit code."""
    whole = {f"call-{n:02}": said_call(number, window) for n, (number, window) in enumerate(FORTY_CALLS)}
    parts = {part.said for said in whole.values() for part in split(said)} if home else set()
    named = {f"part-{n:03}": said for n, said in enumerate(sorted(parts))}
    try:
        with ExitStack() as stack:
            engine = _engine(stack, "neural" if home else "espeak-ng", home, voice, pace)
            _fill(folder / "whole", whole, engine)
            if named:
                _fill(folder / "bank", named, engine)
        if named:
            spoken_ = HallVoice(Banks.at(folder / "bank"), Cache(None, 0), None)
            (folder / "parts").mkdir(exist_ok=True)
            for name, said in whole.items():
                (folder / "parts" / f"{name}.wav").write_bytes(to_wav(spoken_.say(Saying(said))))
    except (Fault, OSError) as error:
        print(f"hall voice calls: {error}", file=sys.stderr)
        return 1
    for manner in ("whole", "parts") if named else ("whole",):
        lines = (f"call-{n:02}.wav\t{number}\t{window}\n" for n, (number, window) in enumerate(FORTY_CALLS))
        (folder / manner / "calls.tsv").write_text("".join(lines), "utf-8")
        clips = [from_wav((folder / manner / f"{name}.wav").read_bytes()) for name in whole]
        paces = [
            60 * characters(said) / clip.seconds for said, clip in zip(whole.values(), clips, strict=True)
        ]
        loud = [decibels(rms(clip.samples)) for clip in clips]
        print(
            f"{folder / manner}: {min(paces):.0f}-{max(paces):.0f}字/分 chars/min, {min(loud):.1f}…{max(loud):.1f} dBFS, "
            f"peak {max(decibels(peak(clip.samples)) for clip in clips):.1f} dBFS"
        )
    return 0


def level(folder: Path, into: Path) -> int:
    """Copy a pack with every sound trimmed and at the stated level; the exit code."""
    into.mkdir(parents=True, exist_ok=True)
    done = 0
    for name in read_index(folder):
        try:
            clip = from_wav((folder / f"{name}.wav").read_bytes())
        except (OSError, BadClip) as error:
            print(f"{name}\t{error}", file=sys.stderr)
            continue
        (into / f"{name}.wav").write_bytes(to_wav(levelled(trimmed(clip))))
        done += 1
    if (folder / INDEX).is_file():
        (into / INDEX).write_text((folder / INDEX).read_text("utf-8-sig"), "utf-8")
    print(f"{into}: 已调好{done}句 / {done} levelled")
    return 0 if done == len(read_index(folder)) else 1


def _engine(stack: ExitStack, engine: str, home: Path | None, voice: str, pace: int) -> Engine:
    if engine == "espeak-ng":
        return EspeakNg(pace)
    if home is None:
        raise OSError("--home names the folder of hall voice setup")
    return stack.enter_context(Kokoro(home, voice=voice, chars_per_min=pace))


def _fill(folder: Path, wanted: dict[str, str], engine: Engine) -> int:
    """Each file is whole before the index names it."""
    folder.mkdir(parents=True, exist_ok=True)
    lacking = set(missing(folder, wanted.values()))
    todo = {name: said for name, said in wanted.items() if said in lacking}
    began = time.monotonic()
    for n, (name, said) in enumerate(todo.items(), 1):
        part = folder / f"{name}.part"
        part.write_bytes(to_wav(rendered(engine, said)))
        part.replace(folder / f"{name}.wav")
        write_index(folder, {name: said})
        if n % 50 == 0:
            left = (time.monotonic() - began) / n * (len(todo) - n)
            print(
                f"{folder}: {n}/{len(todo)}，还要约{left / 60:.0f}分钟 / about {left / 60:.0f} min left",
                flush=True,
            )
    return len(todo)
