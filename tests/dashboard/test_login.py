"""Nobody sees anything before the login, where the secrets ask for one."""

import json

import pytest
from made import ROOT, random_bundle
from streamlit.testing.v1 import AppTest

from analysis.loading import save_bundle

AUTH = {"redirect_uri": "http://localhost/oauth2callback", "cookie_secret": "s" * 32}


@pytest.fixture
def app(tmp_path, monkeypatch):
    save_bundle(random_bundle(), tmp_path / "secret-name")
    request = {"paths": [str(tmp_path / "secret-name")]}
    monkeypatch.setenv("DISSENSUS_OPEN", json.dumps(request))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    return AppTest.from_file(str(ROOT / "dashboard" / "app.py"), default_timeout=60)


def buttons(app) -> list[str]:
    return [button.label for button in app.button]


def nothing_is_shown(app) -> bool:
    assert not app.exception, app.exception[0].message
    page = str(app._tree)
    return "bundle" not in app.session_state and "secret-name" not in page and "60 samp" not in page


def test_without_a_provider_nobody_is_asked(app):
    app.run()
    assert "bundle" in app.session_state
    assert "Log out" not in buttons(app)


def test_with_a_provider_nothing_is_shown_before_the_login(app):
    app.secrets["auth"] = AUTH | {"client_id": "x", "client_secret": "y"}
    app.user = {"is_logged_in": False}
    app.run()
    assert nothing_is_shown(app)
    assert buttons(app) == ["Log in"]
    assert nothing_is_shown(app.switch_page("views/samples.py").run())


def test_several_providers_have_a_button_each(app):
    app.secrets["auth"] = AUTH | {"lab": {"client_id": "x"}, "b*d": {"client_id": "y"}}
    app.user = {}
    app.run()
    assert nothing_is_shown(app)
    assert buttons(app) == ["Log in with lab", "Log in with b\\*d"]


def test_who_is_logged_in_is_shown_and_may_leave(app):
    app.secrets["auth"] = AUTH
    app.user = {"is_logged_in": True, "email": "a_b@lab.test"}
    app.run()
    assert not app.exception
    assert "bundle" in app.session_state
    assert "Log out" in buttons(app)
    assert any("a\\_b@\u2060lab\\.test" in caption.value for caption in app.caption)


def test_secrets_that_cannot_be_read_show_nothing(app, tmp_path, monkeypatch):
    broken = tmp_path / "secrets.toml"
    broken.write_text("[auth\n", "utf-8")
    monkeypatch.setattr("streamlit.get_option", lambda name: [str(broken)])
    app.run()
    assert nothing_is_shown(app)
    assert "cannot be read" in app.error[0].value
    assert buttons(app) == []
