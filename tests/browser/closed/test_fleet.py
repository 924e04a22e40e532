"""A technician with the devices of a hall behind certificates: labels by scanner, by camera and by hand, and every act on a device's standing."""

import base64
import json
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
import qrcode
from PIL import Image
from playwright.sync_api import expect

from ..staff.hands import at, judge, whole  # noqa: TID252 - tests are no package
from .conftest import fleet

pytestmark = [pytest.mark.broker, pytest.mark.processes]

WIDTH, HEIGHT = 640, 480


def row(page, member):
    return page.locator(at(f"device-{member}"))


def scanned(page, text):
    """A scanner types, fast, and ends with Enter."""
    page.click(at("scan-label"))
    whole(page)
    page.wait_for_function("() => document.activeElement.matches('[data-test=scan]')")
    page.keyboard.type(text, delay=2)
    page.keyboard.press("Enter")


def acted(page, member, act, why=""):
    page.click(at(f"care-{member}"))
    page.click(at(f"act-{act}"))
    page.wait_for_selector(at("act-does"))
    if why:
        page.fill(at("act-why"), why)
    page.locator(f".q-dialog:has({at('act-does')}) {at('confirm')}").click()


def test_a_scanned_label_is_compared_shown_and_counts_with_the_second_press(technician, label):
    expect(row(technician, "pad-1")).to_contain_text("待确认")
    judge(technician, "zh")
    scanned(technician, label("pad-1"))
    expect(technician.locator(at("scanned"))).to_contain_text("pad-1 · 评价器")
    expect(technician.locator(at("scanned"))).to_contain_text("标签属于本厅，证书机构一致")
    judge(technician, "zh", ".q-dialog")
    assert row(technician, "pad-1").inner_text().count("待确认") == 1
    technician.keyboard.press("Enter")
    expect(technician.locator(".q-notification")).to_contain_text("pad-1已投入使用")
    expect(row(technician, "pad-1")).not_to_contain_text("待确认")
    # the dialog is ready for the next one, and knows the first
    technician.keyboard.type("pad-1", delay=2)
    technician.keyboard.press("Enter")
    expect(technician.locator(at("scanned"))).to_contain_text("已投入使用，不用再确认")


def test_a_scanner_with_capitals_on_and_a_keyboard_for_chinese_is_understood(technician, label):
    wide = "".join(chr(ord(char) + 0xFEE0) if char in ":-" else char for char in label("pad-2").upper())
    scanned(technician, wide)
    expect(technician.locator(at("scanned"))).to_contain_text("标签属于本厅")


@pytest.mark.parametrize(
    ("wrong", "says"),
    [({"name": "other"}, "属于另一个大厅"), ({"by": "0" * 16}, "证书机构不是本厅的")],
)
def test_a_label_of_another_hall_or_another_authority_is_refused_and_nothing_is_confirmed(
    technician, label, wrong, says
):
    scanned(technician, label("pad-2", **wrong))
    expect(technician.locator(at("scanned"))).to_contain_text(says)
    technician.keyboard.press("Enter")
    expect(technician.locator(at("scanned"))).to_contain_text(says)
    expect(row(technician, "pad-2")).to_contain_text("待确认")


def film(text, file: Path):
    """What a camera sees that is held over a label, as a film of one picture."""
    code = qrcode.make(text, border=4).convert("L").resize((400, 400), Image.Resampling.NEAREST)
    seen = Image.new("L", (WIDTH, HEIGHT), 200)
    seen.paste(code, ((WIDTH - 400) // 2, (HEIGHT - 400) // 2))
    grey = bytes([128]) * (WIDTH * HEIGHT // 2)
    head = f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F10:1 Ip A1:1 C420jpeg\n".encode()
    file.write_bytes(head + (b"FRAME\n" + seen.tobytes() + grey) * 2)


#: Debian's browser has no detector of codes: this one hands the camera's picture to zbar
DETECTOR = """window.BarcodeDetector = class {
  async detect(video) {
    const canvas = document.createElement('canvas')
    canvas.width = video.videoWidth; canvas.height = video.videoHeight
    canvas.getContext('2d').drawImage(video, 0, 0)
    return (await zbar(canvas.toDataURL())).map(rawValue => ({ rawValue }))
  }
}"""


def zbar(tmp_path):
    def read(picture):
        file = tmp_path / "seen.png"
        file.write_bytes(base64.b64decode(picture.partition(",")[2]))
        done = subprocess.run(["zbarimg", "-q", "--raw", file], capture_output=True, text=True, check=False)
        return done.stdout.split()

    return read


@contextmanager
def with_camera(chromium, *flags):
    program = chromium.browser_type.launch(
        executable_path="/usr/bin/chromium",
        args=["--no-sandbox", "--use-fake-device-for-media-stream", *flags],
    )
    try:
        yield program
    finally:
        program.close()


def test_the_camera_reads_a_label_and_shows_whose_it_is(hall, chromium, logged_in, label, tmp_path):
    film(label("sign-1"), tmp_path / "label.y4m")
    flags = ("--use-fake-ui-for-media-stream", f"--use-file-for-fake-video-capture={tmp_path / 'label.y4m'}")
    with with_camera(chromium, *flags) as browser, fleet(hall, browser, logged_in) as page:
        page.expose_function("zbar", zbar(tmp_path))
        page.add_init_script(DETECTOR)
        page.reload()
        page.click(at("scan-label"))
        whole(page)
        page.click(at("camera"))
        expect(page.locator(at("scanned"))).to_contain_text("sign-1 · 窗口屏")
        expect(page.locator(at("scanned"))).to_contain_text("标签属于本厅")
        expect(page.locator("video.camera-picture")).to_be_hidden()
        page.locator(f".q-dialog {at('confirm')}").click()
        expect(row(page, "sign-1")).not_to_contain_text("待确认")


def test_a_camera_that_may_not_be_used_says_so(hall, chromium, logged_in):
    with with_camera(chromium) as browser, fleet(hall, browser, logged_in) as page:
        page.add_init_script("window.BarcodeDetector = class {}")
        page.add_init_script("navigator.mediaDevices.getUserMedia = async () => { throw new Error('no') }")
        page.reload()
        page.click(at("scan-label"))
        whole(page)
        page.click(at("camera"))
        expect(page.locator(at("owed"))).to_contain_text("相机不能使用")


def test_where_the_browser_reads_no_codes_no_camera_is_offered(technician):
    technician.click(at("scan-label"))
    whole(technician)
    expect(technician.locator(at("camera"))).to_be_hidden()
    expect(technician.locator(at("scan"))).to_be_visible()


def test_a_device_that_is_to_be_found_says_so_and_the_page_that_it_did(technician):
    technician.click(at("care-sign-3"))
    technician.click(at("order-identify"))
    expect(row(technician, "sign-3")).to_contain_text("找到它：完成")


def test_a_quarantined_device_is_out_and_back_when_it_is_released(technician):
    acted(technician, "pad-3", "quarantine")
    expect(technician.locator(at("owed")).filter(has_text="请写明原因")).to_be_visible()
    technician.fill(at("act-why"), "两台同名")
    technician.press(at("act-why"), "Enter")
    expect(row(technician, "pad-3")).to_contain_text("已隔离")
    expect(row(technician, "pad-3")).to_contain_text("没有应答")
    expect(technician.locator(at("morning"))).to_contain_text("请找出多余的那台并断电")
    technician.wait_for_selector(".q-dialog__backdrop", state="detached")
    acted(technician, "pad-3", "release")
    expect(row(technician, "pad-3")).not_to_contain_text("已隔离")


def test_a_replacement_is_one_act_whose_card_comes_once_and_whose_token_is_on_no_page(technician):
    technician.click(at("care-sign-6"))
    technician.click(at("act-replace"))
    technician.wait_for_selector(at("act-does"))
    whole(technician)
    judge(technician, "zh", ".q-dialog")
    with technician.expect_download() as coming:
        technician.locator(f".q-dialog:has({at('act-does')}) {at('confirm')}").click()
    card = json.loads(Path(coming.value.path()).read_text())
    assert card["member"] == "sign-6"
    assert len(card["token"]) > 20
    expect(row(technician, "sign-6")).to_contain_text("等待登记")
    expect(row(technician, "sign-6")).to_contain_text("没有应答")
    assert card["token"] not in technician.content()


def test_a_decommissioned_device_wipes_itself_and_is_out(hall, technician):
    acted(technician, "pad-6", "retire")
    expect(row(technician, "pad-6")).to_contain_text("已停用")
    expect(row(technician, "pad-6")).to_contain_text("清除：完成")
    # it says that it will while it still can, and then does
    identity, end = hall.folder / "trust" / "identities" / "pad-6" / "current", time.monotonic() + 30
    while (identity / "key.pem").exists():
        assert time.monotonic() < end
        technician.wait_for_timeout(50)
