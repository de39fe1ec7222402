"""A rebuilt cluster creates everything at once."""

import threading

from guarded_case import GuardedCase, pvc

WAVE = 200


class Wave(GuardedCase):
    def create_at_once(self, names: list[str]) -> dict:
        """One thread and one connection each, all let go together."""
        barrier = threading.Barrier(len(names))
        answers = {}

        def create(name):
            self.api.request("GET", "/version")  # connects
            barrier.wait()
            answers[name] = self.create(pvc(name))

        threads = [threading.Thread(target=create, args=(name,)) for name in names]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return answers

    def test_two_hundred_pvcs_at_once_cost_at_most_two_listings(self):
        names = [f"data-{number}" for number in range(WAVE)]
        snapshot = self.backup(names[0])
        listings = self.kopia.listings()
        answers = self.create_at_once(names)
        self.assertEqual([str(answer) for answer in answers.values() if not answer.ok], [])
        self.assertEqual(len(answers), WAVE)
        self.assert_restored(answers[names[0]], snapshot)
        self.assertIn(self.kopia.listings() - listings, (1, 2))
