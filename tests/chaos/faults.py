"""The table of all faults: KINDS, by name (see fault.py for how one is used). `sound` ones may halt nothing; the others
are what design assumes away, and each is for a run of its own."""

# pylint: disable=unused-import
import broker_faults
import redis_faults
import service_faults
import topic_faults
from fault import KINDS, Busy, Fault

SOUND = sorted(name for name, kind in KINDS.items() if kind.sound)
DAMAGE = sorted(name for name, kind in KINDS.items() if not kind.sound)

__all__ = ["KINDS", "SOUND", "DAMAGE", "Busy", "Fault"]
