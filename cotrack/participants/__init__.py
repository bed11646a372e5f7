"""The people of the trial: screening, eligibility, enrolment, identity, and the band on the wrist."""
