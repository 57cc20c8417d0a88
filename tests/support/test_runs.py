"""What a page is owed, told from the messages between it and its server."""

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from tests.support.runs import Runs

WHOLE = ""


def ask(runs: Runs, fragment: str, *, is_tick: bool = False) -> None:
    message = BackMsg()
    message.rerun_script.fragment_id = fragment
    message.rerun_script.is_auto_rerun = is_tick
    runs.note_sent(message)


def begin(runs: Runs, *fragments: str) -> None:
    message = ForwardMsg()
    message.new_session.name = "any"
    message.metadata.run.fragment_ids.extend(fragments)
    runs.note_received(message)


def end(runs: Runs, how: "ForwardMsg.ScriptFinishedStatus.ValueType") -> None:
    runs.note_received(ForwardMsg(script_finished=how))


def test_a_click_is_answered_once_the_run_that_began_after_it_has_ended() -> None:
    runs = Runs()
    ask(runs, WHOLE)
    seen = [runs.are_over]
    begin(runs)
    seen.append(runs.are_over)
    end(runs, ForwardMsg.FINISHED_SUCCESSFULLY)
    assert [*seen, runs.are_over] == [False, False, True]


def test_a_run_that_had_begun_before_the_click_does_not_answer_it() -> None:
    runs = Runs()
    ask(runs, WHOLE)
    begin(runs)
    ask(runs, WHOLE)
    end(runs, ForwardMsg.FINISHED_SUCCESSFULLY)
    assert not runs.are_over


def test_a_run_of_another_fragment_does_not_answer_a_click() -> None:
    runs = Runs()
    ask(runs, "mine")
    begin(runs, "other")
    end(runs, ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY)
    assert not runs.are_over


def test_a_run_that_stopped_early_is_over_with_the_one_that_does_the_rest() -> None:
    runs = Runs()
    ask(runs, WHOLE)
    begin(runs)
    end(runs, ForwardMsg.FINISHED_EARLY_FOR_RERUN)
    begin(runs, "one", "two")
    seen = runs.are_over
    end(runs, ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY)
    assert (seen, runs.are_over) == (False, True)


def test_what_a_timer_asks_for_is_not_waited_for() -> None:
    runs = Runs()
    ask(runs, "ticking", is_tick=True)
    assert runs.are_over
