"""What every test shares. Markers, warnings and timeouts are set in pyproject.toml."""

import os

from hypothesis import HealthCheck, settings

#: whole halls for stories, in this process and as processes
pytest_plugins = ["sim.fixtures"]

# Machines are shared and noisy: a slow example is not a wrong one.
settings.register_profile("here", deadline=None, suppress_health_check=[HealthCheck.too_slow])
# A build must fail for its commit, not for its luck.
settings.register_profile("build", settings.get_profile("here"), derandomize=True, print_blob=True)
settings.load_profile("build" if os.environ.get("CI") else "here")
