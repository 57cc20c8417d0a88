"""A question stays open until it is answered, whatever else runs the page again."""

from streamlit.testing.v1 import AppTest


def page() -> None:
    import streamlit as st

    from lib.ui.confirmation import answered, ask, is_asking

    st.button("Delete", key="delete", on_click=ask, args=("deleting",))
    st.button("Something else", key="other")
    if is_asking("deleting"):
        st.button("Keep", key="keep", on_click=answered)
    if is_asking("resetting"):
        st.button("Keep", key="keep_other")


def opened() -> AppTest:
    return AppTest.from_function(page).run()


def keys(at: AppTest) -> list[str | None]:
    assert not at.exception
    return [each.key for each in at.button]


def test_nothing_is_asked_at_first() -> None:
    assert keys(opened()) == ["delete", "other"]


def test_question_stays_while_the_page_runs_again_and_is_the_only_one() -> None:
    at = opened()
    at.button(key="delete").click().run()
    at.button(key="other").click().run()
    assert keys(at.run()) == ["delete", "other", "keep"]


def test_answer_closes_the_question() -> None:
    at = opened()
    at.button(key="delete").click().run()
    at.button(key="keep").click().run()
    assert keys(at) == ["delete", "other"]
