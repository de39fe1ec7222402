"""A picture of a page, by Chromium without a window."""

import os
import pathlib
import shutil
import subprocess
import tempfile

_PROGRAMS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")


def program() -> str | None:
    return next(filter(None, map(shutil.which, _PROGRAMS)), None)


def photograph(page: pathlib.Path, picture: pathlib.Path, width: int, height: int) -> None:
    """RuntimeError where the browser makes none."""
    with tempfile.TemporaryDirectory(prefix="holdfast-browser-") as home:
        # The sandbox does not work for root, and the page is our own.
        sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
        done = subprocess.run(
            [program(), "--headless", *sandbox, "--disable-gpu", "--hide-scrollbars", f"--user-data-dir={home}",
             f"--window-size={width},{height}", f"--screenshot={picture.resolve()}", page.resolve().as_uri()],
            capture_output=True, text=True, timeout=180, check=False)
    if done.returncode != 0 or not picture.exists():
        raise RuntimeError(f"{program()} made no picture: {done.stderr.strip()[-500:]}")
