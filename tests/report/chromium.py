"""How the tests of the pages start a browser, and the local server that it reads from."""

import http.server

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
QUIET = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
         "--disable-sync", "--no-first-run", "--disable-default-apps", "--disable-dev-shm-usage", "--mute-audio")


class Counting(http.server.SimpleHTTPRequestHandler):
    """Serves a folder and remembers every path that was asked for."""

    asked: list[str] = []

    def log_message(self, *args):
        self.asked.append(getattr(self, "path", "no HTTP request"))
