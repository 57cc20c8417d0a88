"""What a person does on the connection page with an account of their own."""

from streamlit.testing.v1 import AppTest

from tests.support.steps import click


def use_own_account(at: AppTest, given: dict[str, str]) -> AppTest:
    """Enter an account on the connection page, and use it."""
    for name, value in given.items():
        at.text_input(key=f"own_{name.lower()}").input(value)
    return click(at, "use_account")
