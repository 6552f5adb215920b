"""The tests of the API that must have the server in their own process, or nobody before it: each with the reason."""

_GENERATES = "the server generates at a service of the test's"
_LISTENS = "looks who listens in the process"
_LOGS = "reads the log of the process"
_PATCHES = "puts something in place of a part of the process"
_AHEAD = "does not read what nginx has read already"
_NGINX = "sends what nginx refuses before a server sees it"

_FAN_OUT = "tests/api/test_fan_out.py::"
_IMAGES = "tests/api/media/test_generated_images.py::"
_READING = "tests/api/notifications/test_reading.py::"

INSIDE: dict[str, str] = {
    f"{_IMAGES}test_an_image_is_generated_and_kept": _GENERATES,
    f"{_IMAGES}test_it_becomes_the_image_of_the_persona_and_the_one_before_goes": _GENERATES,
    f"{_IMAGES}test_where_no_image_comes_a_drawing_does": _GENERATES,
    f"{_IMAGES}test_one_is_generated_at_a_time_for_a_person_and_others_do_not_wait": _GENERATES,
    f"{_IMAGES}test_who_died_holding_the_turn_gives_it_back_by_the_clock": _GENERATES,
    f"{_IMAGES}test_a_persona_that_is_deleted_meanwhile_leaves_nothing": _GENERATES,
    f"{_IMAGES}test_what_cannot_be_generated_is_refused_before_anybody_is_asked": _GENERATES,
    f"{_IMAGES}test_an_image_that_no_persona_has_is_kept_for_a_day": _GENERATES,
    f"{_IMAGES}test_without_a_store_it_is_told_so_and_can_be_tried_again": _PATCHES,
    "tests/api/media/test_streams.py::test_a_ticket_is_not_in_the_log": _LOGS,
    "tests/api/media/test_streams.py::test_a_ticket_that_is_not_ours_opens_nothing": _NGINX,
    "tests/api/media/test_uploading.py::test_what_is_replaced_while_it_is_looked_at_is_not_taken": _PATCHES,
    f"{_READING}test_notifications_come_live_to_their_person_alone": _LISTENS,
    f"{_READING}test_what_was_told_while_the_line_was_lost_is_heard_once": _LISTENS,
    f"{_READING}test_nothing_is_heard_twice_however_much_was_told_before_the_line_was_lost": _PATCHES,
    f"{_FAN_OUT}test_what_many_hear_is_read_and_executed_once": _LISTENS,
    f"{_FAN_OUT}test_an_email_is_told_to_none_but_those_who_may_see_it": _LISTENS,
    f"{_FAN_OUT}test_what_is_about_the_viewer_is_everybodys_own": _LISTENS,
    f"{_FAN_OUT}test_who_asks_the_same_in_other_words_is_answered_in_them": _LISTENS,
    "tests/api/test_gathered_progress.py::test_everybody_of_a_group_is_heard_of": _LISTENS,
    "tests/api/test_hostile_tokens.py::test_hostile_tokens_are_refused_at_every_door": _NGINX,
    "tests/api/test_hostile_tokens.py::test_an_authorization_header_written_oddly_is_refused": _NGINX,
    "tests/api/test_media.py::test_no_key_climbs_out_of_the_store": _NGINX,
    "tests/api/test_media.py::test_a_slow_reader_is_waited_for_and_one_that_leaves_is_let_go": _PATCHES,
    "tests/api/test_sessions.py::test_a_hash_is_computed_for_an_unknown_person_too": _PATCHES,
    "tests/api/test_slow_readers.py::test_a_socket_that_is_not_read_is_hung_up_on_and_may_come_again": _AHEAD,
    "tests/api/test_sockets.py::test_a_socket_has_at_most_fifty_operations_at_once": _LISTENS,
    "tests/api/test_sockets.py::test_what_was_said_to_connect_is_not_kept": _LISTENS,
    "tests/api/test_sockets_to_the_letter.py::test_a_handshake_without_its_key_is_none": _NGINX,
    "tests/api/test_statements.py::test_an_operation_runs_exactly_the_statements_that_were_reviewed": _PATCHES,
    "tests/api/test_subscriptions.py::test_a_subscription_that_is_completed_leaves_nothing_behind": _LISTENS,
    "tests/api/test_subscriptions.py::test_a_manager_hears_first_views_of_the_own_company": _LISTENS,
    "tests/api/test_tmdb.py::test_without_a_key_nothing_is_asked": _PATCHES,
    "tests/api/test_users.py::test_a_view_log_subscription_ends_with_the_rights_and_progress_goes_on": _LISTENS,
}
