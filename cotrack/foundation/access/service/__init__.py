"""What is done with people, sign-ins and signatures."""
