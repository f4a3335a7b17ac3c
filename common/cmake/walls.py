#!/usr/bin/env python3
"""Fails the build when a source includes what its layer may not see (the table is walls.toml).

  walls.py --source DIR --build DIR --targets FILE --stamp FILE

FILE of --targets holds a line `target;layer;object;object...` for each target. Prints every breach with the
file, the header, the layer and the #include that opened the way, and exits with 1; without a breach it
writes the stamp.
"""

import argparse
import dataclasses
import functools
import os
import re
import sys
import tomllib

import ninja_deps

INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]')


class Table:
    def __init__(self, path):
        with open(path, "rb") as file:
            text = tomllib.load(file)
        self.parts = {
            name: re.compile("(?:^|/)(?:" + "|".join(patterns) + ")") for name, patterns in text["parts"].items()
        }
        self.layers = text["layers"]
        self.folders = [(re.compile(folder), layer) for folder, layer in text["folders"].items()]
        self.only = text["only"]
        self.free = tuple(text["free"]["folders"])

    def part_of(self, header, names):
        return next((name for name in names if self.parts[name].search(header)), None)


class Tree:
    """Paths as the table spells them: ours from the root of the sources, `gen/...` for generated files."""

    def __init__(self, source, build):
        self.source, self.build = os.path.realpath(source), os.path.realpath(build)

    @functools.cache
    def spell(self, path):
        path = os.path.realpath(os.path.join(self.build, path))
        if path.startswith(self.build + "/"):
            return "gen/" + path[len(self.build) + 1 :]
        return path[len(self.source) + 1 :] if path.startswith(self.source + "/") else path

    @staticmethod
    def is_ours(path):
        return not path.startswith(("/", "gen/"))

    @functools.cache
    def includes(self, path):
        """(line number, spelling) of each #include of one of our files."""
        with open(os.path.join(self.source, path), encoding="utf-8") as file:
            found = [(number, INCLUDE.match(line)) for number, line in enumerate(file, 1)]
        return [(number, match[1]) for number, match in found if match]

    @functools.cache
    def reaches(self, path):
        """One of our files and what it includes of ours, by the #include lines."""
        found, ahead = set(), [path]
        while ahead:
            path = ahead.pop()
            if path not in found and os.path.exists(os.path.join(self.source, path)):
                found.add(path)
                ahead += (spelling for _, spelling in self.includes(path))
        return found

    @functools.cache
    def headers(self, folder):
        names = sorted(os.listdir(os.path.join(self.source, folder)))
        return [f"{folder}/{name}" for name in names if name.endswith(".h")]


@dataclasses.dataclass(frozen=True)
class Compiled:
    """One object."""

    sources: list  # one, or those that were compiled together
    files: list  # all that was read

    @staticmethod
    def of(tree, read):
        # With sanitizers clang names their list of exceptions before the source.
        read = [file for file in read if not file.endswith("_ignorelist.txt")]
        together = [file for file in read if tree.is_ours(file) and file.endswith(".cc")]
        return Compiled(together if re.search("/Unity/unity_[^/]+$", read[0]) else read[:1], read)

    def source_of(self, tree, file):
        """The source that brought the file in."""
        return next((source for source in self.sources if file in tree.reaches(source)), self.sources[0])


@dataclasses.dataclass(frozen=True)
class Target:
    name: str
    layer: str
    compiled: list  # of Compiled

    def folders(self):
        return {os.path.dirname(source) for compiled in self.compiled for source in compiled.sources}


def way_in(tree, files, header):
    """The #include among `files` that names `header`; "" if only a foreign header does."""
    for path in filter(tree.is_ours, files):
        for number, spelling in tree.includes(path):
            if header == spelling or header.endswith("/" + spelling):
                return f"{path}:{number}"
    return ""


def source_breaches(table, tree, layer, compiled):
    """What one compilation reads and may not. Of each part one header is named, best one that we include."""
    files, row = compiled.files, table.layers[layer]
    for source in compiled.sources:
        for folder, wanted in table.folders:
            if folder.match(source) and layer != wanted:
                yield f"{source}: is of layer {wanted} by its folder, but its target says {layer}"

    forbidden = {}
    for file in files:
        forbidden.setdefault(table.part_of(file, row["reaches_no"]), []).append(file)
    forbidden.pop(None, None)
    for part, headers in forbidden.items():
        header = next((header for header in headers if way_in(tree, files, header)), headers[0])
        by = way_in(tree, files, header)
        source = compiled.source_of(tree, by.rpartition(":")[0])
        by = by or "a header of another library"
        yield f"{source}: layer {layer} may not see {part}: {header}, included by {by}"

    context = re.match(r"services/([^/]+)/", compiled.sources[0])
    ours = tuple(start.format(context=context[1] if context else "-") for start in row.get("ours", [""]))
    for file in filter(tree.is_ours, files):
        if not file.startswith(ours) and file not in compiled.sources:
            source = compiled.source_of(tree, file)
            yield f"{source}: layer {layer} may not see {file}, included by {way_in(tree, files, file)}"


def naming_breaches(table, tree, layer, path):
    """What the #include lines of one of the layer's own files name and may not."""
    for number, spelling in tree.includes(path):
        part = table.part_of(spelling, table.layers[layer].get("names_no", []))
        if part:
            yield f"{path}:{number}: layer {layer} may not name {part}: {spelling}"
        for part, folders in table.only.items():
            if table.part_of(spelling, [part]) and not path.startswith(tuple(folders)):
                yield f"{path}:{number}: only {', '.join(folders)} may name {part}: {spelling}"


def target_breaches(table, tree, target, layers_in):
    """`layers_in`: for each folder the layers of the targets that have sources in it."""
    row = table.layers.get(target.layer)
    if row is None:
        yield f"{target.name}: unknown layer '{target.layer}', known are {', '.join(table.layers)}"
        return
    clients = {}
    # What is compiled from generated sources alone has nobody to be held to it.
    held = [compiled for compiled in target.compiled
            if compiled.sources and not compiled.sources[0].startswith(table.free)]
    for compiled in held:
        yield from source_breaches(table, tree, target.layer, compiled)
        for part in (table.part_of(file, row.get("one_of", [])) for file in compiled.files):
            clients.setdefault(part, compiled.sources[0])
    clients.pop(None, None)
    if len(clients) > 1:
        seen = ", ".join(f"{part} by {source}" for part, source in clients.items())
        yield f"{target.name}: layer {target.layer} may see one client library only: {seen}"

    # Where a port and its engines share a folder, a header counts for the targets that compile it.
    own = {source for compiled in held for source in compiled.sources}
    for folder in sorted({os.path.dirname(source) for source in own if tree.is_ours(source)}):
        shared = len(layers_in[folder]) > 1
        own |= {h for h in tree.headers(folder) if not shared or any(h in compiled.files for compiled in held)}
    for path in sorted(filter(tree.is_ours, own)):
        yield from naming_breaches(table, tree, target.layer, path)


def read_targets(tree, listing, log):
    dependencies = {tree.spell(built): files for built, files in ninja_deps.read(log).items()}
    with open(listing, encoding="utf-8") as file:
        for line in filter(None, map(str.strip, file)):
            name, layer, *objects = line.split(";")
            missing = [built for built in objects if tree.spell(built) not in dependencies]
            if missing:
                raise ValueError(f"{name}: {log} does not know what {missing[0]} was compiled from")
            read = (list(map(tree.spell, dependencies[tree.spell(built)])) for built in objects)
            compiled = [Compiled.of(tree, files) for files in read]
            yield Target(name, layer, compiled)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for option in ("--source", "--build", "--targets", "--stamp"):
        parser.add_argument(option, required=True)
    args = parser.parse_args()
    table = Table(os.path.join(os.path.dirname(os.path.abspath(__file__)), "walls.toml"))
    tree = Tree(args.source, args.build)
    targets = list(read_targets(tree, args.targets, os.path.join(args.build, ".ninja_deps")))
    layers_in = {}
    for target in targets:
        for folder in target.folders():
            layers_in.setdefault(folder, set()).add(target.layer)

    breaches = [line for target in targets for line in target_breaches(table, tree, target, layers_in)]
    for line in dict.fromkeys(breaches):
        print(f"walls: {line}", file=sys.stderr)
    if breaches:
        print("walls: what each layer may see stands in common/cmake/walls.toml", file=sys.stderr)
        return 1
    with open(args.stamp, "w", encoding="utf-8") as stamp:
        stamp.write(f"{sum(len(compiled.sources) for target in targets for compiled in target.compiled)} sources, {len(targets)} targets\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
