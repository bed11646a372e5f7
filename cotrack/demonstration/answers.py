"""What the demonstration's physician answers."""

NOT_SCREENED = {
    "life_expectancy_over_3_months": "yes",
    "locally_advanced_or_metastatic": "yes",
    "other_immunosuppression": "no",
    "psychiatric_history": "no",
    "allergy_to_components": "no",
    "interfering_conditions": "no",
    "uncontrolled_illness": "no",
}
"""What the physician answers because no screening column says it."""
