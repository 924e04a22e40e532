"""What histories are drawn from."""

from datetime import datetime
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

MONDAY = datetime(2026, 11, 23, 9, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
WINDOWS = st.sampled_from([1, 2, 3, 5])
LANES = st.sampled_from(["normal", "normal", "normal", "appointment", "priority", "priority"])
SERVICES = st.sampled_from(["withdrawal", "withdrawal", "loan", "review"])
ANY = st.integers(0, 10_000)
