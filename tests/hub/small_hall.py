"""The smallest hall that is one: one service, one window, always open."""

from typing import Any

PLAN: dict[str, Any] = {
    "id": "demo",
    "name": {"zh": "示例大厅", "en": "Example hall"},
    "timezone": "Asia/Shanghai",
    "hotline": "12329",
    "supervision": "0000-0000000",
    "hours": {"always": True},
    "services": {"withdrawal": {"letter": "A", "name": {"zh": "提取", "en": "Withdrawal"}, "target_min": 12}},
    "windows": [{"window": 1, "serves": ["withdrawal"]}],
}
