"""What is moved, how and when: dispositions, groups, means, waves; pure functions and their values."""
