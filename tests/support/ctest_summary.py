#!/usr/bin/env python3
"""Reads what ctest recorded (--output-junit): ctest_summary.py FILE

Prints what simulations report, each skipped test with its reason, of ctest, GoogleTest and unittest alike, then the line
`tests: N passed, N failed, N skipped`. A test of the latter two that is skipped inside a passing one of ctest is named
beside it and not counted.
"""

import re
import sys
import xml.etree.ElementTree

# What a simulation held, and after how many seeds each of its controls was caught.
REPORTED = re.compile(r"^(?:world \w+, seeds |\w+ +caught after ).*$", re.MULTILINE)
GTEST_SKIP = re.compile(r"^\[ RUN      \] (\S+)\n(?:(?!\[ ).*\n)*?.*: Skipped\n(.*)", re.MULTILINE)
UNITTEST_SKIP = re.compile(r"^(test_\w+) .*\.\.\. skipped ['\"](.*)['\"]$", re.MULTILINE)


def summary(root):
    counts, lines = {"run": 0, "fail": 0, "notrun": 0, "disabled": 0}, []
    for case in root.iter("testcase"):
        name, status = case.get("name"), case.get("status")
        counts[status] += 1
        output = case.findtext("system-out") or ""
        if status in ("notrun", "disabled"):
            said = [line for line in output.splitlines() if line.strip()]
            skipped = case.find("skipped")
            reason = said[-1] if said else skipped.get("message") if skipped is not None else status
            lines.append(f"skipped: {name}: {reason.removeprefix('skipped: ')}")
        lines += [f"{name}: {line}" for line in REPORTED.findall(output)]
        lines += [f"skipped: {name}: {test}: {reason}"
                  for skips in (GTEST_SKIP, UNITTEST_SKIP) for test, reason in skips.findall(output)]
    skipped = counts["notrun"] + counts["disabled"]
    return [*lines, f"tests: {counts['run']} passed, {counts['fail']} failed, {skipped} skipped"]


if __name__ == "__main__":
    print("\n".join(summary(xml.etree.ElementTree.parse(sys.argv[1]).getroot())))
