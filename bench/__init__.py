"""``make bench``: how fast the hall is, beside a floor measured in the same run. ``python -m bench --help``.

A timing by itself says little on a shared machine. So every figure stands beside its floor: a bare paho member asking a bare
paho member that commits one SQLite row before it answers, over the same kind of broker, a moment before and after.
"""
