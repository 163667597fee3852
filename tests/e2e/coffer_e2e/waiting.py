# SPDX-License-Identifier: Apache-2.0
"""Waiting for what a cluster is about to do. Every wait is bounded and says what it waited for."""

import time

PATIENCE_S = 90


class TooLate(AssertionError):
    """Something expected did not happen within its bound."""


def wait_for(what, probe, timeout_s=PATIENCE_S, interval_s=0.1):
    """Calls `probe` until it returns something true, and returns that.

    Exceptions of `probe` (a server not yet listening, an object not yet made) count as "not yet";
    the last one is named when the time is over. `what` may be a function, for a late description.
    """
    end = time.monotonic() + timeout_s
    last = None
    while True:
        try:
            found = probe()
            if found:
                return found
        except (OSError, LookupError) as error:
            last = error
        if time.monotonic() > end:
            text = what() if callable(what) else what
            raise TooLate(f"not within {timeout_s} s: {text}" + (f" ({last!r})" if last else ""))
        time.sleep(interval_s)
