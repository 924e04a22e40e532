"""What an alarm says to the guide desk, the duty officer or the clerk, and what would help."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from hall.messages.common import AlarmCode, Remedy
from hall.text import Text

_SAID: Final[Mapping[AlarmCode, Text]] = {
    AlarmCode.WAIT_WARN: Text(
        zh="{service}的等候时间达到{minutes}分钟", en="The wait for {service_en} has reached {minutes} min"
    ),
    AlarmCode.WAIT_BREACH: Text(
        zh="{service}的等候时间达到{minutes}分钟，超过时限",
        en="The wait for {service_en} has reached {minutes} min, past the limit",
    ),
    AlarmCode.LINE_LONG: Text(
        zh="{service}有{waiting}人等候，开着的窗口有{windows}个",
        en="{waiting} wait for {service_en}, windows open: {windows}",
    ),
    AlarmCode.CROWD: Text(zh="全厅有{waiting}人等候", en="{waiting} wait in the hall"),
    AlarmCode.WINDOW_UNSTAFFED: Text(
        zh="{window}号窗口应有人在岗，已空{minutes}分钟，当班工号{clerk}",
        en="Window {window} should be staffed and has been empty for {minutes} min; on duty: {clerk}",
    ),
    AlarmCode.LUNCH_UNCOVERED: Text(
        zh="{window}号窗口午间应有人值守，现在无人办理",
        en="Window {window} covers lunch and nobody serves there",
    ),
    AlarmCode.PAUSE_OVERRUN: Text(
        zh="{window}号窗口的暂停已超过时间，工号{clerk}",
        en="The pause of window {window} is over its time; clerk {clerk}",
    ),
    AlarmCode.PING_PONG: Text(
        zh="{number}号已被转移{times}次，请值班人员协调",
        en="{number} has been sent on {times} times; the duty officer should see to it",
    ),
    AlarmCode.TARGET_PASSED: Text(
        zh="{number}号已办{minutes}分钟，请{window}号窗口说明进度",
        en="{number} has been served for {minutes} min; window {window}, please tell them how it goes",
    ),
    AlarmCode.FINISH_FORGOTTEN: Text(
        zh="{number}号在{window}号窗口已办{minutes}分钟，请核对是否已办结",
        en="{number} has been at window {window} for {minutes} min; please check whether they are still there",
    ),
    AlarmCode.HELP_CALLED: Text(
        zh="{window}号窗口请值班长到场，工号{clerk}",
        en="Window {window} asks the duty officer to come; clerk {clerk}",
    ),
}
_HELPS: Final[Mapping[Remedy, Text]] = {
    Remedy.OPEN_WINDOW: Text(zh="，请开{window}号窗口", en="; open window {window}"),
    Remedy.HELPER: Text(
        zh="，请让{window}号窗口帮办{service}", en="; let window {window} help with {service_en}"
    ),
    Remedy.REROUTE: Text(
        zh="，请引导办{service}的人到{window}号窗口", en="; send people for {service_en} to window {window}"
    ),
}
_COVER: Final = Text(zh="，替班工号{cover}", en="; cover: {cover}")


def said(code: AlarmCode, fields: Mapping[str, str | int]) -> Text:
    """The alarm in both languages; with `cover` among the fields also who takes the seat."""
    text = _SAID[code]
    return _filled(text if "cover" not in fields else _both(text, _COVER), fields)


def helped(text: Text, what: Remedy, fields: Mapping[str, str | int]) -> Text:
    """The same, and what would help."""
    return _both(text, _filled(_HELPS[what], fields))


def _both(text: Text, more: Text) -> Text:
    return Text(zh=text.zh + more.zh, en=text.en + more.en)


def _filled(text: Text, fields: Mapping[str, str | int]) -> Text:
    return Text(zh=text.zh.format_map(fields), en=text.en.format_map(fields))
