"""The hall's rules, pure: a command and the time in, facts out; nothing here knows a clock, a disk, a network or chance.

Start at :mod:`hub.domain.hall`; every other file holds one subject and opens with its rules.
"""
