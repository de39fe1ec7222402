"""The program runs into a limit of its own."""

from hostile_connections import HostileConnections
from descriptors import few_descriptors
from endurance_case import PATIENCE, EnduranceCase
from fault_table import fault
from rig.processes import wait_until

AREA = "The process itself"
FREE = 40  # descriptors: more than a listing needs, fewer than the connections that come


class Descriptors(EnduranceCase):
    def exhaust(self, crowd: HostileConnections) -> bool:
        """Connections come as fast as old ones are ended; true when none of the new ones gets a descriptor."""
        if crowd.look() < 2 * FREE:
            crowd.add()
        return self.signs_now().descriptors >= self.before.descriptors + FREE

    def some_answers(self, crowd: HostileConnections) -> bool:
        self.exhaust(crowd)
        return self.answers.count() >= 3

    @fault(AREA, "no descriptor is free",
           sent="a limit of 40 more descriptors, always 80 idle connections, and a new backup that has to be listed",
           expected="Wait, or a denial by an API server that cannot connect; well again when connections end")
    def test_no_free_descriptor_is_a_pause(self):
        with few_descriptors(self.pid, FREE):
            with HostileConnections(self.holdfast.webhook_port) as crowd:
                wait_until(lambda: self.exhaust(crowd), PATIENCE, "no descriptor is free", every=0.01)
                self.snapshot = self.backup()
                with self.asking():
                    wait_until(lambda: self.some_answers(crowd), PATIENCE, "some answers have come", every=0.01)
            recovery = self.recover()
        self.report(f"{crowd.sent} connections for {FREE} descriptors", recovery)
