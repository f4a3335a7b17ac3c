#!/usr/bin/env python3
"""What the state holds, its digests hold: `Fields` of a struct names every member.

A member that is forgotten there would be in no snapshot, no state digest and no business digest."""

import re
import unittest

import tree

STRUCT = re.compile(r"\bstruct\s+(\w+)[^;{}()]*\{")
VISITED = re.compile(r"\bself\.(\w+)")
NO_MEMBER = re.compile(r"^(?:using|static|friend|enum|struct|class|template|typedef|public|private)\b")


def block(text, start):
    """The text between the brace before `start` and its partner, and where it ends."""
    depth, at = 1, start
    while depth:
        depth += {"{": 1, "}": -1}.get(text[at], 0)
        at += 1
    return text[start : at - 1], at


def without_blocks(text):
    """What stands outside of braces, each block closed by a semicolon."""
    out, at = [], 0
    while (brace := text.find("{", at)) >= 0:
        out += [text[at:brace], ";"]
        _, at = block(text, brace + 1)
    return "".join(out) + text[at:]


def without_arguments(text):
    """`std::pair<A, B>` as `std::pair`."""
    while (shorter := re.sub(r"<[^<>]*>", "", text)) != text:
        text = shorter
    return text


def members(body):
    found = set()
    for statement in without_arguments(without_blocks(body)).split(";"):
        statement = " ".join(statement.split())
        if not statement or NO_MEMBER.match(statement) or "(" in statement or "operator" in statement:
            continue
        for declared in statement.split(","):
            name = re.search(r"(\w+)(?:\[\w*\])?$", declared.split("=")[0].strip())
            if name:
                found.add(name[1])
    return found


def structs(text):
    """Name, members and visited members of each struct that has Fields of its own."""
    text = re.sub(r"//[^\n]*|/\*.*?\*/", "", text, flags=re.DOTALL)
    for match in STRUCT.finditer(text):
        body, _ = block(text, match.end())
        own = re.sub(r"\bstruct\s+\w+[^;{}()]*\{", lambda m: "struct{", body)
        fields = re.search(r"static void Fields\([^)]*\)\s*\{", own)
        # Of a struct inside: judged when its own turn comes.
        if not fields or own[: fields.start()].count("{") != own[: fields.start()].count("}"):
            continue
        visits, _ = block(own, fields.end())
        yield match[1], members(body), set(VISITED.findall(visits))


class Fields(unittest.TestCase):
    def test_every_member_of_every_row_is_visited(self):
        count = 0
        for path in tree.files():
            if not path.endswith(".h") or not path.startswith(("services/", "common/")):
                continue
            for name, has, visits in structs("\n".join(tree.text(path))):
                count += 1
                self.assertEqual(has - visits, set(), f"{path}: {name} has members that Fields does not name")
        self.assertGreater(count, 100)

    def test_a_forgotten_member_is_noticed(self):
        [(name, has, visits)] = structs("""
            struct Row : Key {
              enum class Kind : int32_t { kOne = 1 };
              Code licence;
              std::map<Code, std::pair<int64_t, int64_t>> sums;  // Not said.
              int64_t reserved = 0, consumed{0};
              int64_t Sum() const { return reserved + consumed; }
              bool operator==(const Row&) const = default;
              static void Fields(auto& self, auto&& visit) { visit(self.licence, self.reserved, self.consumed); }
            };""")
        self.assertEqual((name, has - visits), ("Row", {"sums"}))


if __name__ == "__main__":
    unittest.main()
