#!/usr/bin/env python3
"""The house rules on the files of the project, and on lines that break them."""

import os
import tempfile
import unittest

import house_rules
import tree


class HouseRules(unittest.TestCase):
    def complaints(self, rule, chosen=lambda path: True):
        found = []
        for path in filter(chosen, tree.files()):
            found += rule(path, tree.text(path))
        return found

    def assert_none(self, found):
        self.assertFalse(found, "\n" + "\n".join(found))

    def test_the_project_is_found(self):
        self.assertIn("common/cmake/walls.py", tree.files())
        self.assertFalse([path for path in tree.files() if path.startswith("build/")])

    def test_no_hand_written_source_is_too_long(self):
        self.assert_none(self.complaints(house_rules.too_long))

    def test_no_file_speaks_of_one_machine_or_of_what_readers_do_not_have(self):
        self.assert_none(self.complaints(house_rules.forbidden))

    def test_every_path_that_a_readme_names_exists(self):
        def rule(path, lines):
            return house_rules.missing_paths(tree.ROOT, path, lines)

        self.assert_none(self.complaints(rule, lambda path: os.path.basename(path) == "README.md"))


class TheRulesCanFail(unittest.TestCase):
    def test_a_source_of_701_lines(self):
        self.assertFalse(list(house_rules.too_long("a.cc", [""] * 700)))
        self.assertTrue(list(house_rules.too_long("a.cc", [""] * 701)))
        self.assertFalse(list(house_rules.too_long("a.csv", [""] * 701)))

    def test_words_that_do_not_belong(self):
        for line in ("x = '/wor" + "k/y'", "// see design" + ".md", "// TOD" + "O: later", "cat .." + "/shared/data"):
            with self.subTest(line):
                self.assertTrue(list(house_rules.forbidden("a.h", [line])))
        for line in ("a network/home/b", "workload", "https://example.org/x/home/", "domain/order_window.h"):
            with self.subTest(line):
                self.assertFalse(list(house_rules.forbidden("a.h", [line])))
        self.assertFalse(list(house_rules.forbidden(".ci/run", ["ls .." + "/shared/data"])))

    def test_a_readme_that_names_a_path_that_is_gone(self):
        with tempfile.TemporaryDirectory() as root:
            os.makedirs(os.path.join(root, "services", "registry", "domain"))
            os.makedirs(os.path.join(root, "common"))
            open(os.path.join(root, "common", "a.h"), "w", encoding="utf-8").close()

            def missing(line, path="README.md"):
                return len(list(house_rules.missing_paths(root, path, ["```", line, "```"] if line[0] == " " else [line])))

            self.assertEqual(missing("see `common/a.h`, `common/a.h:12`, [code](common/a.h#L3) and `services/<context>/domain/`"), 0)
            self.assertEqual(missing("`common/{a,b}.h`"), 1)
            self.assertEqual(missing("[gone](common/gone.h)"), 1)
            self.assertEqual(missing("`services/*/gone/`"), 1)
            self.assertEqual(missing("`domain/`, [d](domain/) and `services/registry/x`", "services/registry/README.md"), 1)
            self.assertEqual(missing("  deploy/quickstart.sh --seed 7"), 1)
            self.assertEqual(missing("  sanyuanctl journal verify --checkpoint heads.json"), 0)
            self.assertEqual(missing("`build/release/bin/sanyuan`, `--data DIR`, [web](https://example.org/a)"), 0)


if __name__ == "__main__":
    unittest.main()
