"""Reports and the inspection view. What columns and tables are called stands with them: :mod:`hub.console.reports.headings`."""

from __future__ import annotations

from typing import Final

from hall.text import Text
from hub.console.look.words.entry import text as _t

WORDS: Final[dict[str, Text]] = {
    "report.range": _t("日期范围", "Days"),
    "range.today": _t("今天", "Today"),
    "range.yesterday": _t("昨天", "Yesterday"),
    "range.week": _t("本周", "This week"),
    "range.month": _t("本月", "This month"),
    "range.year": _t("近一年", "The last year"),
    "report.from": _t("从", "From"),
    "report.to": _t("到", "To"),
    "report.show": _t("查看", "Show"),
    "report.counting": _t("正在统计：{done} / {of} 天", "Counting: {done} of {of} days"),
    "report.queued": _t("正在统计，请稍候", "Counting, one moment please"),
    "report.cancel": _t("停止", "Stop"),
    "report.by": _t("按什么统计", "Along"),
    "report.print": _t("打印", "Print"),
    "report.csv": _t("下载 CSV", "Download CSV"),
    "report.xlsx": _t("下载 XLSX", "Download XLSX"),
    "report.official": _t("下载好差评数据", "Download official ratings"),
    "report.head": _t("{first} 至 {last}，有业务 {days} 天", "{first} to {last}, days with people: {days}"),
    "report.nothing": _t("这几天没有号票", "Nobody took a number on these days"),
    "report.made": _t("统计时间 {at}", "Counted at {at}"),
    "report.cases": _t("工单", "Cases"),
    "report.cases-opened": _t("新登记", "Opened"),
    "report.cases-closed": _t("已办结", "Closed"),
    "report.cases-overdue": _t("已超期", "Overdue"),
    "report.cases-late": _t("超期办结", "Closed late"),
    "report.spoken-to": _t("离开前已沟通", "Spoken to before leaving"),
    "report.called-back": _t("差评已回访", "Bad ratings called back"),
    "report.of": _t("{of} 件中 {n} 件", "{n} of {of}"),
    "report.issued": _t("取号", "Issued"),
    "report.served": _t("已办", "Served"),
    "report.wait": _t("等候中位 / 九成内", "Wait, median / 9 of 10"),
    "report.wait-kept": _t("等候不超过{minutes}分钟", "Waited {minutes} {minutes:minute|minutes} at most"),
    "report.one-trip": _t("最多跑一次", "One trip"),
    "report.response": _t("参评率", "Response"),
    "report.official-mean": _t("五级均分", "Official mean"),
    "report.idle": _t("窗口空闲占比", "Windows idle"),
    "report.load": _t("按星期和时段的到达", "Arrivals by weekday and hour"),
    "report.needed": _t("需要的窗口数", "Windows needed"),
    "report.needed-note": _t(
        "按半小时用排队论（爱尔兰C公式）估算，九成的人等候不超过承诺。至少：每个窗口办所有业务；至多：每个窗口只办一项业务。"
        "不计上一时段留下的人，只供排班参考。",
        "Estimated per half hour by Erlang C: nine of ten wait no longer than promised. At least: every window serves everything; at most: "
        "every window serves one service alone. People left over from the half hour before are not counted: a figure to plan with.",
    ),
    "report.double-note": _t(
        "一张号票是一次来访；经过几个窗口的，在每个窗口各计一次，合计只计一次。",
        "A number is one visit; where it went to several windows it counts at each of them, and once in the last row.",
    ),
    "page.inspection": _t("督察", "Inspection"),
    "inspection.look": _t("重新统计", "Measure again"),
    "inspection.made": _t("今日实测，统计于 {at}", "Measured today, at {at}"),
    "inspection.promise": _t("公开承诺", "Promise"),
    "inspection.measured": _t("今日实测", "Measured today"),
    "inspection.kept": _t("是否做到", "Kept"),
    "inspection.behind": _t("相关记录 {n} 条", "{n} {n:fact|facts} behind it"),
    "inspection.papers": _t("还缺材料 {n} 件", "{n} {n:paper|papers} missing"),
    "inspection.lasted": _t("用时 {time}", "took {time}"),
    "inspection.phones": _t(
        "咨询电话 {hotline}，监督电话 {supervision}", "Enquiries {hotline}, supervision {supervision}"
    ),
    "inspection.signed": _t(
        "督察人员：                值班长：                日期：",
        "Inspector:                Duty officer:                Date:",
    ),
    "inspection.stamp": _t("盖章处", "Stamp"),
    "verdict.kept": _t("做到", "kept"),
    "verdict.broken": _t("未全部做到", "not always"),
    "promise.identity": _t(
        "亮身份：在岗人员公示工号", "Identity shown: everybody at a window by work number"
    ),
    "promise.wait": _t(
        "等候不超过{minutes}分钟", "Nobody waits longer than {minutes} {minutes:minute|minutes}"
    ),
    "promise.handling": _t("在承诺时间内办完", "Served within the promised time"),
    "promise.told-once": _t("一次告知：再来的人不再缺材料", "Told once: who comes back lacks nothing more"),
    "promise.one-trip": _t("最多跑一次，只到一个窗口", "One trip, one window"),
    "promise.no-ping-pong": _t("不推诿：来回转办", "Nobody is sent from window to window"),
    "promise.no-empty-seat": _t("不空岗：该在岗而无人", "No empty seat where somebody should sit"),
    "promise.spoken-to": _t(
        "不满意的，离开前当面致歉", "Whoever was not satisfied is spoken to before leaving"
    ),
    "promise.called-back": _t("差评必回访", "Every bad rating is called back"),
    "promise.extended": _t("延时服务的人数", "People promised to be served after closing"),
}
