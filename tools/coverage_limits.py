"""Holds coverage to its limits: every branch of what decides, nine tenths of the rest."""

import sys

from coverage import Coverage

WHOLE = ("rules.py", "/rules/", "policy.py", "lifecycles.py", "foundation/unit_of_work.py", "foundation/work.py")
REST_PERCENT = 90.0


def main() -> int:
    """Print each file below its limit; 1 where there is one."""
    coverage = Coverage()
    coverage.combine(keep=True)
    coverage.load()
    below = []
    statements = missed = 0
    # Templates are traced as well, because Jinja makes Python of them.
    for file in sorted(each for each in coverage.get_data().measured_files() if each.endswith(".py")):
        numbers = coverage._analyze(file).numbers  # noqa: SLF001 (the library has no public way to the branches of a file)
        if any(part in file for part in WHOLE):
            if numbers.pc_covered < 100:
                below.append(f"{file}: {numbers.pc_covered:.1f} % of 100 %")
        else:
            statements += numbers.n_statements + numbers.n_branches
            missed += numbers.n_missing + numbers.n_missing_branches
    rest = 100 * (1 - missed / statements)
    if rest < REST_PERCENT:
        below.append(f"the rest: {rest:.1f} % of {REST_PERCENT} %")
    print("\n".join(below) or f"coverage: all of what decides, {rest:.1f} % of the rest")  # noqa: T201 (it is its answer)
    return int(bool(below))


if __name__ == "__main__":
    sys.exit(main())
