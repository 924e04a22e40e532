"""What is on the paper, read by machines that know nothing of us: zbar reads the code, tesseract the words."""

import subprocess
from io import BytesIO

import msgspec
import pytest
from PIL import Image

from devices.ticket_dispenser import ending, escpos, slip
from devices.ticket_dispenser.blocks import Number
from devices.ticket_dispenser.profiles import profile
from devices.ticket_dispenser.raster import Press
from devices.ticket_dispenser.romtext import TextPress
from devices.ticket_dispenser.typeface import ZEN_HEI, Typeface
from devices.ticket_dispenser.variants import Variant
from hall.messages.commands import ComeAgain, GoOn, MissingPapers
from hall.messages.common import Onward
from sim.twin.paper import PaperPrinter
from tests.devices.a_ticket import AT, HALL, ISSUED, TOKEN

FACES = {"dots": Typeface(None), **({"zenhei": Typeface(ZEN_HEI)} if ZEN_HEI.exists() else {})}


def on_paper(made, width, face):
    """The dots that a printer puts on paper."""
    twin = PaperPrinter(width)
    port = twin.port()
    for chunk in escpos.raster_slip(Press(width, FACES[face]).pictures(made), profile("any")):
        port.write(chunk)
    [paper] = twin.slips
    return paper.image


def png(image):
    out = BytesIO()
    image.convert("L").save(out, "PNG")
    return out.getvalue()


def codes(image, tmp_path):
    page = Image.new("L", (image.width + 60, image.height + 60), 255)
    page.paste(image, (30, 30))
    (tmp_path / "paper.png").write_bytes(png(page))
    found = subprocess.run(
        ["zbarimg", "-q", "--raw", "-Sdisable", "-Sqrcode.enable", str(tmp_path / "paper.png")],
        capture_output=True,
        check=False,
        timeout=60,
    )
    return found.stdout.decode().split("\n")[:-1]


def words(image, mode="6", scale=2.0):
    """What tesseract reads; `scale` brings the type to the height it was taught with."""
    page = Image.new("L", (image.width + 80, image.height + 60), 255)
    page.paste(image, (40, 30))
    page = page.resize((round(page.width * scale), round(page.height * scale)), Image.Resampling.LANCZOS)
    found = subprocess.run(
        ["tesseract", "stdin", "stdout", "-l", "chi_sim+eng", "--psm", mode],
        input=png(page),
        capture_output=True,
        check=True,
        timeout=120,
    )
    return found.stdout.decode().replace(" ", "")


@pytest.mark.parametrize("size", [16, 20, 22, 24, 26, 28, 32])
@pytest.mark.parametrize(
    "text", ["Fees: no service costs anything", "Complaints 0000-0000001", "收费：各项业务均不收费"]
)
def test_a_line_ends_where_its_measure_says(size, text):
    """What stands at the right edge is set by it: a line that is drawn wider than it was measured stands out of the column."""
    type_ = FACES["zenhei"].at(size)
    image = Image.new("1", (type_.width(text) + 100, 4 * type_.height), 255)
    type_.draw(image, 0, type_.height, text)
    drawn = image.point(lambda dot: 255 - dot).getbbox()[2]
    # behind the last letter there is a little white, less than a dot and a tenth of the size
    assert 0 <= type_.width(text) - drawn <= 1 + size / 10


@pytest.mark.parametrize("width", [576, 384])
class TestTheCode:
    def test_it_leads_to_the_ticket_on_the_phone_page(self, width, tmp_path):
        image = on_paper(slip.ticket(HALL, ISSUED, at=AT, token=TOKEN), width, "dots")
        assert codes(image, tmp_path) == [f"http://hall.example:8080/t/{TOKEN}"]

    @pytest.mark.parametrize("offline", [False, True])
    def test_without_a_page_it_keeps_hall_number_and_time(self, width, offline, tmp_path):
        hall = HALL if offline else msgspec.structs.replace(HALL, public_url="")
        issued = msgspec.structs.replace(ISSUED, offline=offline)
        image = on_paper(slip.ticket(hall, issued, at=AT, token=TOKEN), width, "dots")
        assert codes(image, tmp_path) == ["示例市住房公积金服务大厅 A012 2026-11-23 10:02"]


@pytest.mark.parametrize("width", [576, 384])
@pytest.mark.parametrize("render", ["raster", "text"])
@pytest.mark.parametrize("variant", list(Variant))
def test_every_variant_in_every_way_of_printing_leads_there(width, render, variant, tmp_path):
    made = slip.ticket(HALL, ISSUED, at=AT, token=TOKEN, usual=variant)
    if render == "raster":
        image = on_paper(made, width, "dots")
    else:
        twin = PaperPrinter(width)
        press = Press(width, FACES["dots"])
        twin.port().write(TextPress(width, profile("any"), press.block).slip(made)[0])
        image = twin.slips[0].image
    assert codes(image, tmp_path) == [f"http://hall.example:8080/t/{TOKEN}"]


#: a machine reads for seconds: of both widths every code here, every word of the narrow one with the long tests
WIDTHS = [576, pytest.param(384, marks=pytest.mark.long)]


@pytest.mark.parametrize("width", WIDTHS)
class TestTheWords:
    def test_what_people_need_is_read_exactly(self, width):
        made = slip.ticket(HALL, ISSUED, at=AT, token=TOKEN)
        read = words(on_paper(made, width, "zenhei"))
        for line in (
            "示例市住房公积金服务大厅",
            "您前面还有3人",
            "大约等候10至15分钟",
            "现在叫到",
            "办理约需12分钟",
            "一次办成",
            "本人身份证",
            "租赁合同及发票",
            "叫号未到请找引导台",
            "祝您办事顺利",
        ):
            assert line in read, line

    @pytest.mark.parametrize("number", ["A012", "A001", "F9001", "D037"])
    def test_no_zero_of_a_number_is_taken_for_a_letter(self, width, number):
        image = Press(width, FACES["zenhei"]).block(Number(number))
        assert words(image, "7", 1 / 3).strip() == number


VISIT = {"number": "A012", "service": "withdrawal", "situation": "rent"}
MISSING = MissingPapers(
    **VISIT,
    code="12345678",
    window=3,
    clerk="014",
    missing=("婚姻状况材料", "租赁合同及发票（超出定额时）"),
    valid_until="2026-12-07",
)
OFFICE = Onward(office="二楼贷款科", room="203室", person="王工", purpose="签借款合同", confirmed=True)


@pytest.mark.parametrize("width", WIDTHS)
class TestWhatAnEndingGives:
    def test_the_code_that_brings_straight_back_is_read_by_a_machine(self, width, tmp_path):
        image = on_paper(ending.ending(HALL, MISSING, at=AT), width, "dots")
        assert codes(image, tmp_path) == ["12345678"]

    @pytest.mark.parametrize(
        ("content", "lines"),
        [
            (
                MISSING,
                ("补材料告知单", "提取（租房）", "直接回3号窗口", "婚姻状况材料", "租赁合同及发票", "2026-12-07", "工号014"),
            ),
            (GoOn(**VISIT, onward=OFFICE), ("后续办理单", "二楼贷款科", "203室", "王工", "签借款合同")),
            (ComeAgain(**VISIT, again_days=365, again_from="2027-11-22"), ("下次办理日期", "满365天", "2027-11-22")),
        ],
        ids=["missing papers", "onward", "again"],
    )  # fmt: skip
    def test_what_people_need_is_read_exactly(self, width, content, lines):
        read = words(on_paper(ending.ending(HALL, content, at=AT), width, "zenhei"), scale=1.5)
        for line in lines:
            assert _plain(line) in _plain(read), (line, read)

    def test_a_booked_time_and_a_late_one_are_read(self, width):
        slot = {"slot": AT.replace(hour=9, minute=30), "slot_until": AT.replace(hour=10, minute=0)}
        late = msgspec.structs.replace(ISSUED, late=True, **slot)
        image = on_paper(slip.ticket(HALL, late, at=AT, token=TOKEN), width, "zenhei")
        read = words(image, scale=1.5 if width == 576 else 2.0)
        assert "09:30至10:00" in read
        assert "已转普通排队" in read


def _plain(text):
    """One line; a reader takes either form of brackets."""
    return text.replace("（", "(").replace("）", ")").replace("\n", "")
