"""Where the real programs are: kube-apiserver, etcd, kopia and the rest."""

import os
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
NEEDED = ("etcd", "kube-apiserver", "kube-controller-manager", "kubectl", "kopia", "kopia-testclock",
          "versitygw")


class Unavailable(Exception):
    """The components are neither there nor can they be built; the text says why."""


def find() -> pathlib.Path:
    """The folder of the components: HOLDFAST_COMPONENTS, or else what tools/components/build makes."""
    named = os.environ.get("HOLDFAST_COMPONENTS")
    folder = pathlib.Path(named) if named else _build()
    missing = [name for name in NEEDED if not os.access(folder / name, os.X_OK)]
    if missing:
        raise Unavailable(f"{folder} lacks {', '.join(missing)}")
    return folder


def _build() -> pathlib.Path:
    done = subprocess.run([ROOT / "tools/components/build"], stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        raise Unavailable("tools/components/build failed (its messages are above)")
    return pathlib.Path(done.stdout.strip())
