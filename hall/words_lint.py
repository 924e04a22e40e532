"""What is never said to the public (M14): nothing blaming, nothing that turns people away, nothing vague, no 你."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from hall.text import Text

#: fixed by the service standards: what is never said to a citizen
BANNED: Final = (
    "不知道",
    "不管",
    "你错了",
    "明白吗",
    "没办法",
    "急什么",
    "不归我管",
    "自己看",
    "不行就投诉",
)
#: vague words: a machine says what is so, or says that it does not know and who does
FUZZY: Final = ("可能", "也许", "大概", "好像", "应该是", "差不多", "估计", "尽量")


def lint(zh: str) -> Iterator[Text]:
    """What people would have to put right in a public Chinese text, each as what is expected there."""
    for word in BANNED:
        if word in zh:
            yield Text(
                zh=f"礼貌的说法，“{word}”不对公众说", en=f"polite words: {word} is never said to the public"
            )
    for word in FUZZY:
        if word in zh:
            yield Text(zh=f"明确的说法，“{word}”是含糊的话", en=f"words that are clear: {word} is vague")
    if "你" in zh.replace("你错了", ""):
        yield Text(zh="称“您”，不称“你”", en="people addressed as 您, not 你")
