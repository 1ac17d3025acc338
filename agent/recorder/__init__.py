"""Keeping what was heard: an exchange is appended to a spool file, which acknowledges it, and copied from there into `api_calls`.

The append is one write to the operating system, so an acknowledged call survives a `kill -9` of this process; it is not forced to
the disk, so a power cut may lose what was not yet in the database (about the last tenth of a second). The proxy sends the end of
an answer only after the append: whoever has a whole answer can count on its capture. The spool is the queue: nothing is held
in memory, a database that is away costs disk space only, and what a dead process left is taken over by the next one. A call's id is
made before the append and is part of the primary key, so nothing is stored twice.
"""

from agent.recorder.at_once import Recording, store_heard
from agent.recorder.dictionaries import expand, meet
from agent.recorder.heard import Body, Heard, RawHeaders, Source, body_of
from agent.recorder.recording import Recorder
from agent.recorder.rows import Row, context_of, pack, row_of
from agent.recorder.rules import TARGET, PathFilter, Policy, Rules, Secrets
from agent.recorder.store import store

__all__ = [
    "TARGET",
    "Body",
    "Heard",
    "PathFilter",
    "Policy",
    "RawHeaders",
    "Recorder",
    "Recording",
    "Row",
    "Rules",
    "Secrets",
    "Source",
    "body_of",
    "context_of",
    "expand",
    "meet",
    "pack",
    "row_of",
    "store",
    "store_heard",
]
