"""docs/tutorial.md, block by block as it is printed, on the node of these tests in place of its own."""

import re

from node_case import NodeCase
from rig.components import ROOT
from rig.objects import NAMESPACE
from rig.playground import NAMESPACE as DEMO
from rig.playground_node import furnish


class Tutorial(NodeCase):
    only_long = True

    def setUp(self):
        self.namespace = DEMO
        furnish(self.cluster, self.installation.folder)
        self.addCleanup(self.objects.delete, NAMESPACE, None, DEMO)

    def test_ends_in_a_restore_that_was_rehearsed(self):
        first, *blocks = re.findall(r"```sh\n(.*?)```", (ROOT / "docs/tutorial.md").read_text(), re.DOTALL)
        self.assertEqual(first, "make cluster\n")
        said = ""
        for block in blocks:
            said += self.installation.shell(
                f"export MANIFESTS={self.installation.folder} REPOSITORY={self.repository.path}\n{block}")
        for words in ("made  backed up", "verified  its newest backup can be restored", "RestoreVerified", "/data/big: OK",
                      "denied, as it should be"):
            self.assertIn(words, said)
