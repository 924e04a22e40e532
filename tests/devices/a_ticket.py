"""One ticket with everything on it, for whoever looks at paper."""

from datetime import datetime
from zoneinfo import ZoneInfo

from hall.messages.common import Via
from hall.messages.facts import TicketIssued
from hall.messages.wants import Service, Services, Situation
from hall.text import Text

AT = datetime(2026, 11, 23, 10, 2, tzinfo=ZoneInfo("Asia/Shanghai"))
TOKEN = "0123456789abcdef0123456789abcdef"
SERVICE = Service(
    id="withdrawal",
    letter="A",
    name=Text(zh="提取", en="Withdrawal"),
    common=("本人身份证", "本人一类银行卡"),
    situations=(
        Situation(
            id="rent",
            name=Text(zh="租房", en="rent"),
            need=("无房证明或授权查询", "租赁合同及发票（超出定额时）"),
        ),
    ),
    online=True,
    version="2026-01",
    handling_min=12,
    zone="一楼东区",
    zone_en="ground floor, east",
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
    papers_en={
        "本人身份证": "your identity card",
        "本人一类银行卡": "your class I bank card",
        "婚姻状况材料": "proof of marital status",
        "无房证明或授权查询": "proof of owning no home, or consent to look",
        "租赁合同及发票（超出定额时）": "lease and invoice (above the fixed sum)",
    },
)
ISSUED = TicketIssued(
    n=5,
    at=AT,
    ticket="t",
    number="A012",
    service="withdrawal",
    lane="normal",
    via=Via.DISPENSER,
    ahead=3,
    wait_min_s=600,
    wait_max_s=900,
    windows=(2, 3, 4),
    now="A009",
    situation="rent",
)
