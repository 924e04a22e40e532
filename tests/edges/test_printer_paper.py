"""What is on the paper, read by machines that know nothing of us: zbar reads the code, tesseract the words."""

import subprocess
from datetime import datetime
from io import BytesIO
from zoneinfo import ZoneInfo

import msgspec
import pytest
from PIL import Image

from devices.ticket_dispenser import escpos, slip
from devices.ticket_dispenser.blocks import Number
from devices.ticket_dispenser.raster import Press
from devices.ticket_dispenser.typeface import ZEN_HEI, Typeface
from hall.messages.common import Via
from hall.messages.facts import TicketIssued
from hall.messages.wants import Service, Services, Situation
from hall.text import Text
from sim.twin.paper import PaperPrinter

AT = datetime(2026, 11, 22, 10, 2, tzinfo=ZoneInfo("Asia/Shanghai"))
TOKEN = "0123456789abcdef0123456789abcdef"
RENT = Situation(
    id="rent", name=Text(zh="租房", en="rent"), need=("无房证明或授权查询", "租赁合同及发票（超出定额时）")
)
SERVICE = Service(
    id="withdrawal",
    letter="A",
    name=Text(zh="提取", en="Withdrawal"),
    common=("本人身份证", "本人一类银行卡"),
    situations=(RENT,),
    online=True,
    version="2026-01",
    handling_min=12,
    zone="一楼东区",
)
HALL = Services(
    rev="1",
    hall="demo",
    name=Text(zh="示例市住房公积金服务大厅", en="Example City Housing Fund Hall"),
    services=(SERVICE,),
    open=True,
    opens="9:00",
    closes="17:00",
    public_url="http://hall.example:8080/",
    hotline="12329",
    supervision="0000-0000000",
)
ISSUED = TicketIssued(
    n=5,
    at=AT,
    ticket="t",
    number="A012",
    service="withdrawal",
    lane="normal",
    via=Via.DESK,
    ahead=3,
    wait_min_s=600,
    wait_max_s=900,
    windows=(2, 3, 4),
    now="A009",
    situation="rent",
)
FACES = {"dots": Typeface(None), **({"zenhei": Typeface(ZEN_HEI)} if ZEN_HEI.exists() else {})}


def on_paper(made, width, face):
    """The dots that a printer puts on paper."""
    twin = PaperPrinter(width)
    port = twin.port()
    for chunk in escpos.raster_slip(Press(width, FACES[face]).pictures(made)):
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
        assert codes(image, tmp_path) == ["示例市住房公积金服务大厅 A012 2026-11-22 10:02"]


@pytest.mark.parametrize("width", [576, 384])
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
