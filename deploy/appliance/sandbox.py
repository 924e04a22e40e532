"""What every unit of a hall that has no other need may ask the kernel for."""

from __future__ import annotations

#: a service's usual calls, without those that only a system's own programs need
CALLS = """\
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources @mount @debug @cpu-emulation @obsolete @raw-io @reboot @swap @module @clock
SystemCallErrorNumber=EPERM
"""
