"""Who is woken, by what, and what for: Prometheus's and Alertmanager's configuration of an estate."""
