"""Opening the app: a free port, the settings of Streamlit, the environment of the process."""

import argparse
import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

from dashboard import limits, workspace_command

DEFAULT_PORT = 8501
ALLOWED_HOSTS = "STREAMLIT_SERVER_ALLOWED_HOSTS"
AWAY = 120  # seconds that a session without a connection is kept, to come back to


def open_app(request: dict, options: argparse.Namespace) -> int:
    """Serve the app until it is stopped.

    Args:
        request: what it opens; {} or no paths: nothing.
        options: host, port, browser and workspace.

    Returns:
        What the app's process ended with.
    """
    environment = workspace_command.environment(options) | limits.environment(options)
    port = options.port or _free_port(options.host)
    here = Path(__file__).resolve().parent
    settings = {
        "server.port": port,
        "server.address": options.host,
        "server.enableCORS": "true",
        "server.enableXsrfProtection": "true",
        "server.enableStaticServing": "false",
        "server.headless": str(options.no_browser or not _has_display()).lower(),
        "server.maxUploadSize": -(-limits.of_upload(environment) // 2**20),
        "server.disconnectedSessionTTL": AWAY,
        "server.fileWatcherType": "none",
        "browser.gatherUsageStats": "false",
        "client.toolbarMode": "minimal",
        "logger.level": "warning",
        "logger.hideWelcomeMessage": "true",  # it asks a host on the internet for our address
    } | _theme_settings()
    flags = [f"--{name}={value}" for name, value in settings.items()]
    flags += [f"--server.allowedHosts={name}" for name in _allowed_hosts(options.host)]
    print(f"Dissensus is at http://{options.host}:{port}  (stop with Ctrl-C)", file=sys.stderr)
    environment["DISSENSUS_OPEN"] = json.dumps(request if request.get("paths") else {})
    environment.pop("DISSENSUS_SESSION", None)
    if options.session is not None:
        environment["DISSENSUS_SESSION"] = str(options.session.resolve())
    command = [sys.executable, "-m", "streamlit", "run", str(here / "server.py"), *flags]
    before = signal.signal(signal.SIGTERM, _interrupt)
    try:
        return subprocess.run(command, env=environment, check=False).returncode
    except KeyboardInterrupt:  # run() has ended the app's process by then
        return 0
    finally:
        signal.signal(signal.SIGTERM, before)


def _interrupt(*_) -> None:
    """To be told to end is as Ctrl-C: the app's own process must not live on alone."""
    raise KeyboardInterrupt


def _free_port(host: str) -> int:
    for port in range(DEFAULT_PORT, DEFAULT_PORT + 100):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError:
                continue
            return port
    return DEFAULT_PORT


def _allowed_hosts(host: str) -> set[str]:
    """By which names a browser may call; none: by any.

    What only this machine reaches has known names, and a page that gives its own name this
    machine's address (DNS rebinding) is kept out. A proxy in front has a name of its own.
    """
    if not workspace_command.loopback(host) or ALLOWED_HOSTS in os.environ:
        return set()
    return {"localhost", "127.0.0.1", host.strip("[]")}


def _has_display() -> bool:
    return sys.platform in ("win32", "darwin") or bool(
        os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    )


def _theme_settings() -> dict[str, str]:
    """The theme as flags, so that it holds from any folder."""
    from dashboard.theme import STREAMLIT_THEME

    return {f"theme.{name}": value for name, value in STREAMLIT_THEME.items()}
