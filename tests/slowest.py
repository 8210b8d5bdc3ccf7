"""The slowest tests of ctest's runs: `slowest.py COUNT LOG…`, each LOG what ctest printed."""

import re
import sys

LINE = re.compile(r"Test\s+#\d+: (\S.*?) \.+\s*(?:\*+)?(?:Passed|Failed|Skipped)\s+([0-9.]+) sec")


def main() -> None:
    found = []
    for log in sys.argv[2:]:
        with open(log, encoding="utf-8", errors="replace") as lines:
            found += [(float(m[2]), m[1]) for m in map(LINE.search, lines) if m]
    total = sum(seconds for seconds, _ in found)
    print(f"The slowest of {len(found)} tests, which took {total:.0f} s one after the other:")
    for seconds, name in sorted(found, reverse=True)[: int(sys.argv[1])]:
        print(f"{seconds:8.1f} s  {name}")


if __name__ == "__main__":
    main()
