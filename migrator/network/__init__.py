"""Configurations of network devices that can not be run here: rendered and checked."""
