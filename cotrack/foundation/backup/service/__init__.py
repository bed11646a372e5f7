"""What people do with back-ups: make one, try one, restore one."""
