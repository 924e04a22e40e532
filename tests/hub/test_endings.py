"""What an ending gives in hand is printed: at the window's own printer, else elsewhere, once, and not after it was taken back."""

import pytest

from hall.messages.common import MemberKind
from hall.plan import MemberPlan, ServicePlan, SituationPlan, StaffPlan
from hall.text import Text

ONWARD = {"office": "二楼贷款科", "room": "203室", "person": "王工", "purpose": "签合同", "confirmed": True}


@pytest.fixture
def hall(make_rig):
    """A hall with rented homes, a printer at window 2 and one dispenser; a clerk at window 2."""
    rent = SituationPlan(name=Text(zh="租房", en="Rent"), again_days=365)
    service = ServicePlan(
        letter="A", name=Text(zh="提取", en="Withdrawal"), target_min=12, situations={"rent": rent}
    )
    members = {
        "dispenser-1": MemberPlan(kind=MemberKind.DISPENSER),
        "printer-2": MemberPlan(kind=MemberKind.DISPENSER, window=2),
    }
    loan = ServicePlan(letter="B", name=Text(zh="贷款", en="Loan"), target_min=40)
    rig = make_rig(
        services={"withdrawal": service, "loan": loan},
        members=members,
        staff=("018", StaffPlan(work_no="014")),
    )
    rig.start_hub()
    rig.clerk = rig.member("console-1")
    rig.clerk.ask("sit", window=2, clerk="018")
    return rig


def finish(hall, **fields):
    taken = hall.clerk.take(situation="rent", via="dispenser", lane="normal")
    assert taken["ok"], taken
    hall.clerk.ask("call_next", window=2)
    answer = hall.clerk.ask("finish", window=2, **fields)
    assert answer["ok"], answer
    return answer["facts"]


def slips(member):
    """Slips that a printer was told to print: (id, what), each once."""
    said = [(c["id"], c["content"]["type"]) for c in member.got("/down/command") if c["type"] == "print_slip"]
    return list(dict.fromkeys(said))


def content(member):
    return next(c for c in member.got("/down/command") if c["type"] == "print_slip")["content"]


def result(hall, member, order, phase="done", code="ok"):
    member.say("up/result", {"id": order, "phase": phase, "code": code})
    hall.settle()


def test_a_missing_papers_slip_goes_to_the_printer_of_the_window(hall):
    dispenser, printer = hall.member("dispenser-1"), hall.member("printer-2")
    _, slip = finish(hall, outcome="material-missing", missing=["租赁合同"])
    assert slips(printer) == [(f"slip-{slip['n']}", "missing-papers")]
    assert slips(dispenser) == []
    printed = content(printer)
    assert (printed["code"], printed["missing"], printed["window"]) == (slip["code"], ["租赁合同"], 2)
    assert (printed["service"], printed["situation"], printed["valid_until"]) == (
        "withdrawal", "rent", slip["valid_until"],
    )  # fmt: skip


def test_where_to_go_on_and_when_to_come_again_are_printed_too(hall):
    printer = hall.member("printer-2")
    (onward,) = finish(hall, outcome="onward", onward=ONWARD)
    assert content(printer)["onward"] == ONWARD
    (done,) = finish(hall, outcome="done")
    assert slips(printer) == [(f"slip-{onward['n']}", "onward"), (f"slip-{done['n']}", "again")]
    again = next(c for c in printer.got("/down/command") if c["content"]["type"] == "again")["content"]
    assert (again["again_days"], again["again_from"]) == (365, done["again_from"])


def test_an_ending_without_a_paper_prints_none(hall):
    printer = hall.member("printer-2")
    finish(hall, outcome="advice")
    assert slips(printer) == []


def test_what_one_printer_cannot_do_the_next_one_does(hall):
    dispenser, printer = hall.member("dispenser-1"), hall.member("printer-2")
    _, slip = finish(hall, outcome="material-missing", missing=["租赁合同"])
    result(hall, printer, f"slip-{slip['n']}", "failed", "paper-out")
    assert slips(dispenser) == [(f"slip-{slip['n']}-2", "missing-papers")]
    result(hall, dispenser, f"slip-{slip['n']}-2")
    hall.run_for(5.0)
    said = len(dispenser.got("/down/command"))
    hall.run_for(5.0)
    assert len(dispenser.got("/down/command")) == said


def test_a_printer_that_is_gone_is_not_waited_for(hall):
    dispenser, _printer = hall.member("dispenser-1"), hall.member("printer-2")
    _, slip = finish(hall, outcome="material-missing", missing=["租赁合同"])
    hall.broker.cut("printer-2")
    hall.settle()
    assert slips(dispenser) == [(f"slip-{slip['n']}-2", "missing-papers")]


def test_when_none_can_the_first_that_is_well_again_prints_it(hall):
    finish(hall, outcome="material-missing", missing=["租赁合同"])
    hall.run_for(30.0)
    dispenser = hall.member("dispenser-1")
    hall.run_for(1.0)
    [(order, _)] = slips(dispenser)
    result(hall, dispenser, order, "failed", "paper-out")
    dispenser.say_state("degraded")
    dispenser.say_state("ready")
    hall.run_for(1.0)
    assert [what for _, what in slips(dispenser)] == ["missing-papers"] * 2


def test_a_hub_that_starts_again_orders_the_same_paper_and_no_old_one(hall):
    printer = hall.member("printer-2")
    _, old = finish(hall, outcome="material-missing", missing=["身份证"])
    result(hall, printer, f"slip-{old['n']}")
    hall.run_for(130.0)
    _, slip = finish(hall, outcome="material-missing", missing=["租赁合同"])
    hall.kill_hub()
    heard = len(printer.got("/down/command"))
    hall.start_hub()
    hall.run_for(2.0)
    assert {c["id"] for c in printer.got("/down/command")[heard:]} == {f"slip-{slip['n']}"}


def test_an_ending_that_was_taken_back_has_no_paper(hall):
    printer = hall.member("printer-2")
    finish(hall, outcome="material-missing", missing=["租赁合同"])
    hall.clerk.ask("undo", window=2)
    heard = len(printer.got("/down/command"))
    hall.run_for(5.0)
    assert len(printer.got("/down/command")) == heard


def test_a_slip_that_was_lost_is_printed_again_at_any_printer_and_says_that_it_is_a_copy(hall):
    dispenser = hall.member("dispenser-1")
    told = finish(hall, outcome="material-missing", missing=["婚姻状况材料"])
    assert slips(dispenser) == [("slip-" + str(told[1]["n"]), "missing-papers")]
    result(hall, dispenser, slips(dispenser)[0][0])
    again = hall.clerk.ask("reprint_slip", ticket=told[0]["ticket"])
    assert again["ok"], again
    ordered = [c for c in dispenser.got("/down/command") if c["type"] == "print_slip"]
    first, second = ordered[0], ordered[-1]
    assert second["content"] == first["content"]
    assert (first.get("copy", 1), second["copy"]) == (1, 2)


def forget_rented_homes(hall):
    """The settings change after the person was served: the situation is gone."""
    change = {"services": {"withdrawal": {"situations": None}}}
    assert hall.clerk.ask("set_plan", base=0, change=change)["ok"]


def test_a_paper_is_printed_again_as_it_was_after_the_settings_forgot_what_it_is_about(hall):
    printer = hall.member("printer-2")
    (done,) = finish(hall, outcome="done")
    forget_rented_homes(hall)
    assert hall.clerk.ask("reprint_slip", ticket=done["ticket"])["ok"]
    assert [what for _, what in slips(printer)] == ["again", "again"]
    again = [c["content"] for c in printer.got("/down/command") if c["type"] == "print_slip"]
    assert again[0] == again[-1]
    assert again[-1]["again_days"] == 365
    assert hall.facts("SlipReprinted")


def test_a_hub_starts_whatever_the_settings_forgot_since_somebody_was_served(hall):
    finish(hall, outcome="done")
    forget_rented_homes(hall)
    hall.kill_hub()
    hall.start_hub()
    assert hall.clerk.ask("leave", window=2)["ok"]


def receipt(hall, **fields):
    answer = hall.clerk.ask("print_receipt", case="2026-1123-003", call_by="2026-11-24", **fields)
    assert answer["ok"], answer
    return answer["facts"][0]


def test_a_receipt_comes_out_at_the_window_where_its_person_stands(hall):
    dispenser, printer = hall.member("dispenser-1"), hall.member("printer-2")
    ordered = receipt(hall, window=2)
    assert slips(printer) == [(f"slip-{ordered['n']}", "receipt")]
    assert slips(dispenser) == []
    assert content(printer) == {"type": "receipt", "case": "2026-1123-003", "call_by": "2026-11-24"}


def test_a_receipt_of_the_desk_comes_out_wherever_there_is_a_printer(hall):
    dispenser = hall.member("dispenser-1")
    ordered = receipt(hall)
    assert slips(dispenser) == [(f"slip-{ordered['n']}", "receipt")]


def test_an_act_that_is_taken_back_takes_nobody_elses_paper_with_it(hall):
    (other,) = finish(hall, outcome="done")
    finish(hall, outcome="done")
    assert hall.clerk.ask("reprint_slip", ticket=other["ticket"])["ok"]
    again = hall.facts("SlipReprinted")[0]["n"]
    assert hall.clerk.ask("undo", window=2)["ok"]
    printer = hall.member("printer-2")
    assert [id_ for id_, _ in slips(printer)] == [f"slip-{other['n']}", f"slip-{again}"]


def test_nor_does_its_own_paper_come_out_that_was_asked_for_again(hall):
    (ended,) = finish(hall, outcome="done")
    receipt(hall)
    assert hall.clerk.ask("reprint_slip", ticket=ended["ticket"])["ok"]
    assert hall.clerk.ask("undo", window=2)["ok"]
    printer = hall.member("printer-2")
    assert [what for _, what in slips(printer)] == ["receipt"]


def test_an_act_that_is_taken_back_takes_no_receipt_with_it(hall):
    finish(hall, outcome="done")
    receipt(hall, window=2)
    assert hall.clerk.ask("undo", window=2)["ok"]
    printer = hall.member("printer-2")
    assert [what for _, what in slips(printer)] == ["receipt"]
