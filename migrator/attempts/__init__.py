"""One run of one step: its folder, its processes, Ansible in it, and that they are seen to be gone."""
