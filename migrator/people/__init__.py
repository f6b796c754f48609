"""Who a person is: roles, what they permit, passwords, organisations."""
