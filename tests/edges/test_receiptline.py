"""Bytes of an independent ESC/POS producer (npm's receiptline) on our paper: the model understands what printers understand.

``tests/edges/receiptline/make.mjs`` wrote the files and says how to write them anew; reading them needs neither npm nor a network.
"""

import subprocess
from pathlib import Path

import pytest

from sim.twin.paper import PaperPrinter

FILES = Path(__file__).with_name("receiptline")
QR = "http://hall.example:8080/t/0123456789abcdef"


def printed(name, columns):
    twin = PaperPrinter(576 if columns == 48 else 384)
    twin.port().write((FILES / f"{name}-{columns}.escpos").read_bytes())
    assert twin.unknown == [], "a command that the model does not know"
    assert twin.waiting == 0
    [slip] = twin.slips
    return slip


@pytest.mark.parametrize("columns", [48, 32])
class TestReceiptline:
    def test_chinese_and_english_come_out_as_they_were_written(self, columns):
        lines = [line for line in printed("ticket", columns).text if line.strip()]
        assert lines == [
            "A012",
            "示例市住房公积金服务大厅",
            "业务：提取（租房）",
            "您前面还有3人 3 people ahead",
            "谢谢，祝您办事顺利",
        ]

    def test_its_code_is_read_by_a_machine(self, columns, tmp_path):
        printed("ticket", columns).image.convert("L").save(tmp_path / "paper.png")
        found = subprocess.run(
            ["zbarimg", "-q", "--raw", "-Sdisable", "-Sqrcode.enable", str(tmp_path / "paper.png")],
            capture_output=True,
            check=False,
            timeout=60,
        )
        assert found.stdout.decode().strip() == QR

    def test_columns_stand_where_it_put_them(self, columns):
        slip = printed("columns", columns)
        assert slip.text == ("窗口  业务  人数", "3号  提取  12", "6号  贷款  4")
        image = slip.image.convert("L").point([255 - value for value in range(256)])
        dots = 576 if columns == 48 else 384
        left, _, right, _ = image.getbbox()
        assert left < dots * 0.15
        assert right > dots * 0.9

    def test_sizes_and_styles_change_the_dots(self, columns):
        slip = printed("styles", columns)
        assert slip.text == ("下划线", "加重", "反白", "双宽", "双倍")
        assert slip.length > 5 * 24 / 8
