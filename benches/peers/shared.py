"""What the scripts of this folder share: the Rust program that each of them asks, and modules that may be
missing."""

import importlib
import json
import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent


def built(bench, features):
    """The path of a bench: in the folder that `BYTELENS_BENCHES` names, for machines without cargo, or else
    where cargo builds it now."""
    if folder := os.environ.get("BYTELENS_BENCHES"):
        return Path(folder) / bench
    command = "cargo bench --no-default-features --no-run --message-format json --bench"
    command = [*command.split(), bench, *(["--features", features] if features else [])]
    made = subprocess.run(command, cwd=HERE.parent.parent, stdout=subprocess.PIPE)
    messages = [json.loads(line) for line in made.stdout.splitlines()]
    messages = [message for message in messages if message.get("executable")]
    programs = [one["executable"] for one in messages if one["target"]["name"] == bench]
    if made.returncode or not programs:
        sys.exit(f"the bench {bench} does not build")
    return programs[-1]


def built_apart(package):
    """The path of a program of a package of its own in this folder, built by cargo: that may take minutes."""
    target = HERE.parent.parent / "target" / package
    manifest = HERE / package / "Cargo.toml"
    command = ["cargo", "build", "--release", "--manifest-path", manifest, "--target-dir", target]
    if subprocess.run(command).returncode:
        sys.exit(f"{manifest} does not build")
    return target / "release" / f"answer_{package}"


class Program:
    """A program that does work when told to, a line at a time."""

    def __init__(self, path, *arguments):
        self.name = Path(path).name
        self.process = subprocess.Popen(
            [path, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def line(self):
        """What it says next."""
        return self.process.stdout.readline().strip()

    def ask(self, line):
        """Its answer, which may be empty."""
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        if answer := self.process.stdout.readline():
            return answer.strip()
        sys.exit(f"{self.name} ended at {line!r}")


def optional(name):
    """Imports a module, or returns None where it is not installed."""
    try:
        return importlib.import_module(name)
    except (ImportError, OSError):
        return None
