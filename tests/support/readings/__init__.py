"""How a label is seen: its paper, what a camera makes of it, and the decoders that read the picture."""
