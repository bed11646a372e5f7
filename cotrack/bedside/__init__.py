"""From the issue to the ward to the closed infusion: every check, and the start that only two checks allow."""
