"""What both strategies say of the same refusal, as it was read on the lab, becomes one sentence."""

import pytest

from inventory.halves import halves
from migrator.attempts.refusals import NOT_RUN, explained

PASSWORD = "sudo 密码不对或没有设置"
KEY = "主机密钥与登记的不符"
REACH = "SSH 连不上主机"
RUN = NOT_RUN[0]
BUSY = "本机太忙，Ansible 没有启动"

READ = [
    (
        BUSY,
        "ERROR! Unexpected Exception, this is probably a bug: Local RPC server did not start.",
        "Local RPC server did not start.",
    ),
    (PASSWORD, "Task failed: Incorrect sudo password", "Incorrect sudo password"),
    (PASSWORD, "Task failed: Missing sudo password", "Missing"),
    (
        PASSWORD,
        "Task failed: error occurred on host zw-file-01: sudo password is incorrect",
        "sudo password is incorrect",
    ),
    (
        KEY,
        'Task failed: Data could not be sent to remote host "10.30.0.13". Make sure this host can be '
        "reached over ssh: @@@@@@@@@@@@@@@@@@@@@@@@@@@@\n@    WARNING: REMOTE HOST IDENTIFICATION HAS "
        "CHANGED!     @\n@@@@@@@@@@@@@@@@@@@@@@@@@@@@\nHost key verification failed.",
        "Host key verification failed.",
    ),
    (
        KEY,
        "Task failed: Host key checking is enabled, and SSH reported an unrecognized or mismatching "
        "host key.",
        "mismatching host key",
    ),
    (
        REACH,
        'Task failed: Data could not be sent to remote host "10.30.0.13". Make sure this host can be '
        "reached over ssh: ssh: connect to host 10.30.0.13 port 22: No route to host",
        "port 22: No route to host",
    ),
    (
        REACH,
        "Task failed: EOF on stream; last 100 lines received:\nssh: connect to host 10.30.0.13 port "
        "22: No route to host",
        "ssh: connect to host 10.30.0.13 port 22: No route to host",
    ),
    (
        REACH,
        "Task failed: Mitogen was disconnected from the remote environment while a call was "
        "in-progress.",
        "while a call was in-progress",
    ),
    (
        RUN,
        "Task failed: error occurred on host zw-file-01: EOF on stream; last 100 lines received:\n"
        "mitogen-sudo-prompt:\nqianyun is not in the sudoers file.",
        "qianyun is not in the sudoers file.",
    ),
    (
        RUN,
        "Task failed: error occurred on host zw-file-01: EOF on stream; last 100 lines received:\n"
        "qianyun 不在 sudoers 文件中。",
        "qianyun 不在 sudoers 文件中。",
    ),
    (
        RUN,
        "Task failed: EOF on stream; last 100 lines received:\n/usr/bin/env: '/usr/bin/python3': No "
        "such file or directory",
        "'/usr/bin/python3': No such file",
    ),
    (  # Python 3.8
        RUN,
        'Task failed: builtins.TypeError\n  File "master:/lib/ansible/module_utils/_internal/_datatag/'
        '__init__.py", line 504, in <module>\n    class _AnsibleTagsMapping(dict[type[_T], _T]):',
        "_AnsibleTagsMapping(dict[type[_T], _T])",
    ),
]


@pytest.mark.parametrize(("told", "message", "kept"), READ)
def test_one_sentence_in_both_languages_with_what_was_read(
    told: str, message: str, kept: str
) -> None:
    said = explained(message)
    zh, en = halves(said)
    assert zh.startswith(halves(told)[0])
    assert kept in zh
    assert kept in en
    assert "last 100 lines" not in said
    assert "@@@" not in said


def test_what_is_no_refusal_stays_as_it_is() -> None:
    assert explained("目标磁盘空间不足 / too little room") == "目标磁盘空间不足 / too little room"
