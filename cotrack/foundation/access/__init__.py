"""People, their roles, their sign-ins and their signatures."""
