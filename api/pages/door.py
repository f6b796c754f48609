"""Signing in and out, and how a person wants to see pages (language, light or dark)."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from api.pages.frame import THEMES
from api.pages.site import LANGUAGE, THEME, YEAR, Site


def routes(site: Site) -> APIRouter:
    """POST /view keeps a choice in a cookie; it holds nothing about the person."""
    router = APIRouter()

    @router.post("/view")
    def view(
        request: Request,
        back: Annotated[str, Form()] = "/",
        lang: Annotated[str, Form()] = "",
        theme: Annotated[str, Form()] = "",
    ) -> Response:
        answer = site.back(request, back)
        for name, told, known in ((LANGUAGE, lang, ("zh", "en")), (THEME, theme, THEMES)):
            if told in known:
                answer.set_cookie(name, told, max_age=YEAR, httponly=True, samesite="lax")
        return answer

    return router
