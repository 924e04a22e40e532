"""What is said in the hall is understood: by a small recogniser that was made for other things, so by people the more."""

import pytest

#: whisper base and the better voice, 28 November 2026: 39, 35, 31 as whole sentences; from parts 39, 32, 28
LEAST = {"whole": (37, 32, 28), "parts": (37, 29, 24)}


@pytest.mark.timeout(3600)
@pytest.mark.lengthy("a recogniser listens to forty calls")
@pytest.mark.parametrize("manner", LEAST)
def test_of_forty_calls_nearly_every_window_and_most_numbers_are_understood(listen, calls, manner):
    window, figures, among = LEAST[manner]
    understood = listen(calls / manner)
    assert understood.window >= window
    assert understood.figures >= figures
    assert understood.among >= among
