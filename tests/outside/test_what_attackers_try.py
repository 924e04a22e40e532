"""What attackers try at the console's doors, over its own program in a hall where every name is an attempt of its own."""

from __future__ import annotations

import re
import socket
from contextlib import closing
from urllib.parse import urlsplit

import httpx
import pytest

from hall.messages import asks
from hub.console.door.people import TRIES
from hub.console.door.rights import MAY_SEE, Page, Role

pytestmark = [pytest.mark.broker, pytest.mark.processes]

COOKIE = "hall-session"
#: every route that changes something, but those of the API, which need a key
CHANGING = (
    "/login",
    "/logout",
    "/password",
    "/first",
    "/suggest",
    "/t/{}/cancel",
    "/t/{}/rate/1",
    "/t/{}/tell/1",
)


def csrf(visitor):
    """The form token of somebody's session."""
    return re.search(r'name="csrf" value="([^"]+)"', visitor.get("/password").text)[1]


class TestSessions:
    def test_a_cookie_that_was_there_before_is_not_the_session(self, console):
        with console.visitor() as visitor:
            visitor.cookies.set(COOKIE, "chosen-by-somebody-else")
            console.log_in(Role.GUIDE, visitor)
            mine = [
                c.value
                for c in visitor.cookies.jar
                if c.name == COOKIE and c.value != "chosen-by-somebody-else"
            ]
        assert len(mine) == 1
        assert len(mine[0]) >= 40
        with console.visitor() as other:
            other.cookies.set(COOKIE, "chosen-by-somebody-else")
            assert other.get("/guide").headers["location"] == "/login"

    def test_every_login_is_a_session_of_its_own(self, console):
        with closing(console.log_in(Role.GUIDE)) as one, closing(console.log_in(Role.GUIDE)) as two:
            assert one.cookies[COOKIE] != two.cookies[COOKIE]

    def test_scripts_and_other_sites_do_not_get_the_cookie(self, console):
        said = {"login": "guide", "password": console.passwords[Role.GUIDE]}
        set_ = httpx.post(console.url + "/login", data=said).headers["set-cookie"].lower()
        assert "httponly" in set_
        assert "samesite=strict" in set_

    def test_over_tls_the_cookie_never_leaves_it(self, console):
        said = {"login": "guide", "password": console.passwords[Role.GUIDE]}
        proxied = {"X-Forwarded-Proto": "https"}
        assert (
            "secure"
            in httpx.post(console.url + "/login", data=said, headers=proxied).headers["set-cookie"].lower()
        )

    def test_after_logout_the_cookie_opens_nothing(self, console):
        with closing(console.log_in(Role.GUIDE)) as visitor:
            kept = visitor.cookies[COOKIE]
            assert visitor.get("/guide").status_code == 200
            visitor.post("/logout", data={"csrf": csrf(visitor)})
            visitor.cookies.set(COOKIE, kept)
            assert visitor.get("/guide").headers["location"] == "/login"

    def test_after_five_wrong_passwords_the_right_one_is_locked_and_others_are_not(self, console):
        wrong = {"login": "locked", "password": "wrong"}
        for _ in range(TRIES):
            assert httpx.post(console.url + "/login", data=wrong).status_code == 403
        right = wrong | {"password": console.locked}
        locked = httpx.post(console.url + "/login", data=right)
        assert locked.status_code == 403
        assert "试错次数过多" in locked.text
        console.log_in(Role.GUIDE).close()

    def test_who_does_not_exist_is_answered_like_a_wrong_password(self, console):
        nobody, somebody = (
            httpx.post(console.url + "/login", data={"login": login, "password": "wrong"}).text
            for login in ("nobody-here", "auditor")
        )
        assert nobody == somebody


class TestOtherSites:
    @pytest.mark.parametrize("path", CHANGING)
    def test_no_other_sites_page_changes_anything(self, console, path):
        with closing(console.log_in(Role.GUIDE)) as visitor:
            _, ticket = console.hall.take()
            fields = {"csrf": csrf(visitor), "official": "5", "words": "x"}
            for origin in (
                "http://evil.example",
                "null",
                console.url.replace("http:", "https:") + ".evil.example",
            ):
                answer = visitor.post(path.format(ticket[3:]), data=fields, headers={"Origin": origin})
                assert answer.status_code == 403, origin
            assert visitor.get("/guide").status_code == 200
            assert "您的号" in visitor.get(ticket).text

    @pytest.mark.parametrize("path", ["/logout", "/password"])
    @pytest.mark.parametrize("token", ["", "guess", "x" * 32])
    def test_a_form_without_the_sessions_own_token_does_nothing(self, console, path, token):
        with closing(console.log_in(Role.GUIDE)) as visitor:
            said = {"csrf": token, "old": console.passwords[Role.GUIDE], "new": "a quite new password"}
            assert visitor.post(path, data=said).status_code == 403
            assert visitor.get("/guide").status_code == 200

    def test_another_sessions_token_is_no_better(self, console):
        with closing(console.log_in(Role.GUIDE)) as visitor, closing(console.log_in(Role.AUDITOR)) as other:
            assert visitor.post("/logout", data={"csrf": csrf(other)}).status_code == 403

    def test_the_first_administrator_is_not_made_twice(self, console):
        said = {"code": "00000000", "login": "evil", "name": "x", "new": "a quite long password"}
        assert httpx.post(console.url + "/first", data=said).status_code == 403

    @pytest.mark.parametrize(
        "to",
        [
            "https://evil.example",
            "//evil.example",
            "/\\evil.example",
            "javascript:alert(1)",
            "/clerk\r\nX: y",
        ],
    )
    def test_no_address_leads_away(self, console, to):
        answer = httpx.get(console.url + "/tongue", params={"to": "en", "back": to})
        assert answer.headers["location"] == "/login"
        assert "x" not in answer.headers

    def test_no_live_channel_opens_for_another_site(self, console):
        where = urlsplit(console.url)
        with socket.create_connection((where.hostname, where.port), timeout=10) as raw:
            raw.sendall(
                b"GET /_nicegui_ws/socket.io/?EIO=4&transport=websocket HTTP/1.1\r\n"
                b"Host: "
                + where.netloc.encode()
                + b"\r\nOrigin: http://evil.example\r\nUpgrade: websocket\r\n"
                b"Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
            )
            assert b" 403 " in raw.recv(200)

    def test_a_name_that_leads_here_from_elsewhere_opens_nothing(self, console):
        assert httpx.get(console.url + "/login", headers={"Host": "evil.example"}).status_code == 400


class TestAnswers:
    @pytest.mark.parametrize(
        "path", ["/login", "/board", "/forbidden", "/first", "/suggest", "/t/x", "/metrics", "/nowhere"]
    )
    def test_every_answer_says_what_browsers_should_know(self, console, path):
        headers = httpx.get(console.url + path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert headers["referrer-policy"] == "same-origin"
        assert "frame-ancestors 'none'" in headers["content-security-policy"]

    @pytest.mark.parametrize(
        "path",
        [
            "/console/../app.py", "/console/..%2fapp.py", "/console/%2e%2e/%2e%2e/app.py", "/console/....//app.py",
            "/console//etc/passwd", "/console/%2fetc%2fpasswd", "/console/..\\app.py", "/console/%00", "/console/",
        ],
    )  # fmt: skip
    def test_no_file_is_served_but_those_meant_to_be(self, console, path):
        where = urlsplit(console.url)
        with socket.create_connection((where.hostname, where.port), timeout=10) as raw:
            ask = f"GET {path} HTTP/1.1\r\nHost: {where.netloc}\r\nConnection: close\r\n\r\n"
            raw.sendall(ask.encode())
            answer = b"".join(iter(lambda: raw.recv(65536), b""))
        assert not answer.startswith(b"HTTP/1.1 200")
        assert b"root:" not in answer
        assert b"import" not in answer.partition(b"\r\n\r\n")[0]
        assert b"from __future__" not in answer

    @pytest.mark.parametrize("path", ["/login", "/logout", "/password", "/first", "/suggest", "/t/x/cancel"])
    def test_a_body_has_an_end(self, console, path):
        for body in (b"x" * 200_000, iter([b"x" * 50_000] * 4)):
            answer = httpx.post(
                console.url + path,
                content=body,
                headers={"Content-Type": "application/x-www-form-urlencoded"},
            )
            assert 400 <= answer.status_code < 500


class TestNames:
    def test_what_somebody_types_comes_back_as_text(self, console):
        said = {"login": "<script>alert(1)</script>", "password": "\"'><script>"}
        assert "<script>" not in httpx.post(console.url + "/login", data=said).text
        told = {"words": "</textarea><script>alert(1)</script>", "stamp": '"><script>'}
        assert "<script>" not in httpx.post(console.url + "/suggest", data=told).text

    def test_a_tickets_page_believes_no_name(self, console):
        _, page = console.hall.take(lane="priority", situation="rent")
        told = console.hall.web.get(page).text
        assert "<img" not in told
        assert "&lt;img" in told

    @pytest.mark.long
    def test_no_page_believes_a_name(self, console, chromium):
        role, hall = Role.MANAGER, console.hall
        assert MAY_SEE[role] == set(Page)
        hall.empty()
        hall.ask(asks.Sit, window=1, clerk="011")
        hall.take(lane="priority", situation="rent")
        hall.ask(asks.CallNext, window=1)
        context = chromium.new_context(viewport={"width": 1280, "height": 800}, locale="zh-CN")
        page = context.new_page()
        page.set_default_timeout(60_000)
        page.goto(console.url + "/login")
        page.fill("#login", role.value)
        page.fill("#password", console.passwords[role])
        page.click("button[type=submit]")
        for path in ("/board", *(seen.value for seen in MAY_SEE[role])):
            page.goto(console.url + path)
            page.wait_for_selector("text=<img src=x")
            assert page.evaluate("document.querySelectorAll('img[src=x]').length") == 0, path
            assert page.title() != "owned", path
        context.close()
