"""What is a secret is told by names and shapes; ids and ordinary words are none."""

import pytest

from agent.spec.secrets.finding import find_secrets, is_secret_name, looks_random


@pytest.mark.parametrize(
    ("name", "expected"),
    [("X-API-Key", True), ("accessToken", True), ("client_secret", True), ("user[password]", True), ("JSESSIONID", True), ("refresh_tokens", True)]
    + [
        (name, False)
        for name in ("token_type", "nextPageToken", "max_tokens", "key", "author", "passenger", "monkey", "chat_session_id", "password_hint", "secretary", "")
    ],
)
def test_which_names_are_secret(name: str, expected: bool) -> None:
    """Words count, not letters within words."""
    assert is_secret_name(name) is expected


def test_secrets_in_a_text_are_found_in_order_and_apart() -> None:
    """A key and a password in an address, each where it stands."""
    key = "ghp_" + "16C7e42F292c6912E7710c838347Ae178B4a"
    text = f"use {key} at https://anna:hunter2hunter2@example.com/"
    found = find_secrets(text)
    assert [text[secret.start : secret.end] for secret in found] == [key, "hunter2hunter2"]


@pytest.mark.parametrize(("text", "expected"), [("q7Xk29LmPz84RtVb", True), ("123e4567-e89b-42d3-a456-426614174000", False), ("internationalisation", False)])
def test_what_is_drawn_by_chance(text: str, expected: bool) -> None:
    """Letters and digits in disorder, which ids of known forms and words are not."""
    assert looks_random(text) is expected
