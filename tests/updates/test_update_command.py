"""Root's part carries out what lies there, answers, and leaves nothing waiting that came meanwhile."""

import os
import threading
import time

from devices.updates import command, orders
from devices.updates.orders import Order, Report
from tests.updates import machine
from tests.updates.desk import Desk

FROM = ("https://127.0.0.1:1/releases",)
SETTINGS = "hall: demo\nmember: pad-1\n"


def follow(folder, root, **patience):
    (folder / "device.yaml").write_text(SETTINGS)
    place = machine.made(folder, "1.0", current="1.0")
    return command.follow(
        kind="pad",
        settings=folder / "device.yaml",
        order=folder / orders.ORDER,
        boot=place.boot,
        home=place.home,
        root=root,
        account="",
        **patience,
    )


def answered(folder):
    return orders.read(folder / "boot" / orders.REPORT, Report)


def test_an_order_that_cannot_be_judged_is_refused_with_its_reason(tmp_path):
    orders.write(tmp_path / orders.ORDER, Order(rev="r1", version="1.1", sources=FROM))
    assert follow(tmp_path, tmp_path / "no-root.json") == 0
    assert (answered(tmp_path).rev, answered(tmp_path).code) == ("r1", "no-root")


def test_an_order_that_comes_while_one_is_carried_out_is_carried_out_too(tmp_path):
    root = tmp_path / "root.json"
    os.mkfifo(root)  # whoever reads it waits for us
    orders.write(tmp_path / orders.ORDER, Order(rev="r1", version="1.1", sources=FROM))
    at_work = threading.Thread(target=follow, args=(tmp_path, root), kwargs={"patience_s": 0.0})
    at_work.start()
    with root.open("wb") as stream:
        orders.write(tmp_path / orders.ORDER, Order(rev="r2", version="1.2", sources=FROM))
        stream.write(b"{}")
    while at_work.is_alive() and answered(tmp_path).rev == "r1":
        time.sleep(0.01)
    if at_work.is_alive():
        root.write_bytes(b"{}")
    at_work.join(30)
    assert not at_work.is_alive()
    assert (answered(tmp_path).rev, answered(tmp_path).phase) == ("r2", "refused")


def signed_by_somebody(folder):
    """A first root of a repository whose mirror nobody can reach."""
    (folder / "people").mkdir()
    root = folder / "root.json"
    desk = Desk(folder / "people")
    desk.release("1.0")
    root.write_bytes(desk.ledger.first_root())
    return root


def test_what_is_not_there_yet_is_waited_for_and_then_called_missing(tmp_path):
    orders.write(tmp_path / orders.ORDER, Order(rev="r1", version="1.1", sources=FROM))
    begun = time.monotonic()
    assert follow(tmp_path, signed_by_somebody(tmp_path), patience_s=0.5, look_s=0.05) == 0
    assert time.monotonic() - begun > 0.5
    assert (answered(tmp_path).rev, answered(tmp_path).code in command.NOT_YET) == ("r1", True)


def test_whoever_waits_for_the_mirror_hears_of_a_newer_order(tmp_path):
    orders.write(tmp_path / orders.ORDER, Order(rev="r1", version="1.1", sources=FROM))
    root = signed_by_somebody(tmp_path)
    waits = threading.Thread(target=follow, args=(tmp_path, root), kwargs={"look_s": 0.05})
    waits.start()
    while answered(tmp_path) is None:
        time.sleep(0.01)
    assert answered(tmp_path).phase == "installing"
    orders.write(tmp_path / orders.ORDER, Order(rev="r2", version="1.2", sources=FROM))
    while answered(tmp_path).rev != "r2":
        time.sleep(0.01)
    root.unlink()
    waits.join(30)
    assert not waits.is_alive()
    assert (answered(tmp_path).rev, answered(tmp_path).code) == ("r2", "no-root")
