#!/usr/bin/env python3
"""What tests/run.sh says at its end, from a record of ctest."""

import os
import sys
import unittest
import xml.etree.ElementTree

import tree

sys.path.insert(0, os.path.join(tree.ROOT, "tests", "support"))
import ctest_summary  # noqa: E402  (it lives where tests/run.sh calls it)

RECORD = """<testsuite>
  <testcase name="good" status="run"><system-out>fine</system-out></testcase>
  <testcase name="bad" status="fail"><failure message=""/><system-out>broken</system-out></testcase>
  <testcase name="lint" status="notrun"><skipped message="SKIP_RETURN_CODE=77"/>
    <system-out>skipped: buf is not installed\n</system-out></testcase>
  <testcase name="silent" status="notrun"><skipped message="SKIP_RETURN_CODE=77"/><system-out/></testcase>
  <testcase name="half" status="run"><system-out>[ RUN      ] Replay.OfTheHalfYear
replay_test.cc:12: Skipped
SANYUAN_DATASETS is not set

[  SKIPPED ] Replay.OfTheHalfYear (0 ms)
[ RUN      ] Replay.OfADay
[       OK ] Replay.OfADay (1 ms)
</system-out></testcase>
  <testcase name="chaos" status="run"><system-out>test_a_cut (__main__.Log.test_a_cut) ... ok
test_made_anew (__main__.Log.test_made_anew) ... skipped 'librdkafka 2.8 ends'
</system-out></testcase>
</testsuite>"""


class Summary(unittest.TestCase):
    def test_each_skipped_test_is_named_with_its_reason_and_all_are_counted(self):
        self.assertEqual(
            ctest_summary.summary(xml.etree.ElementTree.fromstring(RECORD)),
            [
                "skipped: lint: buf is not installed",
                "skipped: silent: SKIP_RETURN_CODE=77",
                "skipped: half: Replay.OfTheHalfYear: SANYUAN_DATASETS is not set",
                "skipped: chaos: test_made_anew: librdkafka 2.8 ends",
                "tests: 3 passed, 1 failed, 2 skipped",
            ],
        )


if __name__ == "__main__":
    unittest.main()
