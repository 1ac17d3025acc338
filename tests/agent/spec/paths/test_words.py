"""A name is a literal where the API speaks in its words, and rather a value where it does not."""

import pytest

from agent.spec.paths.words import speech_of, spoken

KEYS = ("vehicleId", "stop_name", "arrivals", "location", "tripDetails")
LITERALS = ("vehicles", "trip-details", "stops")
VALUES = ("green-harbor", "silent-orbit", "red_fox")


def test_names_of_the_words_of_bodies_are_literals() -> None:
    """`vehicles-for-stop` is said with the keys of the bodies, `quiet-harbor` is not."""
    speech = speech_of(KEYS, (), LITERALS, VALUES)
    assert speech.weigh("vehicle-stops") < -1 < 0 < speech.weigh("quiet-harbor")


def test_one_word_says_less_than_two() -> None:
    """A word alone may be either."""
    speech = speech_of(KEYS, (), LITERALS, VALUES)
    assert speech.weigh("vehicle-stops") < speech.weigh("stops") < 0 < speech.weigh("harbor") < speech.weigh("quiet-harbor")


def test_a_theme_of_siblings_is_no_evidence() -> None:
    """Words that siblings share do not count."""
    speech = speech_of(KEYS, (), LITERALS, VALUES)
    assert speech.weigh("job_metrics", {"job", "metric"}) == 0.0 < speech.weigh("job_metrics")


def test_an_api_whose_values_are_its_words_says_nothing() -> None:
    """Where values are named as the keys are, words tell nobody apart."""
    assert speech_of(KEYS, (), LITERALS, ["stop-name", "trip-details", "vehicle-stop"] * 50).weigh("vehicle-stop") > -0.5


def test_without_any_body_words_say_little() -> None:
    """No keys, no literals, no values: less than what one clear reason says."""
    assert abs(speech_of((), (), (), ()).weigh("green-harbor")) < 1.2


def test_words_are_compared_in_the_singular() -> None:
    """`tripDetails`, `trip-detail` and `trip_details` are the same words."""
    assert spoken("tripDetails") == spoken("trip-detail") == spoken("trip_details")


def test_a_joined_name_does_not_speak_for_itself() -> None:
    """That one name is called over and over makes its words no words of the API; that another has them does."""
    alone, other = (speech_of(KEYS, [name], LITERALS, VALUES).weigh("green-lagoon") for name in ("green-lagoon", "lagoon-list"))
    assert other + 1 < alone == pytest.approx(speech_of(KEYS, (), LITERALS, VALUES).weigh("green-lagoon"), abs=0.2)
