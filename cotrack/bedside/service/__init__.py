"""Issue, receipt, checks, thaw, start, end: what is done with a bag between the freezer and the vein."""
