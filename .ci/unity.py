#!/usr/bin/python3
"""usage: unity.py ROOT OUT   Says which sources are compiled as one: `GROUP SOURCE` lines in OUT.

A file costs more for what it includes than for what it says, so up to SIZE neighbours are compiled
together. Two files that give the same name to things of their own (in an anonymous
namespace, or a macro) never come together, so no file need care who its neighbours are. OUT is
written only when it changes: the build is configured anew then.
"""
import collections
import glob
import os
import re
import sys

SIZE = 6
# It depends on a program that is built: within a unit nothing would tell.
ALONE = {"executors/functions/embedded.cc"}
FOLDERS = ("base", "asl", "engine", "executors", "api", "tests")
# clang-format leaves what a namespace holds at the left margin.
DECLARED = re.compile(
    r"^(?:(?:struct|class|enum(?: class)?|using|#define|MATCHER\w*\() *(\w+)"
    r"|[\w:<>,*&\[\] ]*?(?<!::)\b(\w+)(?: *[({=;\[]|$))")
IGNORED = ("namespace", "TEST", "INSTANTIATE_", "TYPED_TEST", "#include", "#pragma", "//", "extern",
           "public:", "private:", "protected:")


def own_names(path):
    with open(path, encoding="utf-8") as f:
        lines = f.read().split("\n")
    names = set()
    for line in lines:
        if line[:1] in "}\t \"(" or line.startswith(IGNORED):
            continue
        found = DECLARED.match(line)
        if found:
            names.add(found.group(1) or found.group(2))
    return names


def groups(sources):
    """Lists of files, none of which has a name of another: first within each folder, so that a new
    file moves only its neighbours; then what is left small, within each target."""
    small, full = collections.defaultdict(list), []
    for folder in gathered([([path], own_names(path)) for path in sorted(set(sources) - ALONE)],
                           os.path.dirname).values():
        for group in folder:
            if len(group[0]) < SIZE:
                small[target_of(group[0][0])].append(group)
            else:
                full.append(group)
    for target in small.values():
        full += gathered(target, target_of)[target_of(target[0][0][0])]
    return [sorted(files, key=lambda path: (not includes_own_header(path), path))
            for files, _ in full]


def gathered(groups, place_of):
    """Puts groups of one place together, each where it fits first: {place: [(files, names)]}."""
    placed = collections.defaultdict(list)
    for files, names in groups:
        for others, taken in placed[place_of(files[0])]:
            if len(others) + len(files) <= SIZE and not names & taken:
                others += files
                taken |= names
                break
        else:
            placed[place_of(files[0])].append((files, names))
    return placed


def target_of(path):
    """Files of two targets cannot be compiled as one."""
    folders = path.split("/")
    return "/".join(folders[:2 if folders[0] == "tests" else 1])


def includes_own_header(path):
    """Such a file goes first: its header is then known to compile alone (tests/tidy_test)."""
    with open(path, encoding="utf-8") as f:
        first = re.search(r'^#include ["<]([^">]*)', f.read(), re.M)
    return first is not None and first.group(1) == path[:-3] + ".h"


def main():
    root, out = sys.argv[1:]
    sources = [os.path.relpath(path, root) for folder in FOLDERS
               for path in glob.glob(os.path.join(root, folder, "**/*.cc"), recursive=True)]
    os.chdir(root)
    text = "".join("%s.cc %s\n" % (re.sub(r"\W", "_", files[0][:-3]), path)
                   for files in groups(sources) for path in files)
    if not os.path.exists(out) or open(out, encoding="utf-8").read() != text:
        with open(out, "w", encoding="utf-8") as f:
            f.write(text)


if __name__ == "__main__":
    main()
