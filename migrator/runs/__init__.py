"""What a run is and what comes next in it: records, rules, gates, limits; pure functions and their values."""
