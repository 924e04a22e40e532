"""The hall's words that somebody may have told, as ``hall/words.yaml`` has them: the rules read no file. A test holds the two together."""

from __future__ import annotations

from typing import Final

from hall.text import Text

SENTENCES: Final[dict[str, Text]] = {
    "voice.closing_soon": Text(
        zh="您好，离下班还有{minutes}分钟，已取号的都会办完。",
        en="Hello, {minutes} minutes to closing; everyone with a number will be served.",
    ),
    "voice.extended": Text(
        zh="您好，今天延时服务到{time}，请已取号的朋友安心等候。",
        en="Hello, we stay open until {time} today for everyone holding a number.",
    ),
    "voice.crowd": Text(
        zh="您好，现在等候的人较多，我们正在增开窗口，感谢您耐心等候。",
        en="Hello, many people are waiting; we are opening more windows, thank you for your patience.",
    ),
    "voice.divert": Text(
        zh="您好，{service}业务现在也可到{window}号窗口办理，请留意叫号。",
        en="Hello, {service_en} is now also served at window {window}; listen for your number.",
    ),
    "voice.fault.long": Text(
        zh="对不起，部分业务一时无法办理，请到引导台登记，恢复后我们通知您。",
        en="Sorry, some services are not available; register at the guide desk and we will tell you when they are back.",
    ),
    "voice.found": Text(
        zh="请丢失物品的朋友，到引导台认领。", en="If you have lost something, please ask at the guide desk."
    ),
    "voice.child": Text(zh="请照看好身边的小朋友，小心磕碰。", en="Please keep your children close."),
    "voice.evacuate": Text(
        zh="请大家听从指引，从最近的出口有序离开。",
        en="Please follow the staff and leave by the nearest exit.",
    ),
}


def sentence(phrase: str, **fields: object) -> Text:
    """The sentence in both languages with its fields filled in."""
    text = SENTENCES[phrase]
    return Text(zh=text.zh.format_map(fields), en=text.en.format_map(fields))
