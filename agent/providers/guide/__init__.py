"""The built-in guide: understands the menu's verbs in plain English, calls the same tools through the same loop, is no language model."""

from agent.providers.guide.stream import stream
from agent.providers.guide.titles import is_harmless, suggestions, title

__all__ = ["is_harmless", "stream", "suggestions", "title"]
