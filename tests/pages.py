"""What tests of several views do with a page."""

from streamlit.testing.v1 import AppTest


def visit(app: AppTest, view: str) -> AppTest:
    """Go to a view; no exception is shown there."""
    app = app.switch_page(f"views/{view}.py").run()
    assert not app.exception, app.exception[0].message
    return app


def words(app: AppTest) -> str:
    """All text of the page, without the backslashes of Markdown before points."""
    parts = [*app.markdown, *app.caption, *app.info, *app.error, *app.title]
    return " ".join(str(part.value) for part in parts).replace("\\.", ".")
