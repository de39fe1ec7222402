"""A webhook that only the API server may call."""

import http.client
import ssl

from guarded_case import GuardedCase, pvc
from rig.guarded import Guarded
from rig.processes import wait_until

REFUSED = "holdfast_webhook_clients_refused_total"


class ForTheApiServer(Guarded):
    """Its webhook asks for the certificate that the control plane's API server shows."""

    def __init__(self, plane, components, binary, **options):
        super().__init__(plane, components, binary, **options, flags=(
            "--webhook-client-ca-file", str(plane.ca), "--webhook-client-name", "kube-apiserver"))


class ClientCertificates(GuardedCase):
    guarded_type = ForTheApiServer
    expected_seconds = 10

    def test_the_api_server_is_served(self):
        snapshot = self.backup()
        self.assert_restored(self.create(pvc()), snapshot)
        self.assertEqual(self.holdfast.metric(REFUSED), 0)

    def test_who_shows_no_certificate_or_one_of_another_name_is_refused(self):
        before = self.holdfast.metric(REFUSED)
        for shown in (None, "admin"):
            with self.subTest(shown=shown):
                self.assertRaises(OSError, self._call, shown)
        self.assertEqual(self._call("api"), 200)
        wait_until(lambda: self.holdfast.metric(REFUSED) == before + 2, 60, "both are counted")

    def _call(self, shown: str | None) -> int:
        """The status of an empty review's answer, for a caller with this certificate of the control plane."""
        context = ssl.create_default_context(cafile=self.guarded.certificates / "ca.crt")
        if shown:
            context.load_cert_chain(self.plane.folder / f"{shown}.crt", self.plane.folder / f"{shown}.key")
        connection = http.client.HTTPSConnection("127.0.0.1", self.holdfast.webhook_port, context=context, timeout=60)
        try:
            connection.request("POST", "/mutate/pvc", "{}", {"Content-Type": "application/json"})
            return connection.getresponse().status
        finally:
            connection.close()
