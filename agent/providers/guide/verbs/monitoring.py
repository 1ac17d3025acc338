"""The verbs of time: watch an API, replay, tell what changed."""

from agent.providers.guide.verbs.verb import Verb

MONITORING: tuple[Verb, ...] = (
    Verb(
        "monitor_set",
        ("^monitor $it !call", "monitor $freq", "^show $freq", "^wait change $freq"),
        {"frequency": "frequency", "endpoint": "endpoint"},
        ("endpoint", "frequency"),
        "write",
        commands=("monitor",),
        example="monitor it weekly",
        does="Watch an API for changes",
    ),
    Verb(
        "replay_run",
        ("^replay", "^run replay"),
        {"endpoint": "endpoint"},
        ("endpoint",),
        "write",
        commands=("replay",),
        example="replay it now",
        does="Replay the recorded calls",
    ),
    Verb(
        "change_list",
        ("change show|list", "change .", "change $time", "change question endpoint", "release question change"),
        {"since": "since", "endpoint": "endpoint?"},
        commands=("changes",),
        example="what changed since Monday?",
        does="See what changed",
    ),
)
