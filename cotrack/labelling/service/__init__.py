"""Asking for labels, handing them out, scanning them back, and knowing what a scan says."""
