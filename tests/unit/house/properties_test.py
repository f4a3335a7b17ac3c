#!/usr/bin/env python3
"""The table of invariants names tests that exist, and leaves out no invariant and no property."""

import re
import unittest

import tree

TABLE = "tests/property/README.md"
DECLARED = re.compile(r"^(?:RC_GTEST_PROP|TEST|TEST_F)\(\s*(\w+),\s*(\w+)", re.MULTILINE)
NAMED = re.compile(r"`(\w+\.\w+)`")
FILE = re.compile(r"\.(?:md|py|cc|h)$")
# Rebalancing and the reserve's use are not decided by anything yet.
ALL = set(range(1, 31)) - {18, 29}


def declared():
    found = set()
    for path in tree.files():
        if path.startswith("tests/property/") and path.endswith(".cc"):
            found |= {f"{suite}.{name}" for suite, name in DECLARED.findall("\n".join(tree.text(path)))}
    return found


class Properties(unittest.TestCase):
    def test_each_named_test_exists(self):
        named = {name for line in tree.text(TABLE) for name in NAMED.findall(line) if not FILE.search(name)}
        self.assertGreater(len(named), 30)
        self.assertEqual(named - declared(), set())

    def test_each_invariant_has_its_row(self):
        rows = [re.match(r"\| (\d+) .*`\w+\.\w+`", line) for line in tree.text(TABLE)]
        self.assertEqual({int(row[1]) for row in rows if row}, ALL)

    def test_an_invariant_that_a_test_is_named_after_has_a_row(self):
        rows = {int(number) for number in re.findall(r"^\| (\d+) ", "\n".join(tree.text(TABLE)), re.MULTILINE)}
        after = {name for name in declared() if re.search(r"\.(?:Invariant)?\d", name)}
        self.assertGreater(len(after), 20)
        for name in after:
            for number in re.findall(r"\d+", name.split(".")[1].split("_")[0]):
                self.assertIn(int(number), rows, name)


if __name__ == "__main__":
    unittest.main()
