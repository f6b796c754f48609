"""Tests of the playbooks, run by bare ansible-playbook on the lab's hosts."""
