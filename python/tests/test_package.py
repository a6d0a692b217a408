"""The package as others see it: its stubs, its docs, its README."""

import contextlib
import doctest
import importlib.util
import inspect
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

import bytelens
import stub_ops

ROOT = pathlib.Path(__file__).parents[2]

# What only newer interpreters have as attributes, and what has no stub on purpose.
ALLOWED = r"""
bytelens\._bytelens\.(View|Buffer)\.__(release_)?buffer__
bytelens\._bytelens\.__all__
"""


def command(*arguments):
    run = subprocess.run([sys.executable, "-m", *arguments], capture_output=True, text=True)
    return run.returncode, run.stdout + run.stderr


class Stubs(unittest.TestCase):
    def test_the_stubs_have_the_operations_of_the_registry(self):
        text = stub_ops.STUB.read_text("utf-8")
        self.assertEqual(stub_ops.with_ops(text), text, "tests/stub_ops.py --write")
        self.assertNotEqual(stub_ops.with_ops(text.replace("def blur(", "def blurr(")), text.replace("def blur(", "def blurr("))

    @unittest.skipUnless(importlib.util.find_spec("mypy"), "needs mypy")
    def test_the_stubs_are_what_is_there_and_uses_of_them_are_checked(self):
        with tempfile.TemporaryDirectory() as folder:
            allowed = pathlib.Path(folder, "allowed.txt")
            allowed.write_text(ALLOWED, "utf-8")
            arguments = ["--allowlist", str(allowed), "--ignore-unused-allowlist", "bytelens._bytelens"]
            status, output = command("mypy.stubtest", *arguments)
            self.assertEqual(status, 0, output)
            good = pathlib.Path(folder, "good.py")
            good.write_text(GOOD, "utf-8")
            status, output = command("mypy", "--strict", "--cache-dir", folder, "-p", "bytelens")
            self.assertEqual(status, 0, output)
            status, output = command("mypy", "--strict", "--cache-dir", folder, str(good))
            self.assertEqual(status, 0, output)
            wrong = pathlib.Path(folder, "wrong.py")
            wrong.write_text("import bytelens\nbytelens.View('abc')\nbytelens.Pipeline().blurr(2)\n", "utf-8")
            status, output = command("mypy", "--cache-dir", folder, str(wrong))
            self.assertEqual(output.count(": error:"), 2, output)


GOOD = """
import array
import bytelens
from typing import assert_type

view = bytelens.View(array.array("f", [1, 2]))
assert_type(view[1:], object) if False else None
assert_type(view.cast("B").tobytes(), bytes)
assert_type(bytelens.Image(view).resize("4x4", fit="cover").blur(2).view, bytelens.View)
assert_type(bytelens.Pipeline().invert() | "blur 2", bytelens.Pipeline)
assert_type(bytelens.Kernel("")(x=view, a=2.5)["y"], bytelens.View)
"""


class Docs(unittest.TestCase):
    def test_everything_public_has_a_docstring(self):
        for name in bytelens.__all__:
            thing = getattr(bytelens, name)
            self.assertTrue(inspect.getdoc(thing), name)
            if inspect.isclass(thing):
                for attribute, value in vars(thing).items():
                    if not attribute.startswith("_"):
                        self.assertTrue(inspect.getdoc(value), f"{name}.{attribute}")

    def test_the_examples_of_the_readmes_run(self):
        for name in ("README.md", "python/README.md"):
            text = (ROOT / name).read_text("utf-8")
            blocks = re.findall(r"```python\n(.*?)```", text, flags=re.DOTALL)
            self.assertTrue(blocks, name)
            with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
                os.symlink(ROOT / "examples" / "pictures" / "before.jpg", "photo.jpg")
                names = {}
                for block in blocks:
                    if ">>> " in block:
                        test = doctest.DocTestParser().get_doctest(block, names, name, name, 0)
                        runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
                        report = []
                        runner.run(test, out=report.append, clear_globs=False)
                        self.assertEqual(runner.failures, 0, "".join(report))
                        names.update(test.globs)
                    else:
                        exec(compile(block, name, "exec"), names)


if __name__ == "__main__":
    unittest.main()
