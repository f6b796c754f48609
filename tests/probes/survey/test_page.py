"""Links of a page as browsers see them, and how like two pages are."""

import pytest

from probes.survey.page import is_address, read, similarity

OWN = ("www.a.gov.cn", "10.0.0.1", "[fd00::1]")


def test_links_things_and_other_sites() -> None:
    text = """<html><head><base href="/sub/"><link rel=stylesheet href=s.css>
    <script src="//cdn.example.cn/x.js"></script></head>
    <a href="/a?b=1#c">A</a> <A HREF='b.html'>B</A> <a href="http://10.0.0.1/c">C</a>
    <a href="http://[fd00::1]/d">D</a> <a href="https://other.gov.cn/">E</a>
    <a href="http://10.9.9.9:8080/f">F</a> <iframe src="g"></iframe> <img src="/i.png">
    <a href="mailto:x@y">m</a> <a href="javascript:void(0)">j</a> <a href="http://[bad/">k</a>
    <a href="/中文">l</a> <a>n</a> <!DOCTYPE [<!x>"""
    page = read(text, "http://www.a.gov.cn/", OWN)
    assert page.links == ("/a?b=1", "/sub/b.html", "/c", "/d", "/sub/g")
    assert page.things == ("/sub/s.css", "/i.png")
    assert page.hosts == ("other.gov.cn", "10.9.9.9", "cdn.example.cn")


def test_many_links_are_bounded() -> None:
    text = "".join(f"<a href=/{n}>" for n in range(5000))
    assert len(read(text, "http://www.a.gov.cn/", OWN).links) == 2000


@pytest.mark.parametrize(
    ("host", "family"), [("10.0.0.1", 4), ("fd00::1", 6), ("fe80::1%eth0", 6), ("a.cn", 0)]
)
def test_addresses(host: str, family: int) -> None:
    assert is_address(host) == family


def test_similarity() -> None:
    one = "<html><title>市政务</title><p>今日 12 条</p><input name=csrf_token value=abc123>"
    assert similarity(one, one.replace("12", "97").replace("abc123", "zz9")) == 1.0
    assert similarity("", "") == 1.0
    assert similarity(one, "<html><h1>404 not found</h1>") < 0.5
