"""The collector rests while anybody asks it to, and comes back."""

import gc
import threading
import weakref

import pytest

from api.http.collector import paused, settled


class Thing:
    """Something that can be watched."""


def test_the_last_who_leaves_turns_it_on_again() -> None:
    assert gc.isenabled()
    inside, go = threading.Event(), threading.Event()

    def other() -> None:
        with paused():
            inside.set()
            go.wait(30)

    with paused():
        thread = threading.Thread(target=other)
        thread.start()
        assert inside.wait(30)
        assert not gc.isenabled()
    assert not gc.isenabled()  # the other is still at work
    go.set()
    thread.join(30)
    assert gc.isenabled()


def test_it_is_left_as_it_was() -> None:
    gc.disable()
    try:
        with paused():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
    with pytest.raises(ZeroDivisionError), paused():
        _ = 1 / 0
    assert gc.isenabled()


def test_what_is_settled_still_goes_when_nobody_holds_it() -> None:
    thing = Thing()
    seen = weakref.ref(thing)
    settled()
    try:
        assert gc.get_freeze_count() > 0
        del thing
        assert seen() is None
    finally:
        gc.unfreeze()
