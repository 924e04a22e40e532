"""What is said in the hall is understood: by a small recogniser that was made for other things, so by people the more."""

import pytest

#: whisper base, the better voice, 28 November 2026, docs/voice.md: as whole sentences 39, 35 and 31; from parts 39, 32 and the rest there
LEAST = {"whole": (37, 32, 28), "parts": (37, 29, 24)}


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("manner", LEAST)
def test_of_forty_calls_nearly_every_window_and_most_numbers_are_understood(listen, calls, manner):
    window, figures, among = LEAST[manner]
    understood = listen(calls / manner)
    assert understood.window >= window
    assert understood.figures >= figures
    assert understood.among >= among
