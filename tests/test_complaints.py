"""What the users of products like this one complain about most, and the tests that keep each from being said of Wiretalk."""

import ast
from pathlib import Path
from typing import NamedTuple

import pytest

TESTS = Path(__file__).parent


class Complaint(NamedTuple):
    said: str
    kept_from: tuple[str, ...]
    """`file::test` below `tests`, without the `test_` of either."""


COMPLAINTS = (
    Complaint(
        "An answer is lost or cut by a reload, another tab or a lost network.",
        (
            "browser/conversation::a_reload_in_the_middle_repeats_and_misses_nothing",
            "browser/conversation::a_lost_network_comes_back",
            "browser/chaos::every_tab_ends_with_what_was_said",
            "journeys/crash::kill_9_while_answering_and_capturing",
            "journeys/readers::no_reader_misses_or_repeats_an_event",
        ),
    ),
    Complaint(
        "Tools run unasked.",
        (
            "journeys/injection::obeying_changes_nothing",
            "journeys/injection::the_corpus_knows_every_tool_with_an_effect",
            "browser/conversation::an_approval_is_asked_and_obeyed",
        ),
    ),
    Complaint("There is no second factor without a cloud.", ("web/pages/security::a_second_factor_from_set_up_to_sign_in",)),
    Complaint("The environment is ignored after the first start.", ("agent/config::the_environment_holds_and_says_so",)),
    Complaint(
        "Programs have to sign in again all the time, or lose their sign-in silently.",
        ("web/oauth::the_official_client_signs_in_by_itself", "web/oauth::codes_and_refresh_tokens_are_good_once"),
    ),
    Complaint("Long chats freeze.", ("browser/tree::a_long_chat_opens_at_once_and_scrolls_smoothly", "browser/quality::a_long_answer_leaves_the_page_at_rest")),
    Complaint("The page scrolls by itself.", ("browser/conversation::the_view_follows_only_at_the_end",)),
    Complaint("A flood of tools.", ("web/mcp/apis::the_core_menu_has_twelve_tools_that_every_vendor_takes",)),
    Complaint("The model does not see what a tool said.", ("journeys/mcp::errors_say_what_to_do", "agent/runs/context::a_long_result_can_be_read_further")),
    Complaint(
        "Budgets leak, and keys get into logs.",
        (
            "agent/billing/ledger::parallel_holds_never_exceed_the_balance",
            "agent/keys::a_limit_holds_under_two_hundred_runs",
            "agent/keys::no_trace_of_a_key",
            "journeys/planted_secrets::no_planted_secret_is_found_again",
        ),
    ),
    Complaint(
        "Work is kept in somebody's cloud, and lost by an update.",
        ("web/pages/library::ones_data_leaves_comes_and_goes", "db/migrate::a_migration_that_fails_leaves_nothing"),
    ),
    Complaint("Five containers to try it.", ("browser/first_minute::from_the_link_to_the_document", "db/embedded::two_processes_share_one_directory")),
    Complaint(
        "A lost encryption key kills the credentials unnoticed; a stranger becomes the administrator.",
        ("agent/rotation::a_lost_key_is_noticed", "browser/first_minute::the_link_works_once", "agent/accounts/setup::the_link_makes_one_administrator"),
    ),
    Complaint(
        "A shared link cannot be taken back.", ("agent/conversation/shares::the_link_shows_exactly_the_preview", "agent/conversation/shares::a_link_ends")
    ),
    Complaint(
        "What changes from call to call is reported as a change.",
        ("agent/spec/steady::more_of_the_same_changes_nothing_but_evidence", "agent/spec/comparing/diff::a_spec_does_not_differ_from_itself"),
    ),
)


@pytest.mark.parametrize("complaint", COMPLAINTS, ids=lambda complaint: complaint.said)
def test_each_complaint_has_its_tests(complaint: Complaint) -> None:
    """The tests named are there: who renames or deletes one is told what it was for."""
    for named in complaint.kept_from:
        path, _, test = named.partition("::")
        file = (TESTS / path).with_name(f"test_{Path(path).name}.py")
        there = {node.name for node in ast.parse(file.read_text(encoding="utf8")).body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
        assert f"test_{test}" in there, f"{file.relative_to(TESTS)} has no test_{test}"
