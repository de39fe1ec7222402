"""The file system of the image: what is in it, and that it is enough."""

import hashlib
import json
import os
import pathlib
import stat
import subprocess
import tempfile
import unittest

from rig.components import ROOT
from rig.kopia_repo import KopiaRepository
from rig.processes import run
from suite import Stage

USER = "65532"
ARCH, OTHER_ARCH = ("arm64", "amd64") if os.uname().machine == "aarch64" else ("amd64", "arm64")
CLAIM = """
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data, namespace: media, labels: {backup: daily}}
spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
"""


def lay_out_command(into: pathlib.Path, arch: str) -> list:
    return [ROOT / "tools/image/rootfs", "--holdfast", Stage.holdfast, "--kopia", Stage.components / "kopia",
            "--version", "1.2.3", "--epoch", "1700000000", "--out", into, "--arch", arch]


def lay_out(into: pathlib.Path) -> pathlib.Path:
    run(*lay_out_command(into, ARCH))
    return into


def programs(root: pathlib.Path) -> set[str]:
    """What could be executed."""
    return {str(path.relative_to(root)) for path in root.rglob("*")
            if path.is_file() and not path.is_symlink() and path.stat().st_mode & 0o111}


def sums(root: pathlib.Path) -> dict[str, tuple]:
    """Mode, time and content of everything."""
    found = {}
    for path in sorted(root.rglob("*")):
        of = path.lstat()
        content = hashlib.sha256(path.read_bytes()).hexdigest() if stat.S_ISREG(of.st_mode) else ""
        found[str(path.relative_to(root))] = (of.st_mode, of.st_mtime, content)
    return found


@unittest.skipUnless(os.geteuid() == 0, "only root can run something in another root")
class ImageFiles(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        Stage.current = cls
        cls.folder = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory(prefix="holdfast-image-")))
        cls.root = lay_out(cls.folder / "root")
        cls.bill = json.loads((cls.root / "usr/share/sbom/holdfast.spdx.json").read_text())

    def inside(self, *words: str, binds: dict[str, pathlib.Path] | None = None) -> subprocess.CompletedProcess:
        """Runs it as the pod does: another user, nothing but the image, folders bound in, no environment."""
        lines = []
        for place, source in {"proc": "/proc", "dev": "/dev", **(binds or {})}.items():
            (self.root / place).mkdir(exist_ok=True)
            lines.append(f"mount --bind '{source}' \"$0/{place}\"")
        lines.append(f"exec env -i PATH=/usr/local/bin /usr/sbin/chroot --userspec={USER}:{USER} \"$0\" \"$@\"")
        return subprocess.run(["unshare", "--mount", "sh", "-ec", "\n".join(lines), self.root, *words],
                              capture_output=True, text=True, timeout=120)

    def test_two_programs_and_the_loader_are_all_that_can_be_executed(self):
        loader = {name for name in programs(self.root) if "/ld-linux" in name}
        self.assertEqual(len(loader), 1, loader)
        self.assertEqual(programs(self.root) - loader, {"usr/local/bin/holdfast", "usr/local/bin/kopia"})

    def test_nothing_in_it_belongs_to_a_user_or_raises_rights(self):
        for path in lay_out(self.folder / "untouched").rglob("*"):
            of = path.lstat()
            self.assertFalse(of.st_mode & (stat.S_ISUID | stat.S_ISGID), path)
            if not path.is_symlink() and path.name != "tmp":
                self.assertFalse(of.st_mode & stat.S_IWOTH, path)

    def test_both_programs_run_in_it_without_rights(self):
        for program, word in (("holdfast", "version"), ("kopia", "--version")):
            done = self.inside(program, word)
            self.assertEqual(done.returncode, 0, done.stderr)

    def test_a_verdict_is_reached_in_it_on_a_real_repository(self):
        repository = KopiaRepository(Stage.components / "kopia", self.folder)
        wanted = repository.snapshot("media", "data")
        secrets = self.folder / "secrets"
        secrets.mkdir()
        (secrets / "password").write_bytes(repository.password_file.read_bytes())
        (secrets / "claim.yaml").write_text(CLAIM)
        run("chown", "-R", f"{USER}:{USER}", repository.path, secrets)
        done = self.inside("holdfast", "decide", "-f", "/secrets/claim.yaml", "-o", "json", "--index-backend", "kopia-fs",
                           "--index-path", "/repository", "--kopia-password-file", "/secrets/password",
                           binds={"repository": repository.path, "secrets": secrets})
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        decided = json.loads(done.stdout)[0]
        self.assertEqual((decided["verdict"], decided["snapshot"]["id"]), ("restore", wanted.id))

    def test_the_bill_of_materials_names_what_is_in_it(self):
        named = {package["name"]: package for package in self.bill["packages"]}
        for program in ("holdfast", "kopia"):
            content = (self.root / "usr/local/bin" / program).read_bytes()
            self.assertEqual(named[program]["checksums"][0]["checksumValue"], hashlib.sha256(content).hexdigest())
        self.assertEqual(named["holdfast"]["versionInfo"], "1.2.3")
        self.assertIn("golang.org/x/crypto", named)
        for library, package in (("libcrypto.so.3", "libssl3"), ("libyaml-cpp.so.0.7", "libyaml-cpp0.7")):
            self.assertTrue(list(self.root.glob(f"lib/*/{library}")), library)
            self.assertRegex(named[package]["externalRefs"][0]["referenceLocator"], f"^pkg:deb/debian/{package}@.")
        for package in self.bill["packages"]:  # a plus sign would be read as a blank by some
            self.assertNotIn("+", package["externalRefs"][0]["referenceLocator"])
        known = {"SPDXRef-DOCUMENT", *(package["SPDXID"] for package in self.bill["packages"])}
        self.assertEqual(len(known), len(self.bill["packages"]) + 1, "two packages share an identifier")
        for relation in self.bill["relationships"]:
            self.assertLessEqual({relation["spdxElementId"], relation["relatedSpdxElement"]}, known)

    def test_programs_for_another_processor_are_refused(self):
        done = subprocess.run(lay_out_command(self.folder / "other", OTHER_ARCH), capture_output=True, text=True)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn(f"{Stage.holdfast} is for", done.stderr)

    def test_the_same_programs_give_the_same_bytes_again(self):
        first, second = lay_out(self.folder / "first"), lay_out(self.folder / "second")
        self.assertEqual(sums(first), sums(second))

    def test_authorities_of_the_builder_are_not_taken_over(self):
        bundle = (self.root / "etc/ssl/certs/ca-certificates.crt").read_text()
        self.assertGreater(bundle.count("BEGIN CERTIFICATE"), 50)
        for added in pathlib.Path("/usr/local/share/ca-certificates").glob("*.crt"):
            self.assertNotIn(added.read_text().strip(), bundle)
