"""A holdfast that serves the demo's catalog, on ports that the kernel picks."""

import pathlib
import ssl
import sys
import tempfile
import urllib.request

from promtool import ROOT

sys.path.insert(0, str(ROOT / "tools"))

from rig.holdfast import Holdfast, generate_certificates  # noqa: E402  (needs the path above)


class Served:
    """For a `with` block."""

    program = ROOT / "build/holdfast"

    def __enter__(self):
        self._folder = tempfile.TemporaryDirectory(prefix="holdfast-monitoring-")
        folder = pathlib.Path(self._folder.name)
        try:
            certificates = generate_certificates(self.program, folder / "certs")
            self._tls = ssl.create_default_context(cafile=str(certificates / "ca.crt"))
            self._holdfast = Holdfast(self.program, folder, certificates, "--index-backend", "catalog",
                                      "--catalog-file", str(ROOT / "tools/demo/catalog.json"), "--drain", "0s")
        except BaseException:
            self._folder.cleanup()
            raise
        return self

    def __exit__(self, *_):
        self._holdfast.stop()
        self._folder.cleanup()

    def review(self, body: str) -> None:
        request = urllib.request.Request(f"https://127.0.0.1:{self._holdfast.webhook_port}/mutate/pvc", body.encode(),
                                         {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=20, context=self._tls) as answer:
            answer.read()

    def metrics(self) -> str:
        status, page = self._holdfast.get("/metrics")
        if status != 200:
            raise RuntimeError(f"/metrics: {status} {page}")
        return page
