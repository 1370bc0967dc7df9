"""The dashboard with plotly.js served from this machine: ``streamlit run dashboard/server.py``.

The maps draw with plotly.js themselves, so the page has to load it, also offline. It comes from
the installed plotly package. ``app.py`` also runs alone; its maps then are plain charts.
"""

import importlib
import os
import threading
from pathlib import Path

import plotly
import streamlit as st
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.responses import Response
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles
from starlette.types import Scope
from streamlit import net_util

from dashboard import downloads, libraries
from dashboard.broken import told
from dashboard.headers import Headers
from dashboard.intake import Intake

FILE = "plotly.min.js"
BASE = st.get_option("server.baseUrlPath").strip("/")
FOLDER = f"/{BASE}/vendor" if BASE else "/vendor"


class Vendor(StaticFiles):
    """The one file of plotly's package data that the page needs, to be kept by the browser."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Answer with the file, 304 when the browser has it, 404 for anything else."""
        if path != FILE:
            raise HTTPException(404)
        response = await super().get_response(path, scope)
        # The address carries plotly's version, so a new version is a new address.
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return response


package_data = Path(plotly.__file__).parent / "package_data"
# Read by dashboard.component.vendor_available; an environment variable outlives hot reloads.
os.environ["DISSENSUS_PLOTLY_JS"] = f"{FOLDER}/{FILE}?v={plotly.__version__}"


downloads.mend()


def begin() -> None:
    """What a fresh server does while the browser still opens: it loads torch and pandas."""
    libraries.load()
    importlib.import_module("dashboard.keeping").clean()


threading.Thread(target=begin, daemon=True).start()
# Streamlit asks hosts on the internet for its own address when a page of another host knocks.
net_util.get_internal_ip = net_util.get_external_ip = lambda: None
app = st.App(
    Path(__file__).with_name("app.py"),
    routes=[Mount(FOLDER, app=Vendor(directory=package_data))],
    middleware=[Middleware(Headers), Middleware(Intake)],
    on_script_error=told,
)
