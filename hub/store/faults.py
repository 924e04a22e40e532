"""Our error for whatever a database says, in one plain line."""

from __future__ import annotations

from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, InterfaceError

from hall.errors import Fault
from hall.text import Text

#: What PostgreSQL calls a full disk, a lock that was not given in time, and a server that is not there (SQLSTATE, or its class).
_FULL, _BUSY, _AWAY = {"53100"}, {"55P03"}, ("08", "57P")


def store_fault(error: Exception) -> Fault:
    """``store-full``, ``store-busy``, ``store-away`` (a server that does not answer), ``store-refuses`` (what it was to keep), ``store-failed``."""
    said = (str(getattr(error, "orig", None) or error).splitlines() or [type(error).__name__])[0]
    state = getattr(getattr(error, "orig", None), "sqlstate", None) or ""
    if state in _FULL or (not state and "full" in said):
        return Fault(
            "store-full", Text(zh="叫号主机磁盘已满，暂时无法记录", en=f"the hub's disk is full: {said}")
        )
    if state in _BUSY or (not state and ("locked" in said or "busy" in said)):
        return Fault(
            "store-busy", Text(zh="叫号主机的存储被占用，暂时无法记录", en=f"the hub's store is busy: {said}")
        )
    if state.startswith(_AWAY) or _lost(error):
        return Fault(
            "store-away",
            Text(
                zh="叫号主机的数据库没有应答，正在重新连接",
                en=f"the hub's database does not answer, it is tried again: {said}",
            ),
        )
    if isinstance(error, IntegrityError | DataError):
        return Fault(
            "store-refuses",
            Text(
                zh="叫号主机的存储不接受一条记录", en=f"the hub's store refuses what it was to keep: {said}"
            ),
        )
    return Fault(
        "store-failed", Text(zh="叫号主机的存储暂时无法写入", en=f"the hub's store does not work: {said}")
    )


def _lost(error: Exception) -> bool:
    """Whether a connection was lost or could not be made."""
    if isinstance(error, InterfaceError):
        return True
    if not isinstance(error, DBAPIError):
        return False
    driver = type(error.orig).__module__.partition(".")[0]
    return error.connection_invalidated or (
        driver == "psycopg" and type(error.orig).__name__ == "OperationalError" and not error.orig.sqlstate  # type: ignore[union-attr]
    )
