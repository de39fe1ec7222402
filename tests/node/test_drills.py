"""What an operator asks for: a backup now, a pause, and a restore that is rehearsed before it is needed."""

from node_case import PATIENCE_S, NodeCase
from rig.objects import JOB, PVC, REPLICATION_DESTINATION, REPLICATION_SOURCE
from rig.processes import wait_until


class Drills(NodeCase):
    def setUp(self):
        super().setUp()
        self.give_secret()
        self.create()
        self.in_pod("seq 1 500 >/data/numbers; mkdir /data/more; echo hello >/data/more/file")
        self.wait_for_source()

    @property
    def pvc(self) -> str:
        return f"{self.namespace}/data"

    def asked(self, verb: str, *words: str) -> str:
        text = self.installation.holdfast(verb, self.pvc, *words)
        print(f"     {text.strip()}", flush=True)
        return text

    def source(self) -> dict:
        return self.objects.get(REPLICATION_SOURCE, self.namespace, "data-backup")

    def test_a_backup_is_made_when_it_is_asked_for_and_the_schedule_goes_on(self):
        schedule = self.source()["spec"]["trigger"]["schedule"]
        self.asked("backup", "--wait", "--timeout", "3m")
        before = len(self.backups())
        self.assertGreaterEqual(before, 1)
        self.in_pod("echo more >/data/later")
        self.assertIn("made", self.asked("backup", "--wait", "--timeout", "3m"))
        self.assertEqual(len(self.backups()), before + 1, "a backup that began after it was asked for")
        self.assertEqual(self.backups()[-1]["rootEntry"]["summ"]["files"], 3)
        wait_until(lambda: self.source()["spec"]["trigger"] == {"schedule": schedule}, PATIENCE_S, "only the schedule")
        wait_until(lambda: self.source()["status"].get("nextSyncTime"), PATIENCE_S, "VolSync goes by it")
        self.assertNotIn("BackupsManual", self.gaps())

    def test_a_pause_is_told_with_its_reason_and_a_backup_waits_for_its_end(self):
        self.asked("backup", "--wait", "--timeout", "3m")
        self.asked("pause", "--reason", "the NAS moves")
        wait_until(lambda: "BackupsPaused" in self.gaps(), PATIENCE_S, "a gap")
        self.assertIn("the NAS moves", self.wait_for_event("BackupsPaused"))
        refused = self.installation.holdfast("backup", self.pvc, expect=1)
        self.assertIn("holdfast resume", refused)
        self.asked("resume")
        self.assertIn("made", self.asked("backup", "--wait", "--timeout", "3m"))
        wait_until(lambda: "BackupsPaused" not in self.gaps(), PATIENCE_S, "no gap any more")

    def test_a_restore_is_rehearsed_verified_and_leaves_nothing(self):
        self.asked("backup", "--wait", "--timeout", "3m")
        self.assertIn("verified", self.asked("drill", "--wait", "--timeout", "4m"))
        self.wait_for_event("DrillStarted")
        print(f"     {self.wait_for_event('DrillVerified')}")
        wait_until(lambda: self.left_behind() == [], PATIENCE_S, lambda: f"nothing is left: {self.left_behind()}")
        item = next(one for one in self.audited() if one["pvc"] == "data")
        self.assertEqual(item["drill"], "verified")
        self.assertIn("lastDrill", item)
        self.assertEqual(self.objects.get(PVC, self.namespace, "data")["status"]["phase"], "Bound")

    def test_a_drill_that_brings_nothing_fails_and_is_told(self):
        """Its mover finds an empty repository, makes nothing of it, and reports success."""
        self.asked("backup", "--wait", "--timeout", "3m")
        self.lead_movers_to("nowhere")
        text = self.installation.holdfast("drill", self.pvc, "--wait", "--timeout", "4m", expect=1)
        self.assertIn("selected no snapshot", text)
        wait_until(lambda: "DrillFailed" in self.gaps(), PATIENCE_S, "a gap")
        self.assertIn("selected no snapshot", self.wait_for_event("DrillFailed"))
        self.give_secret()
        self.assertIn("verified", self.asked("drill", "--wait", "--timeout", "4m"))
        wait_until(lambda: "DrillFailed" not in self.gaps(), PATIENCE_S, "no gap any more")

    def left_behind(self) -> list[str]:
        """Of a drill."""
        kinds = (REPLICATION_DESTINATION, PVC, JOB)
        return [f"{kind.name} {item['metadata']['name']}" for kind in kinds
                for item in self.objects.items(kind, self.namespace) if "-drill" in item["metadata"]["name"]]
