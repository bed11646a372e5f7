"""Back-ups: one file that holds a copy of the database and the signed head that it must restore to."""
