"""Faults of Redis, which holds views: whatever becomes of it, orders are taken and nothing wrong is read."""

import os
import signal

from cluster import wait_until
from fault import Fault
from broker_faults import NetworkCut, NetworkDelay, NetworkHalfOpen, NetworkSlow


class RedisFault(Fault):
    on = "redis"

    def keys(self):
        return self.cluster.redis_call("DBSIZE")

    def wait_begun_anew(self):
        """Whoever leads finds by itself that its views are gone, also where nobody writes or reads them."""
        wait_until("views are written to Redis again", lambda: self.keys() > 0)


class RedisFlushed(RedisFault):
    kind = "redis_flushed"
    lasts = (0, 0)

    def do(self):
        self.hold("redis")
        self.what = f"{self.keys()} keys of Redis flushed"
        self.cluster.redis_call("FLUSHALL")
        self.wait_begun_anew()


class RedisKilled(RedisFault):
    """It comes back empty."""

    kind = "redis_killed"
    lasts = (0, 3)

    def do(self):
        self.hold("redis")
        self.what = "kill -9 of Redis, which came back empty"
        self.cluster.redis.kill(1)

    def undo(self):
        self.cluster.redis.up()
        self.wait_begun_anew()


class RedisFrozen(RedisFault):
    kind = "redis_frozen"

    def do(self):
        self.hold("redis")
        self.what = "SIGSTOP of Redis"
        self.pid = self.cluster.redis.pid(1)
        os.kill(self.pid, signal.SIGSTOP)

    def undo(self):
        os.kill(self.pid, signal.SIGCONT)
        self.cluster.redis_call("PING")


class RedisOldDump(RedisFault):
    """It is saved, goes on, dies, and comes back with what was saved."""

    kind = "redis_old_dump"
    lasts = (3, 6)

    def do(self):
        self.hold("redis")
        self.cluster.redis_call("SAVE")
        self.saved = self.keys()
        self.what = f"Redis came back with a dump of {self.saved} keys"

    def undo(self):
        self.cluster.redis.kill(1)
        self.cluster.redis.up()
        # Later starts are empty again.
        os.unlink(self.cluster.at("redis", "node-1", "dump.rdb"))
        self.wait_begun_anew()


class _ToRedis(RedisFault):
    """The gate before Redis, with the changes of those before brokers."""

    def choose(self):
        self.hold("redis")
        return self.cluster.gates["redis"], "Redis"


class RedisDelay(_ToRedis, NetworkDelay):
    kind = "redis_delay"


class RedisSlow(_ToRedis, NetworkSlow):
    kind = "redis_slow"


class RedisCut(_ToRedis, NetworkCut):
    kind = "redis_cut"


class RedisHalfOpen(_ToRedis, NetworkHalfOpen):
    kind = "redis_half_open"
