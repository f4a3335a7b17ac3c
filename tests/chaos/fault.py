"""What all faults have in common.

    fault = KINDS["broker_killed"]()
    fault.strike(cluster, random)    # Returns when its effect is there; fault.what says what was hit.
    ...                              # fault.seconds(random): for how long it may last.
    fault.mend()                     # Returns when what was hit is whole again.

Strike raises Busy, and has done nothing, while another fault has what it needs: of those that overlap at most one hurts
brokers or the network to them, one each service, and one Redis."""

import signal
import time

from cluster import kafka_wire, wait_until

KINDS = {}


class Busy(Exception):
    """Another fault holds what this one needs."""


class Fault:
    """A kind is a subclass, and is in the table by its name."""

    kind = None        # Its name in the table.
    sound = True       # Nothing may halt because of it, and nothing acknowledged may be missing.
    on = None          # What it hurts: "service", "broker", "network", "redis", "topics".
    lasts = (2, 5)     # Seconds between strike and mend, drawn from this range.
    small = True       # It can be done to one broker and two instances, too.

    def __init_subclass__(cls):
        if cls.kind:
            KINDS[cls.kind] = cls

    def __init__(self):
        self.cluster = self.random = None
        self.what, self.held = "", set()

    def strike(self, cluster, random):
        self.cluster, self.random = cluster, random
        try:
            self.do()
        except BaseException:
            self._let()
            raise

    def mend(self):
        try:
            self.undo()
        finally:
            self._let()

    def seconds(self, random):
        return random.uniform(*self.lasts)

    def do(self):
        """Sets `what`, and holds what it hurts."""
        raise NotImplementedError

    def undo(self):
        """Nothing where the fault is over with its strike."""

    # --- what faults are made of ------------------------------------------------------------------------------

    def hold(self, *parts):
        if not self.cluster.hold(parts):
            raise Busy(f"{self.kind}: {parts} are not free")
        self.held |= set(parts)

    def _let(self):
        self.cluster.let(self.held)
        self.held = set()

    def hold_instance(self, leading=False):
        """A random instance that runs; `leading`: one that leads something."""
        names = sorted(self.cluster.instances)
        self.random.shuffle(names)
        for name in names:
            instance = self.cluster.instances[name]
            service = name.rsplit("-", 1)[0]
            if instance.running() and self.cluster.hold([service]):
                self.held.add(service)
                if not leading or instance.led():
                    return instance
                self.cluster.let([service])
                self.held.discard(service)
        raise Busy(f"{self.kind}: no instance is free")

    def hold_brokers(self):
        """All of them: who hurts one needs the others whole."""
        self.hold("brokers")
        wait_until("all brokers are in sync", lambda: all(map(self.cluster.in_sync, self.cluster.brokers)))

    def want_broker(self):
        """For what waits, while it strikes, for something that takes a broker: not while another fault has the only
        one."""
        if len(self.cluster.brokers) == 1:
            self.hold("brokers")
            self.cluster.let(["brokers"])
            self.held.discard("brokers")

    def random_journal(self):
        """Context and partition."""
        return self.random.choice(sorted(self.cluster.partitions()))

    def led_by_others(self, instance):
        """Whether others of its service lead all that it may lead. It is not asked."""
        led = set()
        for other in list(self.cluster.instances.values()):
            if other is not instance and set(other.contexts) & set(instance.contexts):
                led |= other.led()
        return self.cluster.partitions(instance.contexts) <= led

    def leader(self, context, partition, without=()):
        found = self.cluster.topics(self.cluster.topic(context), without=without)
        return found[self.cluster.topic(context)][partition].leader if found else None

    def missed(self, broker):
        """Whether the other brokers count it as dead and have put others in its place. The only one is not missed."""
        live = self.cluster.asked(kafka_wire.metadata, without=[broker])
        return len(self.cluster.brokers) == 1 or (live and broker not in live[1] and all(
            one.leader not in (broker, -1) for topic in self.cluster.topics(without=[broker]).values()
            for one in topic.values()))

    def wait_everywhere(self, topic, there=True):
        """Until every broker knows the topic and it is in sync, or no broker knows it any more."""
        def so(broker):
            found = self.cluster.asked(kafka_wire.topics, without=self.cluster.ports.keys() - {broker})
            return found is not None and (topic in found) == there and (not there or self.cluster.in_sync(broker))

        wait_until(f"{topic} is {'there' if there else 'gone'} everywhere", lambda: all(map(so, self.cluster.brokers)))

    def kill_broker(self, broker):
        self.cluster.signal_broker(broker, signal.SIGKILL)
        wait_until(f"broker {broker} is missed", lambda: self.missed(broker))

    def revive(self, instance):
        """Starts it if the fault has ended it; gives whether it had to. Returns when it answers."""
        died = not instance.running()
        if died:
            self.cluster.start(instance.name)
        self.wait_answers(instance)
        return died

    def wait_answers(self, instance):
        wait_until(f"{instance.name} is ready", lambda: instance.get("/readyz")[0] == 200)

    @staticmethod
    def within(seconds, condition):
        """Whether it comes to hold in so many seconds. For what may come or not."""
        end = time.monotonic() + seconds
        while not (found := condition()) and time.monotonic() < end:
            time.sleep(0.05)  # Between two looks.
        return bool(found)
