"""What ``hall journal …``, ``hall backup`` and ``hall restore`` do: one function a command, its exit code the answer."""

from __future__ import annotations

import os
from datetime import date, timedelta
from pathlib import Path

import msgspec

from hall.errors import Fault
from hall.text import Text
from hub.settings import HubSettings, read
from hub.store.archive import bring_back, export, remove
from hub.store.backup import backup as make_backup
from hub.store.chain import Head
from hub.store.dayfile import facts_in, header, list_of, unusable
from hub.store.engine import store_file
from hub.store.files import digest
from hub.store.heads import Heads, heads_file
from hub.store.journal import Journal
from hub.store.look import looking
from hub.store.progress import Progress
from hub.store.readmodels import rebuild as draw_again
from hub.store.restore import restore as put_back
from hub.store.retention import spans_before
from hub.store.verify import Verdict
from hub.store.verify import verify as walk

#: Exit code of a journal that is not as it was recorded; 1 is a command that could not look.
NOT_INTACT = 3


def verify(
    *,
    settings: Path | None,
    store: str | None,
    heads: Path | None,
    head: list[str],
    archive: Path | None,
    json: bool,
) -> int:
    """Walk the chain; heads that were noted, by file or by hand, must agree. With `archive`, the files of old days as well."""
    where, own = _where(settings, store)
    noted = [one.head for one in Heads(heads or _heads_of(where, own)).read()]
    noted += [_head(one) for one in head]
    with looking(where) as connection:
        verdict = walk(connection, noted, Progress("facts checked"))
    if archive is not None and verdict.ok:
        _check_files(archive, Progress("files checked"))
    if json:
        print(msgspec.json.encode({"ok": verdict.ok, **msgspec.to_builtins(verdict)}).decode())
    else:
        print(_said(verdict))
    return 0 if verdict.ok else NOT_INTACT


def rebuild(*, settings: Path | None, store: str | None) -> int:
    """Draw the read models again; the hub must not run."""
    where, _ = _where(settings, store)
    journal = _existing(where)
    try:
        journal.own()
        draw_again(journal, Progress("facts drawn"))
        print(
            _both(
                f"统计已按第 {journal.head().n} 条事实为止重建",
                f"read models drawn again up to fact {journal.head().n}",
            )
        )
    finally:
        journal.close()
    return 0


def export_days(
    *,
    settings: Path | None,
    store: str | None,
    to: Path | None,
    day: str | None,
    before: str | None,
    take_out: bool,
) -> int:
    """Write old days into files; with `take_out` they leave the journal, the oldest first."""
    where, own = _where(settings, store)
    folder = to or (Path(own.retention.archive) if own is not None else Path("archive"))
    until = date.fromisoformat(day) + timedelta(days=1) if day else date.fromisoformat(str(before))
    journal = _existing(where)
    progress = Progress("facts written")
    try:
        spans = spans_before(journal, until)
        for span in spans if day is None else [span for span in spans if span.day == day]:
            steps = export(journal, span, folder, _hall_of(settings))
            for done in steps:
                progress(done)
            if take_out:
                remove(journal, span)
            print(folder / span.file)
        if not spans or (day is not None and day not in {span.day for span in spans}):
            raise Fault(
                "no-such-day",
                Text(zh="没有已结束的这样的一天", en="there is no such day in the journal that is over"),
            )
    finally:
        journal.close()
    return 0


def import_days(*, settings: Path | None, store: str | None, into: Path | None, files: list[Path]) -> int:
    """Put exported days back: into the hub's store while it does not run, or into a store of one's own to look at."""
    if into is not None:
        journal = Journal(str(into))
    else:
        where, _ = _where(settings, store)
        journal = _existing(where)
    try:
        journal.own()
        # The newest first: each joins the one that came back before it.
        for file in sorted(files, key=lambda one: header(one).first, reverse=True):
            head = bring_back(journal, file)
            print(
                _both(
                    f"{head.day} 已恢复（第 {head.first} 至 {head.last} 条）",
                    f"{head.day} is back: facts {head.first} to {head.last}",
                )
            )
        if into is not None:
            draw_again(journal)
    finally:
        journal.close()
    return 0


def backup(*, settings: Path | None, store: str | None, to: Path | None, keep: int | None) -> int:
    """Copy the whole store as it is now, check the copy, keep the newest."""
    where, own = _where(settings, store)
    folder = to or (Path(own.backups.folder) if own is not None else Path("backups"))
    made = make_backup(
        where,
        folder,
        hall=_hall_of(settings),
        keep=keep or (own.backups.keep if own is not None else 7),
        say=Progress("backup"),
    )
    print(made)
    return 0


def restore(*, settings: Path | None, store: str | None, file: Path, force: bool) -> int:
    """Put a backup in the place of the store."""
    where, _ = _where(settings, store)
    old = put_back(file, where, force=force, say=Progress("restore"))
    with looking(where) as connection:
        verdict = walk(connection)
    print(
        _both(
            f"已恢复到第 {verdict.last} 条事实。备份之后发生的事不在其中：如备份是今天的，之后发出的号码会再次发出，请今天关门，次日再开。",
            f"restored up to fact {verdict.last}. What happened after the backup is not in it: if the backup is of today, numbers given since "
            "would be given again; close the day, and open the next morning.",
        )
    )
    if old is not None:
        print(_both(f"原有内容保留在 {old}", f"the old store is kept as {old}"))
    if not verdict.ok:
        print(_said(verdict))
    return 0 if verdict.ok else NOT_INTACT


# ----------------------------------------------------------------


def _where(settings: Path | None, store: str | None) -> tuple[str, HubSettings | None]:
    if (settings is None) == (store is None):
        raise Fault(
            "which-store",
            Text(
                zh="请用 --settings 或 --store 之一指明存储",
                en="name the store: either --settings FILE or --store PATH|URL",
            ),
        )
    if settings is not None:
        own, _ = read(settings)
        return own.store, own
    return str(store), None


def _hall_of(settings: Path | None) -> str:
    return read(settings)[1].id if settings is not None else ""


def _existing(where: str) -> Journal:
    """A store that is there; a command that mends must not make a new one."""
    file = store_file(where)
    if file is not None and not file.is_file():
        raise Fault("store-missing", Text(zh=f"没有存储 {file}", en=f"there is no store {file}"))
    return Journal(where)


def _heads_of(where: str, own: HubSettings | None) -> Path | None:
    return Path(own.heads) if own is not None else heads_file(store_file(where))


def _head(said: str) -> Head:
    n, _, hashed = said.partition(":")
    try:
        head = Head(int(n), bytes.fromhex(hashed))
    except ValueError:
        head = Head(0, b"")
    if len(head.hash) != 32:
        raise Fault(
            "bad-head",
            Text(zh=f"{said} 不是 序号:校验值", en=f"{said!r} is not N:HASH, as `verify` prints it"),
        )
    return head


def _check_files(folder: Path, say: Progress) -> None:
    """Every file of the list is there, is the one that was written, and hangs on the one before it."""
    last: tuple[int, str] | None = None
    for listed in list_of(folder):
        file = folder / listed.file
        if not file.exists() or digest(file) != listed.sha256:
            raise unusable(file, "is missing or not the file that was written", "不见了，或不是当时写的文件")
        if last is not None and last[0] + 1 == listed.first and last[1] != listed.before:
            raise unusable(file, "does not hang on the day before it", "与前一天不相连")
        for _ in facts_in(file):
            pass
        last = (listed.last, listed.hash)
        say(listed.file)


def _said(verdict: Verdict) -> str:
    if verdict.wrong is not None:
        return _both(f"不完整：{verdict.wrong.text.zh}", f"not intact: {verdict.wrong.text.en}")
    range_zh = f"第 {verdict.first} 至 {verdict.last} 条" if verdict.facts else "没有事实"
    range_en = f"facts {verdict.first} to {verdict.last}" if verdict.facts else "no facts"
    return _both(
        f"完整：{range_zh}，已导出 {verdict.archived_days} 天，核对 {verdict.heads_checked} 个记下的校验值。末尾 {verdict.head}",
        f"intact: {range_en}, {verdict.archived_days} days exported, {verdict.heads_checked} noted heads agree. head {verdict.head}",
    )


def _both(zh: str, en: str) -> str:
    """In the terminal's language."""
    language = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    return zh if language.startswith("zh") else en
