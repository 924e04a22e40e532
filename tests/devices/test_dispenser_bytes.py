"""What bytes slips become: pictures, the printer's own characters, cuts, and what status bytes mean; by class of printer."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from devices.ticket_dispenser import escpos, status
from devices.ticket_dispenser.blocks import Line, Slip, tidy
from devices.ticket_dispenser.profiles import profile, profiles
from devices.ticket_dispenser.raster import Press
from devices.ticket_dispenser.romtext import Rom, TextPress
from devices.ticket_dispenser.settings import DispenserSettings, KeySettings, PrinterSettings
from devices.ticket_dispenser.typeface import Typeface
from sim.twin.paper import PaperPrinter

ROM = Rom(profile("any"))


def in_text(made, width=576, name="any"):
    press = Press(width, Typeface(None))
    data, rows = TextPress(width, profile(name), press.block).slip(made)
    return data, rows


def dispenser_with(**printer):
    return DispenserSettings(
        hall="demo",
        member="dispenser-1",
        state_dir="unused",
        keys=(KeySettings(pin=5, service="withdrawal"),),
        printer=PrinterSettings(host="twin", **printer),
    )


class TestBytes:
    @given(st.text())
    def test_no_text_can_command_a_printer(self, text):
        encoded = ROM.encode(tidy(text))
        at = 0
        while at < len(encoded):
            step = 1 if encoded[at] < 0x80 else 2
            assert encoded[at] >= 0x20
            assert encoded[at] != 0x7F
            assert step == 1 or encoded[at + 1] >= 0x40
            at += step

    def test_characters_beyond_the_rom_become_near_ones(self):
        assert ROM.encode("ñ①Ａ") == "n①Ａ".encode("gbk")
        assert ROM.encode("😀𠀀") == b"??"
        assert len(ROM.encode("㐂")) in {1, 2}

    @given(st.text(max_size=400))
    def test_a_block_holds_one_printable_line(self, text):
        line = Line(text, text)
        assert "\n" not in line.zh
        assert len(line.zh) <= 240
        assert all(char.isprintable() or char == " " for char in line.zh)

    def test_a_picture_goes_in_bands_that_small_buffers_take(self):
        image = Image.new("1", (384, 300), 255)
        image.putpixel((0, 299), 0)
        data = escpos.picture(image, 128)
        assert data[:8] == b"\x1dv0\x00\x30\x00\x80\x00"
        assert data.count(b"\x1dv0\x00") == 3
        assert len(data) == 300 * 48 + 3 * 8
        assert data[-48] == 0x80

    def test_text_mode_turns_hanzi_on_before_anything_else(self):
        data, _ = in_text(Slip((Line("，", ""),)))
        assert data.startswith(b"\x1b@\x1c&")
        assert "，".encode("gb18030") in data

    @pytest.mark.parametrize(
        ("answers", "trouble", "low"),
        [
            ((0x12, None, None, 0x12), None, False),
            ((0x12, None, None, 0x1E), None, True),
            ((0x1A, 0x32, 0x12, 0x7E), "paper-out", True),
            ((0x1A, 0x16, 0x12, 0x12), "cover-open", False),
            ((0x1A, 0x52, 0x1A, 0x12), "cutter-jammed", False),
            ((0x1A, 0x52, 0x32, 0x12), "printer-error", False),
            ((0x1A, 0x52, 0x52, 0x12), "printer-hot", False),
            ((0x1A, 0x52, 0x72, 0x12), "printer-error", False),
            ((0x1A, 0x16, 0x5A, 0x12), "cover-open", False),
            ((0x1A, 0x52, 0x12, 0x12), "printer-error", False),
            ((0x1A, 0x12, 0x12, 0x12), "printer-offline", False),
        ],
    )
    def test_what_status_bytes_mean(self, answers, trouble, low):
        condition = status.condition(*answers)
        assert (condition.trouble.value if condition.trouble else None, condition.paper_low) == (trouble, low)

    @given(st.sampled_from(sorted(profiles())), st.integers(0, 255))
    def test_status_and_barrier_answers_are_never_confused(self, name, byte):
        barrier = escpos.Barrier(profile(name))
        assert not (status.is_status(byte) and barrier.answered(byte))

    def test_a_process_id_is_heard_among_other_bytes(self):
        barrier = escpos.Barrier(profile("epson-tm"))
        heard = [barrier.answered(byte) for byte in b"\x12\x37\x22HAL\x37\x22HALL\x00"]
        assert heard == [False] * 12 + [True]


class TestWhatARomLacks:
    """Characters of four bytes in GB18030, and those of a small ROM: a name is drawn, never printed as a question mark."""

    def paper(self, line, name):
        twin = PaperPrinter(384)
        data, rows = in_text(Slip((line,)), 384, name)
        twin.port().write(data)
        if profile(name).cut == "none":
            twin.paper_left = 0
            twin.load_paper()
        [slip] = twin.slips
        assert twin.unknown == []
        return slip, rows

    @pytest.mark.parametrize("name", sorted(n for n, one in profiles().items() if 384 in one.widths))
    @pytest.mark.parametrize("char", ["𠮷", "㛃", "😀"])
    def test_it_is_drawn_with_its_line(self, name, char):
        slip, _ = self.paper(Line(f"工号014 王{char}", ""), name)
        assert slip.text == ()
        assert b"\x1dv0" in slip.raw
        assert slip.ink.height >= 20

    def test_a_small_rom_draws_what_a_larger_one_holds(self):
        assert self.paper(Line("王喆", ""), "gprinter-58")[0].text == ("王喆",)
        assert self.paper(Line("王喆", ""), "xprinter-58")[0].text == ()

    def test_the_paper_is_as_long_as_counted(self):
        slip, rows = self.paper(Line("示例市住房公积金服务大厅示例市住房公积金服务大厅", "Example"), "any")
        fed = profile("any").blade_mm * 8
        assert slip.length * 8 == rows + fed


class TestProfiles:
    @pytest.mark.parametrize("name", sorted(profiles()))
    def test_every_class_cuts_or_feeds_behind_its_blade(self, name):
        twin = PaperPrinter(max(profile(name).widths))
        twin.port().write(in_text(Slip((Line("好"),)), twin.width, name)[0])
        assert len(twin.slips) == (0 if profile(name).cut == "none" else 1)
        assert twin.unknown == []

    @pytest.mark.parametrize("name", sorted(profiles()))
    def test_bands_are_no_larger_than_the_class_takes(self, name):
        data = escpos.picture(Image.new("1", (384, 1000), 255), profile(name).band_rows)
        assert data.count(b"\x1dv0\x00") == -(-1000 // profile(name).band_rows)

    def test_a_mistake_in_the_settings_names_what_there_is(self):
        with pytest.raises(ValueError, match=r"one of any, epson-tm, .* in `printer.profile`, found epsom"):
            dispenser_with(profile="epsom")
        with pytest.raises(ValueError, match=r"384 in `printer.width_dots` of a xprinter-58, found 576"):
            dispenser_with(profile="xprinter-58")
