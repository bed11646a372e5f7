"""A small believable site for training, built through the services as its people would."""
