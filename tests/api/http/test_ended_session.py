"""A form that outlived its session: what was typed comes back, and why is said."""

from typing import Any

from api.bootstrap import Qianyun
from migrator.people.rights import Role
from tests.api.http.test_page_deeds import HTML, Browser

TYPED = "理由：<b>须</b>先核对台账"


def out(browser: Browser) -> None:
    browser.cookies.clear()


def test_a_plain_form_comes_back_with_its_fields(plan: dict[str, Any], product: Qianyun) -> None:
    zhao = Browser(product, Role.APPROVER)
    out(zhao)
    path = f"/plans/{plan['code']}/do/reject"
    told = {"reason": TYPED, "digest": "d" * 64, "password": "geheim", "csrf_token": "old"}
    answer = zhao.post(path, HTML, data=told)
    assert answer.status_code == 401
    assert "&lt;b&gt;须&lt;/b&gt;先核对台账" in answer.text
    assert f'action="{path}"' in answer.text
    assert "geheim" not in answer.text
    assert product.truth.plans.record(plan["code"]).state == "draft"


def test_a_dialog_is_left_as_it_is_and_told(plan: dict[str, Any], product: Qianyun) -> None:
    zhao = Browser(product, Role.APPROVER)
    out(zhao)
    path = f"/plans/{plan['code']}/do/reject"
    answer = zhao.post(path, HTML | {"HX-Request": "true"}, data={"reason": TYPED})
    assert (answer.status_code, answer.headers["hx-trigger"]) == (204, "session-ended")
    assert "hx-redirect" not in answer.headers


def test_who_only_looks_is_shown_the_door_and_led_back(
    plan: dict[str, Any], product: Qianyun
) -> None:
    zhao = Browser(product, Role.APPROVER)
    out(zhao)
    answer = zhao.get(f"/plans/{plan['code']}?page=2", HTML)
    assert answer.status_code == 303
    assert answer.headers["location"] == f"/sign-in?next=/plans/{plan['code']}%3Fpage%3D2"
