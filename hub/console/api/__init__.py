"""The hall for other programs: ``/api/v1`` with keys, scopes and limits, and ``/metrics``."""
