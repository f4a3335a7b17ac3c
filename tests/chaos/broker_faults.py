"""Faults of brokers and of the network to them."""

import os
import signal

from cluster import kafka_wire, wait_until
from fault import Fault
from service_faults import SetClock


class BrokerKilled(Fault):
    """kill -9, and a start when the others have put another in its place."""

    kind, on = "broker_killed", "broker"
    lasts = (0, 3)
    why = "kill -9 of broker"

    def choose(self):
        return self.random.choice(self.cluster.brokers)

    def do(self):
        self.hold_brokers()
        self.broker = self.choose()
        self.what = f"{self.why} {self.broker}"
        self.kill_broker(self.broker)

    def undo(self):
        self.cluster.start_broker(self.broker)


class CoordinatorKilled(BrokerKilled):
    """The one that coordinates the group which shares partitions out."""

    kind = "coordinator_killed"
    why = "kill -9 of the group's coordinator,"

    def choose(self):
        return self.cluster.ask(kafka_wire.coordinator, f"{self.cluster.journals.prefix}sanyuan")

    def do(self):
        super().do()
        if len(self.cluster.brokers) > 1:
            wait_until("another broker coordinates the group", lambda: self.cluster.asked(
                kafka_wire.coordinator, f"{self.cluster.journals.prefix}sanyuan", without=[self.broker])
                not in (None, self.broker))


class LeaderKilled(BrokerKilled):
    """The one that leads a partition of a journal, and is neither the group's coordinator nor the active controller if
    there is such a one."""

    kind = "partition_leader_killed"
    why = "kill -9 of a journal partition's leader,"

    def choose(self):
        others = {self.cluster.asked(kafka_wire.coordinator, f"{self.cluster.journals.prefix}sanyuan"),
                  self.cluster.asked(kafka_wire.controller)}
        places = sorted(self.cluster.partitions())
        self.random.shuffle(places)
        leaders = {place: self.leader(*place) for place in places}
        place = next((place for place in places if leaders[place] not in others), places[0])
        self.why = f"kill -9 of the leader of {place[0]}/{place[1]}, broker"
        return leaders[place]


class ControllerKilled(BrokerKilled):
    kind = "controller_killed"
    why = "kill -9 of the active controller, broker"

    def choose(self):
        return self.cluster.ask(kafka_wire.controller)

    def do(self):
        super().do()
        if len(self.cluster.brokers) > 1:
            wait_until("another broker is the controller", lambda: self.cluster.asked(
                kafka_wire.controller, without=[self.broker]) not in (None, self.broker))


class BrokerFrozen(Fault):
    """SIGSTOP until it is missed; then it goes on with what it had in hand."""

    kind, on = "broker_frozen", "broker"
    lasts = (0, 3)

    def do(self):
        self.hold_brokers()
        self.broker = self.random.choice(self.cluster.brokers)
        self.what = f"SIGSTOP of broker {self.broker}"
        self.cluster.signal_broker(self.broker, signal.SIGSTOP)
        try:
            wait_until(f"broker {self.broker} is missed", lambda: self.missed(self.broker))
        except BaseException:
            self.cluster.signal_broker(self.broker, signal.SIGCONT)
            raise

    def undo(self):
        self.cluster.signal_broker(self.broker, signal.SIGCONT)
        wait_until(f"broker {self.broker} is in sync", lambda: self.cluster.in_sync(self.broker))


class LeadersMoved(Fault):
    """A broker ends in order, so that others lead; when it is back and in sync, the preferred ones are elected again:
    leaders change twice under load, also to one whose high watermark is behind."""

    kind, on = "leaders_moved", "broker"
    lasts = (0, 0)
    small = False

    def do(self):
        self.hold_brokers()
        broker = self.random.choice(self.cluster.brokers)
        self.cluster.signal_broker(broker, signal.SIGTERM)
        self.cluster.start_broker(broker)
        moved = 0
        for context in self.cluster.contexts():
            topic = self.cluster.topic(context)
            moved += len(self.cluster.ask(kafka_wire.elect_preferred, topic,
                                          range(len(self.cluster.topics(topic)[topic]))))
        self.what = f"broker {broker} gave up leading and was elected again for {moved} partitions"
        if not moved:
            raise AssertionError(f"no election moved anything back to broker {broker}")


class BrokerDiskFull(Fault):
    """Its writes fail, by which Kafka halts it. It is started when there is room again."""

    kind, on = "broker_disk_full", "broker"
    lasts = (0, 2)

    def do(self):
        self.hold_brokers()
        self.broker = self.random.choice(self.cluster.brokers)
        self.what = f"no room on the disk of broker {self.broker}, which halted"
        self.marker = self.cluster.at("kafka", f"broker-{self.broker}.full")
        with open(self.marker, "x", encoding="utf-8"):
            pass
        try:
            wait_until(f"broker {self.broker} halts", lambda: not self.cluster.kafka.running(self.broker))
            wait_until(f"broker {self.broker} is missed", lambda: self.missed(self.broker))
        except BaseException:
            os.unlink(self.marker)
            raise

    def undo(self):
        os.unlink(self.marker)
        self.cluster.start_broker(self.broker)


class BrokerClockStepped(Fault):
    """As of a service. Records that it appends while it leads are stamped two days off."""

    kind, on = "broker_clock_stepped", "broker"
    lasts = (3, 6)

    def do(self):
        self.hold_brokers()
        self.broker, offset = self.random.choice(self.cluster.brokers), self.random.choice(["+48h", "-48h"])
        self.what = f"the clock of broker {self.broker} jumped by {offset}"
        self.clock = SetClock(self.cluster.at(f"broker-{self.broker}.clock"), self.cluster.libraries)
        self.cluster.signal_broker(self.broker, signal.SIGTERM)
        self.cluster.start_broker(self.broker, self.cluster.preloaded_by_broker(*self.clock.libraries)
                                  | self.clock.environment)
        self.clock.step(offset)

    def undo(self):
        self.clock.step("+0")
        wait_until(f"broker {self.broker} is in sync", lambda: self.cluster.in_sync(self.broker))
        # Its timers may stand two days ahead, and then SIGTERM ends it never.
        self.cluster.signal_broker(self.broker, signal.SIGKILL)
        self.cluster.start_broker(self.broker)


class TooFewInSync(Fault):
    """Two brokers of three freeze for a moment, less than their sessions: nothing that is written meanwhile is
    acknowledged, and brokers have forgotten whoever was idle before (producer.id.expiration.ms of the cluster)."""

    kind, on = "two_brokers_frozen", "broker"
    lasts = (1, 3)
    small = False

    def do(self):
        self.hold_brokers()
        self.frozen = self.random.sample(self.cluster.brokers, 2)
        self.what = f"SIGSTOP of brokers {self.frozen[0]} and {self.frozen[1]} for a moment"
        for broker in self.frozen:
            self.cluster.signal_broker(broker, signal.SIGSTOP)

    def undo(self):
        for broker in self.frozen:
            self.cluster.signal_broker(broker, signal.SIGCONT)
        wait_until("all brokers are in sync", lambda: all(map(self.cluster.in_sync, self.cluster.brokers)))


class MinInsyncViolated(Fault):
    """A journal wants three replicas in sync while there are two: brokers refuse what is written to it, and forget its
    producers while that lasts."""

    kind, on = "min_insync_violated", "broker"
    lasts = (4, 7)  # Longer than producer.id.expiration.ms.
    small = False

    def do(self):
        self.hold_brokers()
        context, partition = self.random_journal()
        self.topic, self.broker = self.cluster.topic(context), self.random.choice(self.cluster.brokers)
        self.what = f"{context} wants 3 replicas in sync, and broker {self.broker} is killed"
        self.set_least(3)
        self.kill_broker(self.broker)
        wait_until("two replicas are in sync", lambda: len(self.cluster.topics(
            self.topic, without=[self.broker])[self.topic][partition].in_sync) == 2)
        # The brokers' own word for it.
        try:
            ports = {broker: port for broker, port in self.cluster.ports.items() if broker != self.broker}
            kafka_wire.produce(ports, self.topic, partition, b"refused", timeout=2)
            raise AssertionError(f"{self.topic} takes records with too few replicas in sync")
        except kafka_wire.Refused as refused:
            if refused.error != kafka_wire.NOT_IN_SYNC:
                raise

    def set_least(self, number):
        self.cluster.ask(kafka_wire.set_topic, self.topic, "min.insync.replicas", number)

    def undo(self):
        self.set_least(2)
        self.cluster.start_broker(self.broker)


# --- the network ------------------------------------------------------------------------------------------------

class NetworkFault(Fault):
    """Of the gate before one broker. A kind says what the gate does, and what shows that it does."""

    on = "network"
    lasts = (2, 5)

    def choose(self):
        self.hold("brokers")
        broker = self.random.choice(self.cluster.brokers)
        return self.cluster.gates[broker], f"broker {broker}"

    def do(self):
        self.gate, name = self.choose()
        before = self.gate.counts()
        self.what = f"{self.change()} {name}"
        try:
            wait_until(self.what, lambda: self.shows(before, self.gate.counts()))
        except BaseException:
            self.gate.open()
            raise

    def change(self):
        """Gives what it is called."""
        raise NotImplementedError

    def shows(self, before, now):
        return now["handed_on"] > before["handed_on"]

    def undo(self):
        before = self.gate.open()
        wait_until(f"clients are back after: {self.what}", lambda: self.shows_whole(before, self.gate.counts()))

    def shows_whole(self, before, now):
        return now["handed_on"] > before["handed_on"]


class NetworkDelay(NetworkFault):
    kind = "network_delay"

    def change(self):
        milliseconds = self.random.randint(100, 600)
        self.gate.delay(milliseconds)
        return f"{milliseconds} ms more each way to"


class NetworkSlow(NetworkFault):
    kind = "network_slow"

    def change(self):
        rate = self.random.randint(20, 100) * 1000
        self.gate.slow(rate)
        return f"{rate} bytes a second to"


class NetworkCut(NetworkFault):
    kind = "network_cut"

    def change(self):
        self.gate.cut()
        return "no connection to"

    def shows(self, before, now):
        return now["connections"] == 0


class NetworkHalfOpen(NetworkFault):
    kind = "network_half_open"

    def change(self):
        self.gate.half_open()
        return "all is swallowed on the way to"

    def shows(self, before, now):
        return now["swallowed"] > before["swallowed"]
