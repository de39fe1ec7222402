"""The real cert-manager, run against the control plane: what issues certificates, and cainjector, which publishes them.

Its own webhook, which looks at what users write, is not there.
"""

import contextlib
import pathlib

from . import crds
from .control_plane import ControlPlane
from .objects import Kind, Objects
from .processes import Child, plain_environment, wait_until

CERTIFICATE = Kind("cert-manager.io", "v1", "Certificate", "certificates")
ISSUER = Kind("cert-manager.io", "v1", "Issuer", "issuers")
_PATIENCE_S = 120
_DEFINED = ("certificates", "certificaterequests", "issuers", "clusterissuers")


class Unavailable(Exception):
    """Something that cert-manager needs is not there; the text says what."""


class CertManager:
    """For a `with` block, which also installs its resource definitions and removes them."""

    def __init__(self, plane: ControlPlane, components: pathlib.Path):
        self._plane = plane
        self._program = components / "cert-manager"
        self._crds = components / "cert-manager-crds"
        for needed in (self._program, self._crds):
            if not needed.exists():
                raise Unavailable(f"{needed} is not there: tools/components/build makes it")
        self._objects = Objects(plane.api)
        self._running: dict[str, Child] = {}

    def __enter__(self):
        crds.install(self._plane.api, *_DEFINED, folder=self._crds)
        self._start("controller")
        self._start("cainjector")
        return self

    def __exit__(self, *_):
        for part in list(self._running):
            self._stop(part)
        crds.remove(self._plane.api, *_DEFINED)

    @contextlib.contextmanager
    def cainjector_down(self):
        """Nobody publishes until the end of the block."""
        self._stop("cainjector")
        try:
            yield
        finally:
            self._start("cainjector")

    @contextlib.contextmanager
    def cainjector_before_1_19(self):
        """Until the end of the block a new authority takes the place of the old one in a caBundle, not one beside it."""
        self._stop("cainjector")
        self._start("cainjector", "CAInjectorMerging=false")
        try:
            yield
        finally:
            self._stop("cainjector")
            self._start("cainjector")

    def renew(self, namespace: str, name: str) -> None:
        """As `cmctl renew` asks for it; see wait_until_ready()."""
        status = self._objects.get(CERTIFICATE, namespace, name)["status"]
        others = [each for each in status["conditions"] if each["type"] != "Issuing"]
        self._objects.set_status(CERTIFICATE, namespace, name, {"conditions": [*others, {
            "type": "Issuing", "status": "True", "reason": "ManuallyTriggered", "message": "asked for by hand"}]})

    def wait_until_ready(self, kind: Kind, namespace: str, name: str) -> None:
        """An issuer that can issue, or a certificate that is issued and not about to be renewed."""
        wait_until(lambda: self._is_ready(kind, namespace, name), _PATIENCE_S, f"{kind.name} {name} is ready")

    def _is_ready(self, kind: Kind, namespace: str, name: str) -> bool:
        for child in self._running.values():
            if not child.alive():
                raise ChildProcessError(f"{child.log.stem} ended: {child.last_words()}")
        status = self._objects.get(kind, namespace, name).get("status") or {}
        states = {each["type"]: each["status"] for each in status.get("conditions") or []}
        return states.get("Ready") == "True" and states.get("Issuing", "False") == "False"

    def _start(self, part: str, *features: str) -> None:
        self._running[part] = Child([self._program, part, self._plane.kubeconfig, *features],
                                    self._plane.folder / f"cert-manager-{part}.log",
                                    env=plain_environment(self._plane.folder))

    def _stop(self, part: str) -> None:
        self._running.pop(part).end()
