"""A local S3 server with an empty bucket, and everything that lies in it."""

from __future__ import annotations

import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from lib.paths import ROOT

SERVER = ROOT / "build/s3server/bin/python"  # made by `make storage`
PATIENCE = 60  # seconds until it answers


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
    while time.monotonic() < end:
        with suppress(OSError):
            urllib.request.urlopen(urllib.request.Request(f"{url}/bucket", method="PUT"))
            break
        time.sleep(0.2)
    yield {"AWS_ENDPOINT_URL": url, "AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": "secret",
           "AWS_REGION": "us-east-1", "SEGMENTS_STORE": "s3://bucket/segments"}
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
