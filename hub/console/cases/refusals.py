"""What is not done with a case, and how it is said."""

from __future__ import annotations

from typing import Final

from hall.errors import Refused
from hall.text import Text

NO: Final[dict[str, Text]] = {
    "case-closed": Text(zh="工单已办结，请先重新打开", en="The case is closed; please reopen it first"),
    "case-open": Text(zh="工单还在办理中", en="The case is still open"),
    "no-case": Text(zh="没有这张工单，请核对编号", en="There is no such case; please check its number"),
    "not-your-case": Text(
        zh="对不起，这张工单由别的同事负责，请先接收",
        en="Sorry, a colleague owns this case; please take it first",
    ),
    "not-your-role": Text(
        zh="对不起，您的岗位不能做这一步，请找值班长",
        en="Sorry, your role may not do this; please ask the duty officer",
    ),
    "not-offered": Text(zh="对不起，这张工单没有转给您", en="Sorry, this case was not passed to you"),
    "already-yours": Text(zh="这张工单已由其负责", en="They own this case already"),
    "already-done": Text(zh="这一步已经记录", en="This is written down already"),
    "not-done": Text(zh="这一步还没有记录", en="This is not written down yet"),
    "not-a-step": Text(zh="这类工单没有这一步", en="This kind of case has no such step"),
    "device-tells": Text(
        zh="设备恢复后自动记录，请稍候", en="The device tells this by itself once it works; please wait"
    ),
    "words-needed": Text(zh="请写一句说明", en="Please write a sentence"),
    "too-long": Text(zh="文字太长，请写在两千字以内", en="Too long; please stay within 2000 characters"),
    "channel-needed": Text(zh="请选择由谁处理", en="Please say who looks into it"),
    "finding-needed": Text(zh="请选择是否属实", en="Please say whether the complaint is valid"),
    "steps-missing": Text(
        zh="对不起，还有必做的步骤没有完成，请先补齐",
        en="Sorry, some steps are still missing; please complete them first",
    ),
    "fault-stays": Text(
        zh="故障回电不能改成其他类",
        en="A fault's call-back cannot become another kind, or the other way round",
    ),
    "same-kind": Text(zh="已经是这一类", en="It is of this kind already"),
    "no-person": Text(zh="请选择转给谁", en="Please choose who shall take it"),
    "apology-first": Text(
        zh="请先向群众致歉，再记录", en="Please apologise to the person first, then write it down"
    ),
}


def refused(code: str) -> Refused:
    """A refusal with its sentence."""
    return Refused(code, NO[code])
