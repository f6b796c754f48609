"""The agent: what Qianyun runs on hosts. Standard library only, Python 3.9 or newer.

The Ansible module `qianyun` uses it, and ships it to /usr/local/lib/qianyun as a program.
"""
