#!/usr/bin/python3
# budget: 180 s
"""The AWS SDK for JavaScript v3 against the real server. Its packages are installed once, at pinned
versions, into build/e2e-js."""
import os
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from server import ROOT, Server  # noqa: E402

SOURCE = os.path.join(ROOT, "tests/e2e/js")
FOLDER = os.path.join(ROOT, "build/e2e-js")


def installed():
    """True if the packages are there, of the versions that package.json names now."""
    stamp = os.path.join(FOLDER, "installed.json")
    with open(os.path.join(SOURCE, "package.json"), encoding="utf-8") as f:
        wanted = f.read()
    os.makedirs(FOLDER, exist_ok=True)
    if os.path.exists(stamp):
        with open(stamp, encoding="utf-8") as f:
            if f.read() == wanted:
                return True
    shutil.copy(os.path.join(SOURCE, "package.json"), FOLDER)
    npm = subprocess.run(["npm", "install", "--no-audit", "--no-fund", "--loglevel=error"],
                         cwd=FOLDER, timeout=600)
    if npm.returncode != 0:
        return False
    with open(stamp, "w", encoding="utf-8") as f:
        f.write(wanted)
    return True


def main():
    if not shutil.which("node") or not shutil.which("npm"):
        print("SKIP node or npm is not installed")
        print("0 passed, 0 failed")
        return 0
    if not installed():
        print("SKIP the packages of tests/e2e/js cannot be installed: no registry in reach?")
        print("0 passed, 0 failed")
        return 0
    for script in ("sdk.mjs", "s3.mjs"):
        shutil.copy(os.path.join(SOURCE, script), FOLDER)
    server = Server()
    try:
        script = subprocess.run(["node", "sdk.mjs"], cwd=FOLDER, env=server.environment(),
                                timeout=170, stdout=subprocess.PIPE, text=True)
        lines = script.stdout
    finally:
        status = server.stop()
    sys.stdout.write(lines)
    if status != 0:
        print("FAIL the server ended with status %s" % status)
    return script.returncode or (1 if status != 0 else 0)


if __name__ == "__main__":
    sys.exit(main())
