"""Cases: what somebody of the hall must follow up by a deadline, from a bad rating to a repaired device's call.

For other rooms: ``actor.cases`` on a page of the staff, ``rooms.cases`` elsewhere. ``await cases.open(intake, by)`` begins a case and
gives its number, the reference that the person gets; `by` is the login of whoever writes it (the public: leave it out). What begins:

* :func:`~hub.console.cases.intake.rated_by_phone`: reason, words and phone number after a bad rating (phone page); joins the case that the
  rating opened, or opens it
* :func:`~hub.console.cases.intake.suggestion`: the public suggestion page
* :func:`~hub.console.cases.intake.fault`: somebody who leaves a number until a device works again (guide desk, window)
* :func:`~hub.console.cases.intake.complaint`: at the counter, by phone, by letter, on a 吐槽找茬 ticket
* :func:`~hub.console.cases.intake.upset`: an upset person at a window: cannot be done, staff, or third party
* :func:`~hub.console.cases.intake.clerk_error`: a clerk's own error, the apology made
* :func:`~hub.console.cases.intake.first_asked`: a question that whoever was asked first could not answer on the spot

All of them raise ``Refused`` with a sentence for the person. ``cases.seen`` is a frozen picture of all cases for any thread,
``cases.calls`` and ``cases.note_call`` are the telephone log.
"""
