"""What a policy does for people, key by key, in both languages.

Rules:

* Every key has a sentence that is true for its value, also where it is off.
* A sentence says what happens to people, not how it is computed. Public words only: 您 or nobody, no vague word, GB2312.
* Services are named as the hall names them, lanes as people know them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from hall.plan import HallPlan
from hall.policy import AlarmPolicy, AppointmentPolicy, EarlyStop, Order, PausePolicy, Policy, WaitLimit
from hall.text import Text

_LANES: Final[Mapping[str, Text]] = {
    "normal": Text(zh="普通", en="normal"),
    "appointment": Text(zh="预约", en="appointment"),
    "priority": Text(zh="优先", en="priority"),
    "green": Text(zh="绿色通道", en="green channel"),
}
Say = Callable[[Policy, "Names"], Text]


class Names:
    """How services and lanes are called here."""

    def __init__(self, plan: HallPlan | None = None) -> None:
        """Without a hall's settings keys stand for themselves."""
        self._services = {} if plan is None else {key: service.name for key, service in plan.services.items()}
        self.lanes = ("normal",) if plan is None else tuple(plan.lanes)

    def service(self, key: str) -> Text:
        """A service's name."""
        return self._services.get(key, Text(zh=key, en=key))

    def lane(self, key: str) -> Text:
        """A lane's name."""
        return _LANES.get(key, Text(zh=key, en=key))


def sentences(policy: Policy, plan: HallPlan | None = None) -> list[tuple[str, Text]]:
    """(key, sentence) for every key of the policy, in its order."""
    names = Names(plan)
    return [(key, say(policy, names)) for key, say in WORDS.items()]


def _join(texts: Iterable[Text]) -> Text:
    both = list(texts)
    return Text(zh="、".join(text.zh for text in both), en=", ".join(text.en for text in both))


def _counted(count: int, one: str, many: str | None = None) -> str:
    return f"{count} {one if count == 1 else many or f'{one}s'}"


def _minutes(count: int) -> str:
    return _counted(count, "minute")


def _seconds(count: int) -> str:
    return _counted(count, "second")


# ---------------------------------------------------------------- order


def _order(p: Policy, _: Names) -> Text:
    match p.order:
        case Order.STRICT:
            return Text(
                zh="先叫权重最大的通道，权重相同的按先来后到",
                en="The heaviest lane is called first; people of equal weight in the order they came",
            )
        case Order.WEIGHTED:
            return Text(
                zh="各通道轮流叫号，每轮叫的人数等于通道的权重",
                en="The lanes are called in turns: in each round as many people of a lane as it weighs",
            )
        case Order.WEIGHT_WAIT:
            return Text(
                zh="等候时间乘以通道权重加一，数值最大的先叫",
                en="Whoever has the most of waiting time multiplied by the lane's weight plus one is called first",
            )


def _weights(p: Policy, names: Names) -> Text:
    lanes = dict.fromkeys([*p.weights, *names.lanes])
    heaviest = sorted(lanes, key=lambda lane: -p.weights.get(lane, 0))
    weighed = [(names.lane(lane), p.weights.get(lane, 0)) for lane in heaviest]
    if not any(weight for _, weight in weighed):
        return Text(zh="所有通道权重相同", en="All lanes weigh the same")
    if p.order is Order.WEIGHTED:
        turns = [(name, weight) for name, weight in weighed if weight]
        rest = _join(name for name, weight in weighed if not weight)
        zh = "、".join(f"{weight}位{name.zh}" for name, weight in turns[:-1])
        last, most = turns[-1]
        zh = f"连叫{zh}后叫{most}位{last.zh}，再重新开始" if zh else f"每轮叫{most}位{last.zh}"
        en = (
            ", then ".join(f"{weight} of {name.en}" for name, weight in turns)
            + "; then the round begins anew"
        )
        return Text(
            zh=zh + (f"；以上通道无人时叫{rest.zh}" if rest.zh else ""),
            en=f"A round is {en}" + (f"; {rest.en} when those have nobody" if rest.en else ""),
        )
    if p.order is Order.WEIGHT_WAIT:
        return Text(
            zh="等候一分钟，" + "，".join(f"{name.zh}算{weight + 1}分钟" for name, weight in weighed),
            en="A minute of waiting counts "
            + ", ".join(f"{_counted(weight + 1, 'time')} for {name.en}" for name, weight in weighed),
        )
    ranks: dict[int, list[Text]] = {}
    for name, weight in weighed:
        ranks.setdefault(weight, []).append(name)
    groups = [_join(group) for group in ranks.values()]
    return Text(
        zh="叫号次序："
        + "，其次".join(f"{group.zh}（权重{w}）" for w, group in zip(ranks, groups, strict=True)),
        en="First "
        + ", then ".join(f"{group.en} (weight {w})" for w, group in zip(ranks, groups, strict=True)),
    )


def _streak_cap(p: Policy, _: Names) -> Text:
    if p.streak_cap is None:
        return Text(
            zh="权重大的通道连续叫号不设上限", en="A heavier lane may be called any number of times in a row"
        )
    return Text(
        zh=f"有权重小的人在等时，同一权重连叫{p.streak_cap}位后，叫1位权重小的人",
        en=f"While somebody of a lighter lane waits, after {_counted(p.streak_cap, 'call')} of one weight in a row"
        " one person of a lighter lane is called",
    )


def _starvation(p: Policy, _: Names) -> Text:
    if p.starvation_min is None:
        return Text(zh="等候再久也不提前叫号", en="No wait, however long, changes the order by itself")
    return Text(
        zh=f"等候满{p.starvation_min}分钟的人不分通道最先叫，等得最久的在前",
        en=f"Whoever has waited {_minutes(p.starvation_min)} comes first, whatever the lane, the longest wait before others",
    )


def _head_start(p: Policy, _: Names) -> Text:
    if p.head_start_min == 0:
        return Text(
            zh="窗口的各项业务不分先后，按到达时间叫号",
            en="A window's services are equal; people are called in the order they came",
        )
    return Text(
        zh=f"窗口业务次序每靠后一位，按晚到{p.head_start_min}分钟排队",
        en=f"Each place further down a window's list of services counts as having come {_minutes(p.head_start_min)} later",
    )


def _heart_lanes(p: Policy, names: Names) -> Text:
    lanes = _join(names.lane(lane) for lane in p.heart_lanes)
    if not p.heart_lanes:
        return Text(zh="爱心窗口与其他窗口叫号相同", en="Heart windows call like all other windows")
    return Text(zh=f"爱心窗口先叫{lanes.zh}", en=f"Heart windows call {lanes.en} before all other lanes")


# ---------------------------------------------------------------- appointments

_WALK_IN: Final = Text(
    zh="预约号与现场号按同样的规则叫号",
    en="People with an appointment are called by the same rules as walk-ins",
)


def _booked(say: Callable[[AppointmentPolicy, Names], Text]) -> Say:
    return lambda p, names: _WALK_IN if p.appointment is None else say(p.appointment, names)


def _due(a: AppointmentPolicy, _: Names) -> Text:
    if a.due_before_s == 0:
        return Text(
            zh="预约号从预约时间起先于现场号，此前排在现场号之后",
            en="From their booked time on people with an appointment come before walk-ins, until then after them",
        )
    return Text(
        zh=f"预约号从预约时间前{a.due_before_s}秒起先于现场号，此前排在现场号之后",
        en=f"From {_seconds(a.due_before_s)} before their booked time on people with an appointment come before walk-ins,"
        " until then after them",
    )


def _late(a: AppointmentPolicy, _: Names) -> Text:
    return Text(
        zh=f"预约迟到超过{a.late_after_min}分钟的，按到达时间排普通号",
        en=f"Who comes more than {_minutes(a.late_after_min)} after the booked time stands in the normal lane by arrival",
    )


def _slots(a: AppointmentPolicy, _: Names) -> Text:
    return Text(
        zh=f"每个预约时段{a.slot_min}分钟", en=f"A slot for appointments lasts {_minutes(a.slot_min)}"
    )


def _slot_quotas(a: AppointmentPolicy, names: Names) -> Text:
    if not a.quotas:
        return Text(zh="现在不开放预约", en="Nothing can be booked")
    each = [(names.service(key), quota) for key, quota in a.quotas.items()]
    return Text(
        zh="每个时段可预约：" + "、".join(f"{name.zh}{quota}位" for name, quota in each) + "；其他业务不预约",
        en="In each slot may be booked: "
        + ", ".join(f"{name.en} {quota}" for name, quota in each)
        + "; no other service",
    )


def _book_days(a: AppointmentPolicy, _: Names) -> Text:
    if a.book_days == 0:
        return Text(zh="只能预约当天", en="Only today can be booked")
    return Text(
        zh=f"可提前{a.book_days}天预约", en=f"People can book up to {_counted(a.book_days, 'day')} ahead"
    )


def _remind(a: AppointmentPolicy, _: Names) -> Text:
    if a.remind_before_min == 0:
        return Text(zh="预约时间前不提醒", en="There is no reminder before an appointment")
    return Text(
        zh=f"预约时间前{a.remind_before_min}分钟提醒",
        en=f"A reminder is given {_minutes(a.remind_before_min)} before the booked time",
    )


# ---------------------------------------------------------------- calls


def _offer_again(p: Policy, _: Names) -> Text:
    if p.offer_again_after_s == 0:
        return Text(
            zh="叫过未到的号回到队列后立即可以再叫",
            en="A ticket whose call nobody answered can be called again as soon as it is back in line",
        )
    return Text(
        zh=f"叫过未到的号，{p.offer_again_after_s}秒内不再自动叫",
        en=f"A ticket whose call nobody answered is passed over for {_seconds(p.offer_again_after_s)} after that call",
    )


def _recall_limit(p: Policy, _: Names) -> Text:
    if p.recall_limit is None:
        return Text(zh="重呼次数不限", en="A person may be called again any number of times")
    if p.recall_limit == 0:
        return Text(zh="不重呼", en="Nobody is called a second time")
    return Text(
        zh=f"每次叫号最多重呼{p.recall_limit}次",
        en=f"A person is called again at most {_counted(p.recall_limit, 'time')}",
    )


def _recall_lock(p: Policy, _: Names) -> Text:
    if p.recall_lock_s == 0:
        return Text(zh="叫号后随时可以重呼", en="A person may be called again at once")
    return Text(
        zh=f"叫号后{p.recall_lock_s}秒内不能重呼",
        en=f"Nobody is called again within {_seconds(p.recall_lock_s)} of a call",
    )


def _no_show_after(p: Policy, _: Names) -> Text:
    if p.no_show_after_s == 0:
        return Text(zh="叫号后随时可以按过号处理", en="A person may be marked absent at once after a call")
    return Text(
        zh=f"叫号后等满{p.no_show_after_s}秒才能按过号处理",
        en=f"Nobody is marked absent within {_seconds(p.no_show_after_s)} of the last call",
    )


def _return_after(p: Policy, _: Names) -> Text:
    if p.return_after == 0:
        return Text(
            zh="过号的人回来后排在最前，号码不变",
            en="Who was missed comes back to the front of the line with the same number",
        )
    return Text(
        zh=f"过号的人回来后排在{p.return_after}位之后，号码不变",
        en=f"Who was missed comes back behind {_counted(p.return_after, 'other')} with the same number",
    )


def _undo(p: Policy, _: Names) -> Text:
    if p.undo_s == 0:
        return Text(zh="窗口的操作不能撤销", en="A clerk's act cannot be undone")
    return Text(
        zh=f"窗口可在{p.undo_s}秒内撤销最后一次操作",
        en=f"A clerk can undo the last act within {_seconds(p.undo_s)}",
    )


def _rating(p: Policy, _: Names) -> Text:
    return Text(
        zh=f"办结后评价器亮{p.rating_s}秒，请您评价",
        en=f"After a service the pad asks for a rating for {_seconds(p.rating_s)}",
    )


def _apology(p: Policy, _: Names) -> Text:
    if p.apology_min == 0:
        return Text(
            zh="有不满意时引导台的灯不亮", en="No lamp calls at the guide desk when somebody is not satisfied"
        )
    return Text(
        zh=f"有不满意时引导台的灯亮{p.apology_min}分钟，值班长去当面致歉",
        en=f"When somebody is not satisfied the lamp at the guide desk is lit for {_minutes(p.apology_min)}: the duty officer goes there",
    )


def _slip(p: Policy, _: Names) -> Text:
    if p.slip_days == 0:
        return Text(zh="补齐材料后需重新取号", en="Who brings missing papers takes a new ticket")
    return Text(
        zh=f"{p.slip_days}天内补齐材料，凭告知单直接回原窗口，不用重新排队",
        en=f"Who brings the missing papers within {_counted(p.slip_days, 'day')} goes straight back with the slip,"
        " without queueing",
    )


def _pauses(say: Callable[[PausePolicy], Text]) -> Say:
    return lambda p, _: say(p.pause)


def _pause_reasons(p: PausePolicy) -> Text:
    if not p.reasons:
        return Text(zh="窗口暂停可写任何原因", en="A window may be paused for any reason")
    return Text(
        zh=f"窗口只因这些原因暂停：{'、'.join(p.reasons)}",
        en=f"A window is paused only for these reasons: {', '.join(p.reasons)}",
    )


def _pause_max(p: PausePolicy) -> Text:
    if p.max_min is None:
        return Text(zh="窗口暂停的时间没有上限", en="A pause has no limit")
    return Text(
        zh=f"窗口暂停超过{p.max_min}分钟时告知值班员",
        en=f"A pause of more than {_minutes(p.max_min)} is told to the duty officer",
    )


def _pause_forbidden(p: PausePolicy) -> Text:
    if not p.forbidden_while_waiting:
        return Text(zh="有人等候时窗口也可暂停", en="A window may be paused while people wait")
    return Text(
        zh=f"有人等候时，窗口不因这些原因暂停：{'、'.join(p.forbidden_while_waiting)}",
        en=f"While people wait for it a window is not paused for these reasons: {', '.join(p.forbidden_while_waiting)}",
    )


# ---------------------------------------------------------------- day


def _quotas(p: Policy, names: Names) -> Text:
    if not p.quotas:
        return Text(zh="每天的号数不限", en="There is no limit to the tickets of a day")
    each = [(names.service(key), quota) for key, quota in p.quotas.items()]
    return Text(
        zh="；".join(
            f"{name.zh}每天最多{q.per_day}个号，原因：{q.reason.zh}，您可以：{q.alternative.zh}"
            for name, q in each
        ),
        en="; ".join(
            f"{name.en}: at most {_counted(q.per_day, 'ticket')} a day ({q.reason.en}); instead: {q.alternative.en}"
            for name, q in each
        ),
    )


def _early_stop(p: Policy, _: Names) -> Text:
    stop: EarlyStop | None = p.early_stop
    if stop is None:
        return Text(
            zh="取号到公布的下班时间为止，取到号的都办",
            en="Tickets are given until the posted close, and whoever holds one is served",
        )
    return Text(
        zh=f"下班前{stop.before_close_min}分钟停止取号，原因：{stop.reason.zh}，您可以：{stop.alternative.zh}",
        en=f"No tickets in the last {_minutes(stop.before_close_min)} before the posted close ({stop.reason.en});"
        f" instead: {stop.alternative.en}",
    )


def _keep(p: Policy, _: Names) -> Text:
    if p.keep_overnight:
        return Text(
            zh="当天没办完的号第二天继续有效", en="Who was not served keeps the number for the next day"
        )
    return Text(
        zh="号票当天有效，没办完的记录为未办",
        en="A ticket is good for its day; who was not served is recorded",
    )


# ---------------------------------------------------------------- alarms

_SILENT: Final = Text(zh="大厅不自动报警", en="The hall gives no alarms by itself")


def _alarm(say: Callable[[AlarmPolicy, Names], Text]) -> Say:
    return lambda p, names: _SILENT if p.alarms is None else say(p.alarms, names)


def _limit(limit: WaitLimit, of: Text | None = None) -> Text:
    zh, en = ("", "A wait") if of is None else (of.zh, f"{of.en}: a wait")
    return Text(
        zh=f"{zh}等候满{limit.warn_min}分钟提醒，满{limit.breach_min}分钟报警",
        en=f"{en} of {_minutes(limit.warn_min)} is a warning, of {_minutes(limit.breach_min)} an alarm",
    )


def _waits(a: AlarmPolicy, names: Names) -> Text:
    if not a.waits:
        return Text(zh="各项业务等候报警的时限相同", en="All services have the same limits for waiting")
    each = [_limit(limit, names.service(key)) for key, limit in a.waits.items()]
    return Text(zh="；".join(text.zh for text in each), en="; ".join(text.en for text in each))


def _number_alarm(of: Callable[[AlarmPolicy], int | None], off: Text, zh: str, en: str) -> Say:
    """An alarm with one number, written ``{}``."""

    def say(a: AlarmPolicy, _: Names) -> Text:
        limit = of(a)
        return off if limit is None else Text(zh=zh.format(limit), en=en.format(limit))

    return _alarm(say)


def _closing(p: Policy) -> Text:
    if not p.closing_soon_min:
        return Text(
            zh="快下班时由工作人员播报", en="That the hall closes soon is told when one of the staff says so"
        )
    minutes = sorted(p.closing_soon_min, reverse=True)
    return Text(
        zh=f"下班前{'、'.join(map(str, minutes))}分钟自动播报快下班了",
        en=f"People are told by themselves that the hall closes soon, {', '.join(map(str, minutes))} min before it does",
    )


def _near(p: Policy) -> Text:
    if p.near is None:
        return Text(zh="快轮到的人不另外播报", en="Nobody is asked to get ready before the own call")
    return Text(
        zh=f"快轮到时请接下来的{p.near}位做好准备，每人只播报一次",
        en=f"The next {p.near} of a line are asked together to get ready, each of them once",
    )


def _escort(p: Policy) -> Text:
    if not p.escort_voice_s:
        return Text(
            zh="绿色通道的呼叫只在引导台响铃", en="The green key calls at the guide desk only, never aloud"
        )
    return Text(
        zh=f"绿色通道的呼叫{p.escort_voice_s}秒没人应答，就广播请引导员到取号机旁",
        en=f"Where nobody answers the green key for {p.escort_voice_s} s the hall's voice calls the guide to the dispenser",
    )


#: A sentence for every key.
_MORNING: Final = {
    False: Text(
        zh="班前会单由工作人员按需打印", en="The morning meeting's slip is printed when somebody asks for it"
    ),
    True: Text(
        zh="开门前十分钟打印班前会单", en="The morning meeting's slip is printed ten minutes before opening"
    ),
}
_DAY: Final = {
    False: Text(zh="日清单由工作人员按需打印", en="The day's slip is printed when somebody asks for it"),
    True: Text(zh="下班后打印日清单", en="The day's slip is printed after closing"),
}
WORDS: Final[Mapping[str, Say]] = {
    "order": _order,
    "weights": _weights,
    "streak_cap": _streak_cap,
    "starvation_min": _starvation,
    "head_start_min": _head_start,
    "heart_lanes": _heart_lanes,
    "appointment.due_before_s": _booked(_due),
    "appointment.late_after_min": _booked(_late),
    "appointment.slot_min": _booked(_slots),
    "appointment.quotas": _booked(_slot_quotas),
    "appointment.book_days": _booked(_book_days),
    "appointment.remind_before_min": _booked(_remind),
    "offer_again_after_s": _offer_again,
    "recall_limit": _recall_limit,
    "recall_lock_s": _recall_lock,
    "no_show_after_s": _no_show_after,
    "return_after": _return_after,
    "undo_s": _undo,
    "rating_s": _rating,
    "apology_min": _apology,
    "slip_days": _slip,
    "pause.reasons": _pauses(_pause_reasons),
    "pause.max_min": _pauses(_pause_max),
    "pause.forbidden_while_waiting": _pauses(_pause_forbidden),
    "quotas": _quotas,
    "early_stop": _early_stop,
    "keep_overnight": _keep,
    "morning_slip": lambda p, _: _MORNING[p.morning_slip],
    "day_slip": lambda p, _: _DAY[p.day_slip],
    "closing_soon_min": lambda p, _: _closing(p),
    "near": lambda p, _: _near(p),
    "escort_voice_s": lambda p, _: _escort(p),
    "alarms.wait": _alarm(lambda a, _: _limit(a.wait)),
    "alarms.waits": _alarm(_waits),
    "alarms.waiting_per_window": _number_alarm(
        lambda a: a.waiting_per_window,
        Text(zh="不按每个窗口的等候人数报警", en="The people waiting per window ring no alarm"),
        "每个开着的窗口有{}人等候时报警",
        "An alarm is rung when {} wait per open window of a service",
    ),
    "alarms.waiting_in_hall": _number_alarm(
        lambda a: a.waiting_in_hall,
        Text(zh="不按全厅的等候人数报警", en="The people waiting in the hall ring no alarm"),
        "全厅有{}人等候时报警",
        "An alarm is rung when {} wait in the whole hall",
    ),
    "alarms.unstaffed_min": _number_alarm(
        lambda a: a.unstaffed_min,
        Text(zh="窗口无人在岗不报警", en="A window without its clerk rings no alarm"),
        "应开的窗口无人在岗满{}分钟时报警",
        "An alarm is rung when a window that should be open has had no clerk for {} min",
    ),
    "alarms.transfers": _number_alarm(
        lambda a: a.transfers,
        Text(zh="多次转移不报警", en="Repeated transfers ring no alarm"),
        "同一张号第{}次转移时报警，复核与约好的返回不算",
        "An alarm is rung at transfer number {} of one ticket; reviews and agreed returns are not counted",
    ),
    "alarms.forgotten_factor": _number_alarm(
        lambda a: a.forgotten_factor,
        Text(zh="办理超时不提醒办结", en="A service that takes long is not called to mind"),
        "办理时间达到目标的{}倍时提醒窗口办结",
        "The window is asked whether it forgot to finish after {} times the service's target",
    ),
    "alarms.crowd_sentence_min": _alarm(
        lambda a, _: Text(
            zh=f"人多时的广播至少间隔{a.crowd_sentence_min}分钟",
            en=f"Sentences about a crowded hall are at least {_minutes(a.crowd_sentence_min)} apart",
        )
    ),
}
