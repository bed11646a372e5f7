"""A code of ours changed by a hand that has no key."""


def altered(code: str) -> str:
    """The code with another last character: whatever that was, its signature no longer holds."""
    return code[:-1] + ("A" if code[-1] != "A" else "B")
