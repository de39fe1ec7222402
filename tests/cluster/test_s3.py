"""A repository in S3 proves, restores and waits as one on a mounted path does; the server is a real one."""

import contextlib

from guarded_case import GuardedCase, pvc
from rig.processes import wait_until
from rig.s3 import GuardedS3, Keys

EXEMPT = {"labels": {"backup-exempt": "true"}, "annotations": {"volsync.backup/backup-exempt-reason": "scratch"}}


class S3Case(GuardedCase):
    guarded_type = GuardedS3

    @property
    def server(self):
        return self.guarded.server

    def assert_pause(self, fault: contextlib.AbstractContextManager, *words: str):
        """What has a backup waits, and so does what has none; after the fault both are decided, without a restart."""
        snapshot = self.backup()
        with fault:
            for name in ("data", "without"):
                answer = self.create(pvc(name))
                self.assert_waits(answer, "IndexUnavailable")
                for word in words:
                    self.assertIn(word, answer.message)
                self.assertNotIn(self.server.keys.secret, answer.message)
                self.assertNotIn(self.server.host, answer.message)
        self.assert_restored(self.create_patiently(pvc()), snapshot)
        sent = pvc("without")
        self.assert_unchanged(self.create_patiently(sent), sent)


class S3(S3Case):
    ROUNDS = 10

    def test_a_pvc_without_a_backup_starts_empty_and_one_with_a_backup_is_restored(self):
        sent = pvc("without")
        self.assert_unchanged(self.create_patiently(sent), sent)
        snapshot = self.backup()
        self.assert_restored(self.create_patiently(pvc()), snapshot)
        self.assert_promises(self.stored(), snapshot)

    def test_a_backup_finished_just_before_a_creation_is_seen_by_it(self):
        for number in range(self.ROUNDS):
            snapshot = self.backup(f"data-{number}")
            self.assert_restored(self.create_patiently(pvc(f"data-{number}")), snapshot)

    def test_a_deleted_backup_is_not_promised(self):
        older = self.backup()
        newest = self.backup()
        self.assert_restored(self.create_patiently(pvc(), dry_run=True), newest)
        self.repository.delete(newest)
        self.assert_restored(self.create_patiently(pvc()), older)

    def test_an_interrupted_backup_does_not_count(self):
        self.repository.interrupted_snapshot(self.namespace, "data")
        sent = pvc()
        self.assert_unchanged(self.create_patiently(sent), sent)

    def test_without_a_change_nothing_is_listed_again(self):
        self.assertTrue(self.create(pvc("first")).ok)
        listings = self.kopia.listings()
        for number in range(3):
            self.assertTrue(self.create(pvc(f"data-{number}")).ok)
        self.assertEqual(self.kopia.listings(), listings)

    def test_exists_and_the_metrics_tell_of_this_backend(self):
        self.backup()
        self.assertTrue(self.create(pvc()).ok)
        status, page = self.holdfast.get(f"/exists/{self.namespace}/data")
        self.assertEqual(status, 200, page)
        self.assertIn('"backend":"kopia-s3"', page)
        self.assertGreater(self.holdfast.metric("holdfast_index_blobs"), 0)
        self.assertGreater(self.holdfast.metric("holdfast_index_proofs_total", result="current"), 0)

    def test_no_file_of_holdfast_and_no_line_of_its_log_holds_the_secret(self):
        self.backup()
        self.assertTrue(self.create(pvc()).ok)
        files = [file for file in (self.guarded.folder / "holdfast").rglob("*") if file.is_file()]
        self.assertTrue(any(file.name == "kopia.config" for file in files), files)
        for file in (*files, self.holdfast.process.log):
            self.assertNotIn(self.server.keys.secret.encode(), file.read_bytes(), file)


class S3Faults(S3Case):
    def test_a_repository_that_is_gone_is_a_pause(self):
        self.assert_pause(self._moved_away(), "the repository in a bucket holds no kopia repository", "index.s3.prefix")

    def test_a_bucket_that_is_gone_is_a_pause(self):
        self.assert_pause(self.server.without_bucket(), "NoSuchBucket", "index.s3.bucket")

    def test_a_wrong_secret_key_is_a_pause(self):
        self.assert_pause(self._keys(Keys(secret="not-the-secret")), "403 SignatureDoesNotMatch", "secretKeyFile")

    def test_an_unknown_access_key_is_a_pause(self):
        self.assert_pause(self._keys(Keys(access="nobody")), "does not take the keys", "accessKeyFile")

    def test_a_missing_key_file_is_a_pause(self):
        self.assert_pause(self._without_secret_file(), "index.s3.secretKeyFile", "No such file")

    def test_a_server_that_is_stopped_is_a_pause(self):
        self.assert_pause(self.server.stopped(), "the server")

    def test_a_wrong_password_is_a_pause(self):
        snapshot = self.backup()
        self.repository.spoil_password()
        try:
            answer = self.create(pvc())
        finally:
            self.repository.restore_password()
        self.assert_waits(answer, "IndexUnavailable")
        self.assertIn("password", answer.message)
        self.assert_restored(self.create_patiently(pvc()), snapshot)

    def test_a_server_that_hangs_is_a_pause_and_holds_up_nobody_else(self):
        with self._frozen() as snapshot:
            for number in range(5):
                sent = pvc(f"exempt-{number}", **EXEMPT)
                self.assert_unchanged(self.create_patiently(sent), sent)
            self.assert_waits(self.create(pvc()), "IndexUnavailable")
            self.assertEqual(self.holdfast.get("/readyz")[0], 200)
            self.assertNotEqual(self.holdfast.get("/healthz")[0], 200)
        self.assert_restored(self.create_patiently(pvc()), snapshot)

    def test_a_wrong_region_is_a_pause_and_is_named(self):
        other = self.guarded.start_instance("region", "--s3-region", "eu-west-1")
        wait_until(lambda: "set index.s3.region" in other.process.said(), 20, "it says what is wrong")
        self.assertIn("not to eu-west-1", other.process.said())
        self.assertEqual(other.get(f"/exists/{self.namespace}/data")[0], 503)

    def test_a_server_that_hangs_does_not_keep_holdfast_from_ending(self):
        other = self.guarded.start_instance("ended", "--index-timeout", "10m")
        wait_until(lambda: other.metric("holdfast_index_proofs_total", result="current"), 30, "it is at work")
        with self.server.frozen():
            self.assertEqual(other.get(f"/exists/{self.namespace}/data")[0], 503)
            self.assertEqual(other.stop(), 0)

    def test_rotated_keys_are_used_without_a_restart(self):
        before = self.backup("before")
        self.assert_restored(self.create_patiently(pvc("before")), before)
        self.server.stop()
        self.server.start(Keys("rotated-access-key", "rotated-secret-key"))
        snapshot = self.backup()
        self.assert_waits(self.create(pvc()), "IndexUnavailable")
        self.guarded.write_keys(self.server.keys)
        self.assert_restored(self.create_patiently(pvc()), snapshot)

    def test_another_repository_in_its_place_is_refused_although_it_has_a_backup(self):
        snapshot = self.backup()
        self.repository.replace_with_new(backups=((self.namespace, "data"),))
        try:
            self.assert_refused(self.create(pvc()), "RepositoryChanged")
            self.assert_refused(self.create(pvc("without")), "RepositoryChanged")
        finally:
            self.repository.move_back()
        self.assert_restored(self.create_patiently(pvc()), snapshot)

    @contextlib.contextmanager
    def _moved_away(self):
        self.repository.move_away()
        try:
            yield
        finally:
            self.repository.move_back()

    @contextlib.contextmanager
    def _keys(self, keys: Keys):
        self.guarded.write_keys(keys)
        try:
            yield
        finally:
            self.guarded.write_keys(self.server.keys)

    @contextlib.contextmanager
    def _without_secret_file(self):
        self.guarded.secret_file.unlink()
        try:
            yield
        finally:
            self.guarded.write_keys(self.server.keys)

    @contextlib.contextmanager
    def _frozen(self):
        snapshot = self.backup()
        with self.server.frozen():
            yield snapshot


class S3ManyBlobs(S3Case):
    """Pages of a list hold a thousand names; those of real index blobs come after all of these.

    The fillers are marks of what kopia may forget, by their names of long ago: there is nothing in them to read.
    """

    FILLERS = 2500

    def test_a_new_backup_on_the_last_page_is_seen_at_once(self):
        for number in range(self.FILLERS):
            (self.repository.path / f"xd{number:05}").touch()
        first = self.backup("first")
        self.assert_restored(self.create_patiently(pvc("first")), first)
        self.assertGreater(self.holdfast.metric("holdfast_index_blobs"), self.FILLERS)
        second = self.backup("second")
        self.assert_restored(self.create_patiently(pvc("second")), second)
        sent = pvc("without")
        self.assert_unchanged(self.create_patiently(sent), sent)


class S3PrefixWithoutSlash(S3Case):
    guarded_options = {"prefix": "volsync-"}

    def test_a_prefix_is_taken_letter_for_letter(self):
        self.assertTrue((self.server.bucket / "volsync-kopia.repository").exists())
        snapshot = self.backup()
        self.assert_restored(self.create_patiently(pvc()), snapshot)

    def test_a_prefix_with_a_slash_too_many_is_another_place_and_proves_nothing(self):
        other = self.guarded.start_instance("slash", "--s3-prefix", "volsync-/")
        wait_until(lambda: "index.s3.prefix looks the same" in other.process.said(), 20, "it says what is wrong")
        self.assertEqual(other.get(f"/exists/{self.namespace}/data")[0], 503)


class S3WithTls(S3Case):
    guarded_options = {"tls": True}

    def test_a_server_of_our_own_authority_is_trusted(self):
        snapshot = self.backup()
        self.assert_restored(self.create_patiently(pvc()), snapshot)
        sent = pvc("without")
        self.assert_unchanged(self.create_patiently(sent), sent)

    def test_a_server_of_another_authority_is_a_pause_until_the_file_is_right(self):
        own = self.guarded.ca_file.read_bytes()
        self.assert_pause(self._authority((self.guarded.certificates / "ca.crt").read_bytes(), own), "index.s3.caFile")

    @contextlib.contextmanager
    def _authority(self, other: bytes, own: bytes):
        self.guarded.ca_file.write_bytes(other)
        try:
            yield
        finally:
            self.guarded.ca_file.write_bytes(own)
