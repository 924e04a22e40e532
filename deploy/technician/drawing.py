"""A wiring picture as SVG: the header in the middle, pin by pin, and straight from each used pin to what is wired there."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Final

from deploy.technician.board import HEADER, ROLES, Model
from deploy.technician.wiring import Kind, Wire
from hall.text import Text

WIDTH, TOP, ROW, MIDDLE = 1000, 118, 36, 500
FOOT: Final = 132
FONT: Final = "'Noto Sans SC','Noto Sans CJK SC','WenQuanYi Zen Hei','Microsoft YaHei',sans-serif"
COLOURS: Final[dict[Kind, str]] = {
    "key": "#0b7285",
    "lamp": "#b35900",
    "bus": "#6741a5",
    "sound": "#6741a5",
    "ground": "#222222",
    "power": "#c92a2a",
}
_LEGEND: Final[tuple[tuple[Kind, Text], ...]] = (
    ("key", Text(zh="按键", en="key")),
    ("lamp", Text(zh="灯、蜂鸣器", en="lamp, buzzer")),
    ("bus", Text(zh="总线", en="bus")),
    ("ground", Text(zh="地", en="ground")),
    ("power", Text(zh="电源", en="supply")),
)


def svg(title: Text, model: Model, wires: Sequence[Wire], notes: Sequence[Text]) -> str:
    """The picture of one device on one model."""
    height = TOP + 20 * ROW + FOOT + 44 * len(notes)
    used = {wire.pin: wire for wire in wires}
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" font-family="{FONT}" font-size="15">',
        f"<title>{escape(title.zh)} {escape(title.en)} · {escape(model.name)}</title>",
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
        _text(24, 38, f"{title.zh} {title.en}", size=24, weight=700),
        _text(24, 66, f"{model.name} · 供电 supply: {model.supply.en}", size=15),
        _legend(wires),
        f'<rect x="{MIDDLE - 46}" y="{TOP - 10}" width="92" height="{20 * ROW + 20}" rx="8" fill="#12432f"/>',
        *(_pin(number, used.get(number)) for number in range(1, 41)),
        *_foot(model, notes),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _pin(number: int, wire: Wire | None) -> str:
    left = number % 2 == 1
    x, y = MIDDLE + (-22 if left else 22), TOP + (number - 1) // 2 * ROW + ROW // 2
    what = HEADER[number - 1]
    name = what if isinstance(what, str) else f"GPIO{what}"
    if isinstance(what, int) and what in ROLES and (wire is None or wire.kind in {"bus", "sound"}):
        name += f" {ROLES[what]}"
    colour = COLOURS[wire.kind] if wire is not None else "#c9c4b8"
    side, anchor = (-1, "end") if left else (1, "start")
    drawn = [
        f'<circle cx="{x}" cy="{y}" r="11" fill="{colour if wire else "#e9e4d8"}" stroke="#ffffff" stroke-width="1.5"/>',
        _text(x, y + 4, str(number), size=11, anchor="middle", fill="#ffffff" if wire else "#5a554b"),
    ]
    if wire is None:
        return "".join(
            [*drawn, _text(MIDDLE + side * 60, y + 5, name, size=12, anchor=anchor, fill="#8a8477")]
        )
    end, wide = MIDDLE + side * 190, 7.6 * len(name) + 14
    drawn += [
        f'<line x1="{MIDDLE + side * 46}" y1="{y}" x2="{end}" y2="{y}" stroke="{colour}" stroke-width="3"/>',
        f'<circle cx="{end}" cy="{y}" r="5" fill="{colour}"/>',
        f'<rect x="{MIDDLE + side * 118 - wide / 2}" y="{y - 10}" width="{wide}" height="19" fill="#ffffff"/>',
        _text(MIDDLE + side * 118, y + 5, name, size=12, anchor="middle", fill=colour, weight=700),
        *_said(end + side * 14, y, wire.to, anchor),
    ]
    return "".join(drawn)


def _said(x: float, y: float, to: Text, anchor: str) -> list[str]:
    """Both languages, or one line where both say the same."""
    if to.zh == to.en:
        return [_text(x, y + 5, to.zh, size=14, anchor=anchor, weight=700)]
    return [
        _text(x, y - 2, to.zh, size=14, anchor=anchor, weight=700),
        _text(x, y + 13, to.en, size=11, anchor=anchor, fill="#4a463e"),
    ]


def _legend(wires: Sequence[Wire]) -> str:
    kinds = {wire.kind for wire in wires}
    drawn, x = [], 24
    for kind, words in _LEGEND:
        if kind in kinds or (kind == "bus" and "sound" in kinds):
            drawn.append(f'<rect x="{x}" y="82" width="14" height="14" rx="3" fill="{COLOURS[kind]}"/>')
            drawn.append(_text(x + 20, 94, f"{words.zh} {words.en}", size=13))
            x += 190
    return "".join(drawn)


def _foot(model: Model, notes: Sequence[Text]) -> list[str]:
    y = TOP + 20 * ROW + 40
    rows = [
        ("网络 network", f"{model.network.zh} {model.network.en}"),
        ("声音 sound", f"{model.sound.zh} {model.sound.en}"),
        ("注意 note", f"{model.note.zh} {model.note.en}"),
    ]
    drawn = [f'<line x1="24" y1="{y - 22}" x2="{WIDTH - 24}" y2="{y - 22}" stroke="#c9c4b8"/>']
    for n, (label, said) in enumerate(rows):
        drawn += [_text(24, y + 24 * n, label, size=13, weight=700), _text(150, y + 24 * n, said, size=13)]
    y += 24 * len(rows) + 16
    for n, note in enumerate(notes):
        drawn += [
            _text(24, y + 44 * n, f"• {note.zh}", size=14),
            _text(36, y + 44 * n + 19, note.en, size=12, fill="#4a463e"),
        ]
    return drawn


def _text(
    x: float,
    y: float,
    said: str,
    *,
    size: int,
    anchor: str = "start",
    fill: str = "#1d1b17",
    weight: int = 400,
) -> str:
    return f'<text x="{x}" y="{y}" font-size="{size}" text-anchor="{anchor}" fill="{fill}" font-weight="{weight}">{escape(said)}</text>'
