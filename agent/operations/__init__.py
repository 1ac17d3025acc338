"""Operations of captured APIs, callable: searched, described, and sent through egress to the endpoint's own destination, nowhere else.

The request is built from the stored spec and checked against it. Credentials are put in last and are never shown: those that the
owner stored with the endpoint, else those of the owner's own newest successful capture. Every call is a capture with the source `agent`.
"""

from agent.operations.credentials import credential_names, set_credentials
from agent.operations.finding import Found, Target, describe, search, typed
from agent.operations.sending import MOST_SHOWN, Called, call, target

__all__ = ["MOST_SHOWN", "Called", "Found", "Target", "call", "credential_names", "describe", "search", "set_credentials", "target", "typed"]
