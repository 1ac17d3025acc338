"""What a value says about itself."""

import json

from agent.spec.infer import conclude
from agent.spec.model import Exchange
from agent.spec.observe import observe_all

_JSON = (("content-type", "application/json"),)


def test_versioned_verbs_are_no_values() -> None:
    """Calls that are only sent to look alike (`copy_v2`, `move_v2`) and are answered alike, and each is an operation."""
    verbs = ("copy_v2", "move_v2", "delete_v2", "create_folder_v2", "search")
    calls = [
        Exchange(
            f"{verb} {turn}",
            "POST",
            f"https://api.example/api/files/{verb}",
            200,
            _JSON,
            json.dumps({f"{verb}_from": "x", f"{verb}_options": turn}).encode(),
            _JSON,
            json.dumps({"name": "x", "size": turn, "revision": "y", "is_locked": False}).encode(),
        )
        for verb in verbs
        for turn in range(3)
    ]
    assert {operation.template for operation in conclude(observe_all(calls)).operations} == {f"/api/files/{verb}" for verb in verbs}
