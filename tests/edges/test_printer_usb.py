"""A printer on USB through pyusb, with the twin in the place of libusb; and a device file that has another name today."""

import pytest

from devices.ticket_dispenser.blocks import Line, Number, Slip
from devices.ticket_dispenser.printer import Printer
from devices.ticket_dispenser.printer_lines import UsbPort, device_file
from devices.ticket_dispenser.raster import Press
from devices.ticket_dispenser.settings import PrinterSettings
from hall.errors import Fault
from sim.twin.paper import PaperPrinter
from sim.twin.usb_printer import UsbPrinterBackend

SLIP = Slip((Line("示例大厅", "Example"), Number("A012")))


def on_usb(twin, usb="", **made):
    backend = UsbPrinterBackend(twin, **made)
    settings = PrinterSettings(kind="usb", usb=usb, timeout_s=0.2)
    return Printer(settings, lambda: UsbPort(usb, 0.2, backend)), backend


class TestUsb:
    @pytest.mark.parametrize("usb", ["", "04b8:0e15"])
    def test_a_slip_comes_out_dot_by_dot_and_the_printer_says_so(self, usb):
        twin = PaperPrinter(576)
        ours, backend = on_usb(twin, usb)
        assert ours.print(SLIP).trouble is None
        [paper] = twin.slips
        picture = Press(576).draw(SLIP).convert("L").point([255 - value for value in range(256)])
        assert paper.ink.size == picture.crop(picture.getbbox()).size
        assert not backend.usblp, "the kernel's own driver has let go"

    def test_one_that_calls_itself_vendor_specific_is_found_by_its_endpoints(self):
        twin = PaperPrinter(576)
        ours, _ = on_usb(twin, "04b8:0e15", printer_class=False)
        assert ours.print(SLIP).trouble is None
        assert len(twin.slips) == 1

    def test_a_line_that_takes_only_some_bytes_gets_the_rest(self):
        twin = PaperPrinter(576)
        ours, _ = on_usb(twin, takes=37)
        assert ours.print(SLIP).trouble is None
        assert len(twin.slips) == 1

    def test_a_small_buffer_behind_an_empty_roll_takes_no_question_either_and_recovers(self):
        twin = PaperPrinter(576, buffer=5000)
        twin.paper_left = 14
        ours, _ = on_usb(twin)
        with pytest.raises(Fault) as caught:
            ours.print(SLIP)
        assert caught.value.code == "printer-offline", "it cannot be asked, and is not believed to be well"
        twin.load_paper()
        assert ours.print(SLIP).trouble is None

    def test_unplugged_it_is_a_fault_and_back_it_prints(self):
        twin = PaperPrinter(576)
        ours, _ = on_usb(twin)
        ours.print(SLIP)
        twin.gone = True
        with pytest.raises(Fault) as caught:
            ours.condition()
        assert caught.value.code == "printer-offline"
        twin.gone = False
        assert ours.print(SLIP).trouble is None
        assert len(twin.slips) == 2

    def test_another_printer_is_not_taken_for_it(self):
        ours, _ = on_usb(PaperPrinter(576), "1fc9:2016")
        with pytest.raises(Fault) as caught:
            ours.condition()
        assert "1fc9:2016" in caught.value.text.en


class TestANameThatChanges:
    """udev gives a printer the next free number when it comes back."""

    def plug(self, root, name, serial):
        device = root / "devices" / f"usb-{serial}"
        (device / "interface").mkdir(parents=True, exist_ok=True)
        for file, said in (("idVendor", "0416"), ("idProduct", "5011"), ("serial", serial)):
            (device / file).write_text(said + "\n")
        entry = root / "class" / name
        entry.mkdir(parents=True)
        (entry / "device").symlink_to(device / "interface")
        return entry

    def test_the_printer_is_found_by_what_it_is(self, tmp_path):
        first = self.plug(tmp_path, "lp0", "A1")
        assert device_file("0416:5011", tmp_path / "class") == "/dev/usb/lp0"
        first.rename(tmp_path / "class" / "lp1")
        assert device_file("0416:5011", tmp_path / "class") == "/dev/usb/lp1"

    def test_of_two_alike_the_serial_number_decides(self, tmp_path):
        self.plug(tmp_path, "lp0", "A1")
        self.plug(tmp_path, "lp1", "B2")
        assert device_file("0416:5011:B2", tmp_path / "class") == "/dev/usb/lp1"

    def test_one_that_is_not_there_is_an_error_of_the_line(self, tmp_path):
        with pytest.raises(OSError, match="no printer 0416:5011"):
            device_file("0416:5011", tmp_path / "class")
