"""The pages: each device's picture, bill of materials, power, assembly, acceptance and faults, Chinese and English side by side."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from deploy.technician.board import MODELS, Model
from deploy.technician.boxes import Box, boxes
from deploy.technician.drawing import svg
from deploy.technician.guide import pages as guide
from deploy.technician.wiring import BOXES, wires
from hall.messages.common import MemberKind
from hall.text import Text
from hall.troubles import TROUBLES

#: what a supply should give beyond the most that is asked of it
MARGIN: Final = 1.25


def pages() -> Iterator[tuple[str, str]]:
    """Every file below docs/technician, as (name, content)."""
    yield "README.md", _index()
    for kind, box in boxes().items():
        yield f"{kind}.md", page(kind, box)
        for model in MODELS:
            yield f"wiring/{kind}-{model.key}.svg", svg(box.name, model, wires(BOXES[kind]), box.notes)
    yield "faults.md", fault_table()
    yield from guide.pages()


def page(kind: str, box: Box) -> str:
    """One device's page."""
    return "\n".join([
        f"# {box.name.zh} {box.name.en}", "",
        "<!-- made by `make papers`; edit deploy/technician/boxes.yaml -->", "",
        "## 接线 Wiring", "",
        "引脚按程序自己的默认配置画出。 Drawn from the program's own settings.", "",
        *(line for model in MODELS for line in _picture(kind, box, model)),
        *_bill(box),
        *_power(box),
        "## 装配 Assembly", "", *_ticks(box.build),
        "## 验收 Acceptance", "",
        "每项做一遍再打勾；`hall doctor --settings FILE` 无故障才算开始。 Tick what was tried; begin when `hall doctor --settings FILE` finds no fault.", "",
        *_ticks(box.accept),
        "日期 Date ____________　技术员 Technician ____________　设备号 Member ____________", "",
        "## 故障 Faults", "", *_faults(MemberKind(kind)), "",
    ])  # fmt: skip


def fault_table() -> str:
    """All alerts, each once: who raises it, and what to do."""
    rows = [
        "# 故障对照表 Every alert and what to do",
        "",
        "<!-- made by `make papers` out of hall/troubles.yaml -->",
        "",
        "| 代码 code | 设备 devices | 级别 level | 现象 what it says | 处理 what to do |",
        "|---|---|---|---|---|",
    ]
    for code, trouble in TROUBLES.items():
        who = "、".join(box.name.zh for kind, box in boxes().items() if MemberKind(kind) in trouble.devices)
        rows.append(
            f"| `{code}` | {who} | {trouble.level.value} | {_both(trouble.text)} | {_both(trouble.do)} |"
        )
    return "\n".join(rows) + "\n"


def _index() -> str:
    names = "\n".join(
        f"| [{box.name.zh} {box.name.en}]({kind}.md) | "
        + " · ".join(f"[{m.name.removeprefix('Raspberry ')}](wiring/{kind}-{m.key}.svg)" for m in MODELS)
        + " |"
        for kind, box in boxes().items()
    )
    return (
        "# 技术员手册 The technician's papers\n\n"
        "每台设备一页：接线图、材料表、供电、装配、验收、故障。 One page for each device: wiring, bill of materials, power, assembly, "
        "acceptance, faults. Print a page from the browser; the checklists have room for a signature.\n\n"
        "| 设备 device | 接线图 wiring |\n|---|---|\n"
        f"{names}\n\n"
        "从空卡到投入使用、故障、备件见[技术员指南](guide.zh-CN.md)。 From a blank card to a device in service, faults, spare parts: [the guide](guide.md). "
        "所有告警见[故障对照表](faults.md)。 All alerts: [faults.md](faults.md).\n\n"
        "Everything here is made by `make papers` from the programs' settings, `hall/troubles.yaml` and `deploy/technician/boxes.yaml`; tests hold "
        "pages, pins and alert codes to the programs. Currents are from data sheets and the makers' documentation; nothing was measured on hardware.\n"
    )


def _picture(kind: str, box: Box, model: Model) -> Iterator[str]:
    yield f"<details{' open' if model is MODELS[1] else ''}><summary>{model.name}</summary>"
    yield ""
    yield f"![{box.name.zh} {box.name.en}, {model.name}](wiring/{kind}-{model.key}.svg)"
    yield ""
    yield "</details>"
    yield ""


def _bill(box: Box) -> Iterator[str]:
    yield from (
        "## 材料 Bill of materials",
        "",
        "| 部件 part | 数量 n | 也可用 instead |",
        "|---|---|---|",
        "| Raspberry Pi 与 and 16 GB microSD (A1) | 1 | Pi 3 B+, 4 B, 5, Zero 2 W |",
    )
    for part in box.parts:
        yield f"| {_both(part.what)} | {part.n} | {_both(part.other)} |"
    yield ""


def _power(box: Box) -> Iterator[str]:
    yield from (
        "## 供电 Power",
        "",
        "| 取电 from | 部件 part | 常用 typical mA | 最大 most mA |",
        "|---|---|---|---|",
    )
    for part in box.parts:
        typical, most = part.currents
        if most:
            rail = {"pi": "Pi 5 V", "own": "独立 own 5 V", "other": f"独立 own {part.volts} V"}[part.rail]
            yield f"| {rail} | {_both(part.what)} | {typical} | {most} |"
    yield ""
    own = _sum(box, "own")
    if own:
        yield f"独立 5 V 电源 own 5 V supply: {own / 1000:.1f} A × {MARGIN} → **{supply_a(own):.1f} A**"
        yield ""
    yield from (
        "| Pi | 板 board mA | 加外设 with hands, most mA | 电源 supply | 余量 left |",
        "|---|---|---|---|---|",
    )
    for model in MODELS:
        most = model.most_ma + _sum(box, "pi")
        left = model.supply_a - most / 1000
        yield f"| {model.name} | {model.typical_ma} … {model.most_ma} | {most} | {model.supply.zh} | {left:+.2f} A |"
    yield ""


def _sum(box: Box, rail: str) -> int:
    """The most that hangs on one rail, in milliamperes."""
    return sum(part.currents[1] for part in box.parts if part.rail == rail)


def supply_a(most_ma: int) -> float:
    """The supply to buy: with a margin, in whole amperes."""
    return float(-(-int(most_ma * MARGIN) // 1000))


def _ticks(items: tuple[Text, ...]) -> Iterator[str]:
    yield from ("| ☐ | 中文 | English |", "|---|---|---|")
    yield from (f"| ☐ | {item.zh} | {item.en} |" for item in items)
    yield ""


def _faults(kind: MemberKind) -> Iterator[str]:
    yield from (
        "| 代码 code | 级别 level | 现象 what it says | 处理 what to do | 告诉群众 what people are told |",
        "|---|---|---|---|---|",
    )
    for code, trouble in TROUBLES.items():
        if kind in trouble.devices:
            told = "" if trouble.citizen is None else _both(trouble.citizen)
            yield f"| `{code}` | {trouble.level.value} | {_both(trouble.text)} | {_both(trouble.do)} | {told} |"


def _both(text: Text) -> str:
    return f"{guide.cell(text.zh)}<br>{guide.cell(text.en)}"
