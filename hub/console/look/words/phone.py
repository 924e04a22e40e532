"""The pages that anybody may open on a phone: always in both languages."""

from __future__ import annotations

from typing import Final

from hall.text import Text
from hub.console.look.words.entry import text as _t

WORDS: Final[dict[str, Text]] = {
    "phone.none": _t(
        "对不起，没有找到这个页面，请核对号票上的二维码，或找引导台",
        "Sorry, there is no such page; please check the code on your ticket or ask the guide desk",
    ),
    "phone.busy": _t(
        "对不起，打开得太频繁，请{seconds}秒后再看",
        "Sorry, that was too often; please look again in {seconds} seconds",
    ),
    "phone.fault": _t(
        "对不起，现在看不到排队情况，请留意叫号或看大屏",
        "Sorry, your place cannot be shown now; please listen for your number or watch the board",
    ),
    "phone.too-much": _t("对不起，内容太长，请写短一些", "Sorry, that is too long; please write less"),
    "phone.away": _t(
        "对不起，叫号主机正在恢复，下面是断开前的情况，请留意叫号",
        "Sorry, the hall's computer is recovering; this is how things stood before; please listen for your number",
    ),
    "phone.your-number": _t("您的号", "Your number"),
    "phone.as-of": _t("{time}的情况", "As of {time}"),
    "phone.refresh": _t("刷新", "Refresh"),
    "phone.still": _t("不再自动刷新", "Stop refreshing by itself"),
    "phone.moving": _t("自动刷新", "Refresh by itself"),
    "phone.serving": _t("正在{window}号窗口办理", "You are being served at window {window}"),
    "phone.parked": _t(
        "{window}号窗口会继续为您办理，请稍候",
        "Window {window} will go on with your case; one moment, please",
    ),
    "phone.review": _t("材料正在复核，请您坐着等候", "Your papers are under review; please stay seated"),
    "phone.desk": _t("请到引导台", "Please come to the guide desk"),
    "phone.stranded": _t(
        "您要去的窗口暂时没有人，请到引导台", "Nobody sits at your window now; please come to the guide desk"
    ),
    "phone.own-line": _t("请等候{window}号窗口叫号", "Please wait for window {window}"),
    "phone.done": _t("已办结，谢谢您", "Finished, thank you"),
    "phone.cancelled": _t("这个号已取消", "This number is cancelled"),
    "phone.left": _t("这个号当天没有办理", "This number was not served on its day"),
    "phone.day": _t("这个号是{day}的", "This number was for {day}"),
    "phone.cancel": _t("不等了，取消这个号", "I will not wait: cancel this number"),
    "phone.cancel-ask": _t(
        "取消后这个号作废，再办要重新取号。您要取消吗？",
        "Your number will be void, and you would need a new one. Do you want to cancel it?",
    ),
    "phone.cancel-yes": _t("取消这个号", "Cancel this number"),
    "phone.cancel-no": _t("不取消，继续等候", "Keep my place"),
    "phone.not-done": _t(
        "对不起，叫号主机没有应答，请稍后看结果，或找引导台",
        "Sorry, the hall's computer did not answer; please look again in a moment or ask the guide desk",
    ),
    "phone.rate": _t("请您评价{window}号窗口的服务", "Please rate the service at window {window}"),
    "phone.grade.5": _t("非常满意", "Very satisfied"),
    "phone.grade.4": _t("满意", "Satisfied"),
    "phone.grade.3": _t("基本满意", "Fairly satisfied"),
    "phone.grade.2": _t("不满意", "Dissatisfied"),
    "phone.grade.1": _t("非常不满意", "Very dissatisfied"),
    "phone.rate-once": _t(
        "每次服务评价一次，窗口人员看不到是谁评的", "Once per service; the clerk does not see who rated"
    ),
    "phone.send": _t("提交", "Send"),
    "phone.tell": _t("告诉我们哪里没做好", "Tell us what went wrong"),
    "phone.reasons": _t("原因（可选几项）", "Reasons (one or more)"),
    "phone.reason.waiting": _t("等候时间长", "the wait was long"),
    "phone.reason.manner": _t("服务态度", "the manner"),
    "phone.reason.unclear": _t("没有一次说清楚", "not told clearly at once"),
    "phone.reason.trips": _t("跑了几趟", "several trips"),
    "phone.reason.slow": _t("办理慢", "the service was slow"),
    "phone.reason.result": _t("对结果不认可", "the result"),
    "phone.reason.place": _t("环境和设备", "the place and its machines"),
    "phone.reason.other": _t("其他", "something else"),
    "phone.words": _t("请写几句（可不填）", "In your own words (optional)"),
    "phone.number": _t("联系电话（可不填）", "Phone number (optional)"),
    "phone.number-why": _t(
        "只用来给您回电，窗口人员看不到", "only to call you back; the clerk does not see it"
    ),
    "phone.bad-number": _t("请核对电话号码，或留空", "Please check the phone number, or leave it empty"),
    "phone.say-something": _t("请选一个原因或写几句", "Please choose a reason or write a few words"),
    "phone.noted": _t("已记下，谢谢您告诉我们", "We have noted it; thank you for telling us"),
    "phone.noted-call": _t("已记下，我们给您回电", "We have noted it and will call you back"),
    "phone.reference": _t(
        "编号{reference}，查问时请告诉我们", "Reference {reference}; please name it when you ask"
    ),
    "phone.book": _t("预约办理时间", "Book a time"),
    "phone.book-it": _t("预约", "Book"),
    "phone.choose-time": _t("请选时间", "Please choose a time"),
    "phone.no-times": _t(
        "现在没有可预约的时间，请到厅取号", "No time can be booked now; please take a number in the hall"
    ),
    "phone.last4": _t("手机号后四位（可不填）", "Last four digits of your phone (optional)"),
    "phone.other-service": _t("选其他业务", "Another service"),
    "phone.your-code": _t("预约码，到厅后在取号机上输入", "Your code, to be entered at the dispenser"),
    "phone.keep-page": _t(
        "请收藏本页，可随时查看和取消", "Please keep this page: see or cancel it at any time"
    ),
    "phone.remind": _t("加到手机日历，到时提醒", "Add a reminder to your phone's calendar"),
    "phone.give-up": _t("取消预约", "Cancel the appointment"),
    "phone.time-over": _t(
        "这个预约已取消、已使用或已过时", "This appointment was cancelled, used or is over"
    ),
    "phone.suggest": _t("意见和建议", "Suggestions and complaints"),
    "phone.your-words": _t("请写下您的意见或建议", "Please write what you would like to tell us"),
    "phone.write": _t("请先写几句再提交", "Please write a few words, then send"),
    "phone.once-more": _t(
        "页面放得太久，请再提交一次", "The page was open for too long; please send it once more"
    ),
    "phone.busy-hours": _t("什么时候人少", "When the hall is busy"),
    "phone.busy-best": _t(
        "今天{begins}点到{ends}点人少，以往十人中九人等候不超过{minutes}分钟",
        "Best time today: {begins}:00 to {ends}:00; on past days nine of ten waited at most {minutes} {minutes:minute|minutes}",
    ),
    "phone.busy-little": _t(
        "对不起，记录的天数太少，还说不出哪个时段人少，请看大屏或问引导台",
        "Sorry, too few days were measured to say when the hall is quiet; please see the board or ask the guide desk",
    ),
    "phone.busy-legend": _t(
        "每格：十人中九人等候不超过几分钟 / 每天来几人",
        "In each box: nine of ten waited at most so many minutes / people who came a day",
    ),
    "phone.busy-measured": _t(
        "按{first}至{last}之间{days}天的实际记录",
        "Measured on {days} {days:day|days} between {first} and {last}",
    ),
    "phone.busy-open": _t(
        "“-”：不开放或记录太少；节假日前后和月初以大屏为准",
        '"-": closed, or measured too seldom to say; around holidays and at the start of a month see the board',
    ),
    "phone.weekday.0": _t("周一", "Mon"),
    "phone.weekday.1": _t("周二", "Tue"),
    "phone.weekday.2": _t("周三", "Wed"),
    "phone.weekday.3": _t("周四", "Thu"),
    "phone.weekday.4": _t("周五", "Fri"),
    "phone.weekday.5": _t("周六", "Sat"),
    "phone.weekday.6": _t("周日", "Sun"),
    "phone.hours": _t("服务时间{opens}至{closes}", "Open {opens} to {closes}"),
    "phone.seen": _t("已核", "seen"),
}
