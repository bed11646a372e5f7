"""The outside of labels: drawing, reading back, printers."""
