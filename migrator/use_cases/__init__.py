"""What a person may ask for; authorisation and audit are here, below every way in."""
