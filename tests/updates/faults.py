"""Every step that touches a folder, made to fail or to be the last one: in a child process that really dies there."""

import errno
import os
import sys
import traceback
from pathlib import Path

#: what the interpreter announces before it does it
EVENTS = {
    "open",
    "os.rename",
    "os.remove",
    "os.mkdir",
    "os.rmdir",
    "os.symlink",
    "os.link",
    "os.chmod",
    "os.truncate",
    "subprocess.Popen",
}
DIED = 137
FAILED = 3


class Steps:
    """Counts the steps below a folder; the `stop`-th one raises, or is never reached."""

    def __init__(self, root: Path, stop: int | None, how: str) -> None:
        self.root, self.stop, self.how, self.seen = str(root), stop, how, 0

    def begin(self) -> None:
        sys.addaudithook(self._hear)  # for good: this is a child that ends with it
        real = os.fsync

        def fsync(descriptor):
            self.count()
            real(descriptor)

        os.fsync = fsync

    def _hear(self, event, args):
        if event in EVENTS and any(
            isinstance(each, str | bytes | os.PathLike) and os.fsdecode(each).startswith(self.root)
            for each in args
        ):
            self.count()

    def count(self):
        self.seen += 1
        if self.seen == self.stop:
            if self.how == "kill":
                os._exit(DIED)
            raise OSError(errno.ENOSPC, "no space left on device")


def run(act, root, *, stop=None, how="kill"):
    """Do `act` in a child; (exit code, steps seen, result as text)."""
    into, out_of = os.pipe()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            os.close(into)
            steps = Steps(root, stop, how)
            steps.begin()
            result = ""
            try:
                result = str(act())
                code = 0
            except OSError:
                code = FAILED
            except Exception as error:  # noqa: BLE001 - told to the parent
                code = FAILED if type(error).__module__.startswith(("hall", "devices")) else 1
                result = repr(error)
            os.write(out_of, f"{steps.seen}\n{result}"[:4000].encode())
        except BaseException:  # noqa: BLE001 - shown, and the child ends
            traceback.print_exc()
        finally:
            os._exit(code)
    os.close(out_of)
    with os.fdopen(into, "rb") as stream:
        said = stream.read().decode()
    _, status = os.waitpid(child, 0)
    seen, _, result = said.partition("\n")
    return os.waitstatus_to_exitcode(status), int(seen or 0), result


def every(act, root):
    """How many steps `act` has."""
    code, seen, result = run(act, root)
    assert code == 0, result
    return seen
