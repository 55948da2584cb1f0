"""Numbers that anyone can repeat: `make benchmarks`, or `python -m benchmarks [NAME ...] [--quick]`.

Each benchmark is a module of this folder with a function ``measure(*, quick)`` that returns figures, and runs in a
process of its own. What it found is stored in docs/benchmarks/NAME.json, and docs/benchmarks.md is written from all
that is stored there. A quick run shows that it works: its figures say little, and go to var/benchmarks/quick.
"""

import argparse
from pathlib import Path

from benchmarks import page
from benchmarks.figures import Result
from benchmarks.rounds import apart
from benchmarks.running import run

NAMES = (
    "authenticate",
    "remembered",
    "revocations",
    "purge",
    "jobs",
    "backup",
    "migrating",
    "ai_chat_append",
    "loops",
    "sign_ins",
    "scale",
    "soak",
    "replicas",
    "transfer",
)
"""In the order of the page."""
ROOT = Path(__file__).parents[1]


def main() -> None:
    """Run them, print them, and write the page."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Numbers that anyone can repeat.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"all unless told: {', '.join(NAMES)}")
    parser.add_argument("--quick", action="store_true", help="small, into var/benchmarks/quick: whether it works")
    parser.add_argument("--page", action="store_true", help="only write the page anew from what is stored")
    asked = parser.parse_args()
    if unknown := set(asked.names) - set(NAMES):
        parser.error(f"there is no {', '.join(sorted(unknown))}")
    docs = ROOT / ("var/benchmarks/quick" if asked.quick else "docs")
    stored = docs / "benchmarks"
    stored.mkdir(parents=True, exist_ok=True)
    for name in () if asked.page else asked.names or NAMES:
        result: Result = apart(run, name, asked.quick)
        (stored / f"{name}.json").write_text(result.model_dump_json(indent=1, exclude_defaults=True) + "\n")
        print(page.section(result), flush=True)
    files = [file for name in NAMES if (file := stored / f"{name}.json").exists()]
    page.write(docs, [Result.model_validate_json(file.read_text()) for file in files])


if __name__ == "__main__":
    main()
