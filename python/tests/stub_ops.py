"""The part of the stubs that comes from the registry of operations.

    python tests/stub_ops.py        # tells whether the stubs are as the registry says
    python tests/stub_ops.py --write
"""

import keyword
import pathlib
import re
import sys
import textwrap

import bytelens

STUB = pathlib.Path(__file__).parents[1] / "bytelens" / "_bytelens.pyi"


def method(op):
    parts = ["self", "/"]
    for param in op["params"]:
        name = param["name"] + "_" * keyword.iskeyword(param["name"])
        default = param["default"].replace("\\", "\\\\").replace('"', '\\"')
        parts.append(f'{name}: _Value = "{default}"')
    rows = textwrap.wrap(", ".join(parts), 100, break_long_words=False, break_on_hyphens=False)
    summary = op["doc"].splitlines()[0].strip()
    if len(rows) == 1:
        return f'    def {op["name"]}({rows[0]}) -> Self:\n        """{summary}"""\n'
    lines = "".join(f"        {row}\n" for row in rows)
    return f'    def {op["name"]}(\n{lines}    ) -> Self:\n        """{summary}"""\n'


def with_ops(text):
    """The text of the stubs with the methods of all operations between the marks."""
    methods = "".join(method(op) for op in bytelens.ops())
    made = f"    # <ops>\n{methods}    # </ops>"
    return re.sub(r"    # <ops>\n.*?    # </ops>", lambda _: made, text, flags=re.DOTALL)


def main(arguments):
    text = STUB.read_text("utf-8")
    made = with_ops(text)
    if arguments == ["--write"]:
        STUB.write_text(made, "utf-8")
        return 0
    return "the stubs are of another time: tests/stub_ops.py --write" if made != text else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
