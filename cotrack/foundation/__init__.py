"""What everything stands on; it knows no cell, no lot and no patient."""
