"""What a field holds whose key others rely on, when the app writes into it too."""

from streamlit.testing.v1 import AppTest


def show_field() -> None:
    import streamlit as st

    from lib.ui.fields import brings_back, write
    from lib.ui.parts import begin_page

    page = begin_page(revision=0)

    def take() -> None:
        if not brings_back("field"):
            st.session_state.setdefault("taken", []).append(st.session_state["field"])

    st.text_input("Field", key="field", on_change=take)
    st.button("Write", key="write", on_click=lambda: write("field", "written"))
    st.button("Tick", key="tick", on_click=lambda: page.note_tick(is_own=True))


def written() -> AppTest:
    """Somebody wrote "typed" into the field, and then the app something else."""
    at = AppTest.from_function(show_field).run()
    at.text_input("field").set_value("typed").run()
    return at.button("write").click().run()


def test_what_the_app_overwrote_is_not_taken_until_the_browser_has_what_it_wrote() -> None:
    at = written()

    at.text_input("field").set_value("typed").run()

    assert at.text_input("field").value == "written"
    assert at.session_state["taken"] == ["typed"]


def test_all_that_the_app_overwrote_meanwhile_is_not_taken() -> None:
    at = written()
    at.button("write").click().run()

    at.text_input("field").set_value("typed").run()

    assert at.text_input("field").value == "written"


def test_anything_else_is_taken_at_once() -> None:
    at = written()

    at.text_input("field").set_value("typed since").run()

    assert at.text_input("field").value == "typed since"
    assert at.session_state["taken"] == ["typed", "typed since"]


def test_what_was_there_before_is_taken_once_the_browser_has_what_the_app_wrote() -> None:
    at = written()
    at.button("tick").click().run()

    at.text_input("field").set_value("typed").run()

    assert at.text_input("field").value == "typed"
    assert at.session_state["taken"] == ["typed", "typed"]
