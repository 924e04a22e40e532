"""What other programs are told when something is not done: ``application/problem+json`` (RFC 9457), with the hall's own code and sentence.

Rules:

* `code` is stable and for programs, `detail` for people in the language that was asked for; `zh` and `en` have both.
* Nothing of what was refused is said back.
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from hall.errors import Fault, HallError, Refused
from hall.text import Text

MEDIA: Final = "application/problem+json"
_TEXTS: Final = {
    400: Text(zh="请求格式不对，请核对", en="the request cannot be read; please check it"),
    401: Text(zh="需要有效的密钥", en="a valid key is needed"),
    403: Text(zh="这个密钥不能做这一步", en="this key does not open this"),
    404: Text(zh="没有这个地址", en="there is no such address"),
    405: Text(zh="这个地址不支持这种方法", en="the address does not know this method"),
    413: Text(zh="内容太长", en="the body is too long"),
    415: Text(zh="请用 application/json", en="please send application/json"),
    422: Text(zh="有字段不对，请看 fields", en="some fields are not right; see `fields`"),
    429: Text(zh="请求太频繁，请稍后再试", en="too many requests; please wait"),
    503: Text(zh="叫号主机暂时没有应答，请稍后再试", en="the hub does not answer; please try again"),
}
#: Refusals that mean: what you named is not there.
_MISSING: Final = frozenset({"unknown-ticket", "unknown-appointment", "unknown-service", "unknown-code"})


class Problem(Exception):
    """Something that is answered with a problem."""

    def __init__(
        self, status: int, code: str, text: Text | None = None, headers: Mapping[str, str] | None = None
    ) -> None:
        """`text` is the status's own where none is given."""
        super().__init__(code)
        self.status, self.code = status, code
        self.text, self.headers = text or _TEXTS[status], dict(headers or {})


def answer(request: Request, problem: Problem, **more: object) -> Response:
    """The problem as it is sent."""
    asked = request.headers.get("accept-language", "").strip().lower()
    english = asked.startswith("en")
    body: dict[str, object] = {
        "type": "about:blank",
        "title": HTTPStatus(problem.status).phrase,
        "status": problem.status,
        "code": problem.code,
        "detail": problem.text.en if english else problem.text.zh,
        "zh": problem.text.zh,
        "en": problem.text.en,
    }
    headers = {"Content-Language": "en" if english else "zh-CN", "Vary": "Accept-Language"} | problem.headers
    return JSONResponse(body | more, problem.status, headers, MEDIA)


def of(error: HallError) -> Problem:
    """The hall's own error as a problem."""
    if isinstance(error, Fault):
        return Problem(503, error.code, headers={"Retry-After": "5"})
    if isinstance(error, Refused):
        return Problem(404 if error.code in _MISSING else 409, error.code, error.text)
    return Problem(400, "malformed")


def handle(api: FastAPI) -> None:
    """Every way in which a request ends badly."""

    @api.exception_handler(Problem)
    async def problem(request: Request, error: Exception) -> Response:
        assert isinstance(error, Problem)
        return answer(request, error)

    @api.exception_handler(HallError)
    async def hall(request: Request, error: Exception) -> Response:
        assert isinstance(error, HallError)
        return answer(request, of(error))

    @api.exception_handler(TimeoutError)
    async def silent(request: Request, _error: Exception) -> Response:
        return answer(request, Problem(503, "hub-away", headers={"Retry-After": "5"}))

    @api.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        fields = [
            {"field": ".".join(str(part) for part in one["loc"])[:80], "why": str(one["type"])}
            for one in error.errors()[:20]
        ]
        return answer(request, Problem(422, "invalid"), fields=_known(fields))

    @api.exception_handler(HTTPException)
    async def http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        status = error.status_code if error.status_code in _TEXTS else 400
        return answer(request, Problem(status, _CODES.get(status, "bad-request"), headers=error.headers))


_CODES: Final = {404: "no-such-address", 405: "no-such-method", 413: "too-long", 415: "not-json"}


def _known(fields: list[dict[str, str]]) -> list[dict[str, str]]:
    """Names of fields that somebody made up are left out."""
    return [
        one if one["why"] != "extra_forbidden" else {"field": "body", "why": one["why"]} for one in fields
    ]
