"""Facts and obligations: what a city has, who said so, and what has changed."""
