"""Panels that run again by themselves are drawn where they belong, after everything else."""

from streamlit.testing.v1 import AppTest


def page() -> None:
    import streamlit as st

    from lib.ui.ticking import forget_panels, start_panels, ticking

    forget_panels()
    drawn = st.session_state["drawn"] = []

    def panel() -> None:
        drawn.append("panel")
        st.text("panel")

    ticking(panel, 60)
    if st.session_state.get("is_left_early"):
        st.session_state["is_left_early"] = False
        st.rerun()
    drawn.append("rest")
    st.text("rest")
    start_panels()


def test_panel_is_drawn_when_the_rest_of_the_page_is_there():
    app = AppTest.from_function(page).run()
    assert app.session_state["drawn"] == ["rest", "panel"]


def test_panel_stands_where_it_was_asked_for():
    app = AppTest.from_function(page).run()
    assert [each.value for each in app.text] == ["panel", "rest"]


def test_panel_of_a_run_that_ended_early_is_not_drawn_in_the_next():
    app = AppTest.from_function(page)
    app.session_state["is_left_early"] = True
    app.run()
    assert app.session_state["drawn"] == ["rest", "panel"]
