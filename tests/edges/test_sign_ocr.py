"""What stands on the wall is read by a machine that has never seen our font (tesseract), from the dots of the module chain."""

import subprocess

from PIL import Image, ImageFilter

from devices.parts.led_panel import LedPanel
from devices.window_sign.frames import Show
from devices.window_sign.wording import offline, recovering, wording
from hall.messages.wants import Display
from hall.text import Text
from sim.twin.spi import Max7219Chain
from sim.twin.spi_bus import ChainSpi


def read(chain):
    """The panel as one sees it from some metres: dots run into strokes."""
    dots = Image.new("L", (chain.width, chain.height), 255)
    dots.putdata([0 if lit else 255 for row in chain.dots() for lit in row])
    seen = dots.resize((dots.width * 3, dots.height * 3), Image.Resampling.NEAREST).filter(
        ImageFilter.GaussianBlur(1.5)
    )
    page = Image.new("L", (seen.width + 80, seen.height + 60), 255)
    page.paste(seen, (40, 30))
    command = ["tesseract", "stdin", "stdout", "-l", "chi_sim+eng", "--psm", "7"]
    found = subprocess.run(command, input=_png(page), capture_output=True, check=True, timeout=60)
    return found.stdout.decode().replace(" ", "").strip()


def _png(image):
    from io import BytesIO

    out = BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def want(mode, **fields):
    return wording(Display(rev="1", mode=mode, window=3, **fields))


WALL = [
    (want("called", number="A012", round=1), 9.9, "A012请到本窗口"),
    (want("called", number="A012", round=1), 12.9, "A012请到3号窗口"),
    (want("called", number="A012", round=1), 7.0, "请A012到3号窗口"),
    (want("idle", clerk="018", greeting=Text(zh="祝您节日快乐", en="g")), 6, "祝您节日快乐"),
    (want("called", number="C678", round=1), 12.9, "C678请到3号窗口"),
    (want("called", number="D909", round=1), 12.9, "D909请到3号窗口"),
    (want("called", number="B345", round=2), 9.9, "B345再次请您"),
    (want("serving", number="A012"), 0, "正在办理A012"),
    (want("rate"), 0, "请您评价谢谢"),
    (want("thanks"), 0, "谢谢请慢走"),
    (want("paused", others=(2, 4), until="10:30"), 0, "暂停服务请稍候"),
    (want("paused", others=(2, 4), until="10:30"), 3, "请到2号4号窗口"),
    (want("paused", others=(2, 4), until="10:30"), 6, "10:30恢复请稍候"),
    (want("closed", opens="12:30"), 0, "已下班12:30办理"),
    (want("lunch", until="13:00"), 0, "午休13:00开始"),
    (want("fault"), 0, "设备故障请稍候"),
    (want("fault-long"), 0, "暂停办理请谅解"),
    (want("idle", services=(Text(zh="提取", en="w"),), clerk="018"), 0, "3号窗口提取"),
    (want("idle", services=(Text(zh="提取", en="w"),), clerk="018"), 3, "工号018您好"),
    (offline("A012"), 0, "A012离线叫号"),
    (recovering(), 0, "恢复中请稍候"),
]
NUMBERS = ["A012", "B345", "C678", "D909", "E217", "F486"]


def strokes_off(read_text, text):
    """How many characters a reader got wrong, left out or invented."""
    before = list(range(len(text) + 1))
    for i, found in enumerate(read_text, 1):
        row = [i]
        for j, meant in enumerate(text, 1):
            row.append(min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (found != meant)))
        before = row
    return before[-1]


def on_the_wall(script, seconds):
    chain = Max7219Chain(128)
    LedPanel(width=128, spi_driver=ChainSpi(chain)).show(Show(script, 128).frame_at(seconds))
    return chain


def test_a_machine_reads_from_the_wall_what_the_sign_says():
    """Nine of ten lines to the letter, and no line with more than one character in doubt: versions of the reader differ."""
    found = {text: read(on_the_wall(script, seconds)) for script, seconds, text in WALL}
    wrong = {text: seen for text, seen in found.items() if seen != text}
    assert len(wrong) <= len(WALL) // 10, wrong
    assert all(strokes_off(seen, text) <= 1 for text, seen in wrong.items()), wrong


def test_the_large_flashing_number_is_read_too():
    found = {number: read(on_the_wall(want("called", number=number, round=1), 0)) for number in NUMBERS}
    wrong = {number: seen for number, seen in found.items() if seen != number}
    assert len(wrong) <= 1, wrong
    assert all(strokes_off(seen, number) <= 1 for number, seen in wrong.items()), wrong
