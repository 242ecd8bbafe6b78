"""A local S3 server with an empty bucket, everything that lies in it, and faults on the way there."""

from __future__ import annotations

import http.client
import socket
import subprocess
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import psutil

from lib.paths import ROOT

SERVER = ROOT / "build/s3server/bin/python"  # made by `make storage`
PATIENCE = 60  # seconds until it answers
Fault = Callable[[str, bytes, psutil.Process], int]  # method and path, content, who asks


@contextmanager
def served(log: Path) -> Iterator[dict[str, str]]:
    """The environment that leads to the bucket, while the server runs."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    with log.open("wb") as out:
        server = subprocess.Popen([SERVER, "-m", "moto.server", "-p", str(port)], stdout=out, stderr=out)
    end = time.monotonic() + PATIENCE
    try:
        while time.monotonic() < end:
            with suppress(OSError):
                urllib.request.urlopen(urllib.request.Request(f"{url}/bucket", method="PUT"))
                break
            time.sleep(0.2)
        yield {"AWS_ENDPOINT_URL": url, "AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": "secret",
               "AWS_REGION": "us-east-1", "SEGMENTS_STORE": "s3://bucket/segments"}
    finally:
        server.terminate()
        server.wait()


def downloaded(storage: dict[str, str], folder: Path) -> list[Path]:
    """Every object of the bucket as a file below ``folder``: asked of the server itself, not of the sets in it."""
    import obstore
    from obstore.store import S3Store

    store = S3Store("bucket", endpoint=storage["AWS_ENDPOINT_URL"], access_key_id=storage["AWS_ACCESS_KEY_ID"],
                    secret_access_key=storage["AWS_SECRET_ACCESS_KEY"], region=storage["AWS_REGION"],
                    client_options={"allow_http": True})
    for meta in [m for chunk in obstore.list(store) for m in chunk]:
        path = folder / meta["path"]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(bytes(obstore.get(store, meta["path"]).bytes()))
    return sorted(p for p in folder.rglob("*") if p.is_file())


@contextmanager
def struck(storage: dict[str, str], fault: Fault) -> Iterator[dict[str, str]]:
    """The environment that leads to the same bucket by way of a server that can do harm.

    ``fault`` is told of each request before it is passed on; what it returns is answered instead, if it is a status.
    """
    server = _Server(("127.0.0.1", 0), _Between)
    server.to, server.fault, server.one_by_one = urlsplit(storage["AWS_ENDPOINT_URL"]).netloc, fault, threading.Lock()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield storage | {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{server.server_port}"}
    finally:
        server.shutdown()
        server.server_close()


class _Server(ThreadingHTTPServer):
    def handle_error(self, *_) -> None:
        """Who asked was killed."""


class _Between(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def _pass_on(self) -> None:
        content = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        with self.server.one_by_one:
            status = self.server.fault(f"{self.command} {self.path}", content, self._asking())
        if status:
            self._answer(status, [], b"")
            return
        way = http.client.HTTPConnection(self.server.to)
        way.request(self.command, self.path, content, dict(self.headers))
        got = way.getresponse()
        self._answer(got.status, got.getheaders(), got.read())
        way.close()

    def _asking(self) -> psutil.Process:
        [pid] = {c.pid for c in psutil.net_connections("tcp") if c.laddr.port == self.client_address[1] and c.pid}
        return psutil.Process(pid)

    def _answer(self, status: int, headers: list[tuple[str, str]], content: bytes) -> None:
        self.send_response_only(status)
        for name, value in headers:
            if name.lower() not in ("content-length", "transfer-encoding", "connection"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_) -> None:
        """Nobody reads it."""

    do_GET = do_PUT = do_POST = do_DELETE = _pass_on
