"""`make soak` runs the tests of this folder, and `make test` does not: they take long."""

import os

collect_ignore = [] if "SOAK_MINUTES" in os.environ else ["test_soak.py"]
