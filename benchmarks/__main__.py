"""Every benchmark, as one table of Markdown: `python -m benchmarks`, or `make bench`.

Takes about 18 minutes. Name modules to run these only, such as
`python -m benchmarks app_clicks`. Ends with 1 if a line does not hold.
"""

import argparse
import sys
import time
from importlib import import_module

from benchmarks.report import Line, machine, table

MODULES = (
    "app_clicks",
    "app_click_cost",
    "app_many_attributes",
    "app_in_chromium",
    "app_on_a_slow_line",
    "app_opening",
    "app_route",
    "app_start",
    "sandbox_collector",
    "sandbox_service",
    "sandbox_users",
    "sandbox_stream",
    "sandbox_noise",
)


def main(names: list[str]) -> int:
    """Run the benchmarks with these names, all by default, and print what they say."""
    began = time.monotonic()
    lines: list[Line] = []
    for name in names or MODULES:
        print(f"{name} …", file=sys.stderr)
        lines += import_module(f"benchmarks.{name}").lines()
    print(f"{table(lines)}\n\n{machine()}; {(time.monotonic() - began) / 60:.0f} minutes")
    return int(not all(line.holds for line in lines))


def asked_for(arguments: list[str]) -> list[str]:
    """The names that somebody gave. Ends the process with 2 if one is not a benchmark's."""
    parser = argparse.ArgumentParser("python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", help=", ".join(MODULES))
    names: list[str] = parser.parse_args(arguments).names
    for name in set(names) - set(MODULES):
        parser.error(f"there is no benchmark {name}. There are {', '.join(MODULES)}")
    return names


if __name__ == "__main__":
    sys.exit(main(asked_for(sys.argv[1:])))
