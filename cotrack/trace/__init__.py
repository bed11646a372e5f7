"""Looking at the whole: where a lot went, and where a bag came from."""
