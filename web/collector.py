"""Python's garbage collector in a process that serves: a full collection in the middle of a request would hold up every other."""

import gc


def rest() -> None:
    """What is there by now lives as long as the process, and a request leaves no cycles behind: it need not look often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
