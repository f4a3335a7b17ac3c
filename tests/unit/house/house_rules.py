"""What holds for every file of the project: a rule gets lines and yields complaints `line number: what`."""

import glob
import itertools
import os
import re

LINES_AT_MOST = 700
SOURCES = (".cc", ".h", ".proto", ".py", ".sh", ".cmake", ".pml", ".ts", ".tsx", ".js")
COLUMNS_AT_MOST = 110

# The brackets keep each pattern from finding itself.
FORBIDDEN = {
    "a path of one machine": re.compile(r"(?<![\w.])/(?:wor[k]|hom[e]|roo[t]|User[s])/"),
    "a folder beside the checkout": re.compile(r"\.\./share[d]\b"),
    "a document that readers do not have": re.compile(r"\b(?:design|domain|facts|style)\.m[d]\b"),
    "a left-over": re.compile(r"\b(?:TOD[O]|FIXM[E]|XX[X])\b"),
}
# Only the pipeline may look for data sets beside the checkout.
EXCEPTIONS = {("a folder beside the checkout", ".ci/run")}


def too_long(path, lines):
    if path.endswith(SOURCES) and len(lines) > LINES_AT_MOST:
        yield f"{path}: {len(lines)} lines, at most {LINES_AT_MOST}"


def forbidden(path, lines):
    for number, line in enumerate(lines, 1):
        for what, pattern in FORBIDDEN.items():
            if pattern.search(line) and (what, path) not in EXCEPTIONS:
                yield f"{path}:{number}: {what}: {line.strip()}"


LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)\s]*)?\)")
CODE = re.compile(r"`([^`]+)`")
# Words of code that are paths of ours: they start with one of these or are a file at the top.
TOP = re.compile(r"^(?:\.ci|common|deploy|proto|services|tests)/[\w./<>{},*-]*$|^[\w.-]+\.md$|^CMake\w+\.(?:txt|json)$|^LICENSE$")


def braces(word):
    """a/{b,c} -> a/b, a/c."""
    inner = re.search(r"\{([^{}]*)\}", word)
    if not inner:
        return [word]
    return list(itertools.chain.from_iterable(
        braces(word[: inner.start()] + option + word[inner.end() :]) for option in inner[1].split(",")
    ))


def exists(root, base, word):
    """A path may be meant from the top or from its README's folder; <context> and * stand for any name."""
    pattern = re.sub(r"<[^<>]*>", "*", word).rstrip("/")
    return any(glob.glob(os.path.join(start, pattern)) for start in (root, os.path.join(root, base)))


def missing_paths(root, path, lines):
    """Paths that a README names, in links and in code, and that are not there."""
    base, in_block = os.path.dirname(path), False
    for number, line in enumerate(lines, 1):
        in_block ^= line.lstrip().startswith("```")
        words = [word for word in LINK.findall(line) if "://" not in word and not word.startswith("mailto:")]
        pieces = [line] if in_block else CODE.findall(line)
        # A line of a source may follow a path: common/log/log.h:12.
        candidates = (re.sub(r":\d+$", "", word.rstrip(".,;:")) for piece in pieces for word in piece.split())
        words += [word for word in candidates if TOP.match(word)]
        for word in itertools.chain.from_iterable(map(braces, words)):
            if not exists(root, base, word):
                yield f"{path}:{number}: names {word}, which does not exist"
