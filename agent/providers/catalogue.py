"""The wires: which adapter speaks which protocol."""

from agent.providers import guide
from agent.providers.base import Stream, Wire

WIRES: dict[Wire, Stream] = {"builtin": guide.stream}
