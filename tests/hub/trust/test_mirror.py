"""The desk hands out the mirror of releases as it is, and nothing beside it."""

import asyncio
from datetime import UTC, datetime

import httpx
import pytest

from hub.trust.authority import Authority
from hub.trust.desk import Desk, application
from hub.trust.register import Register


@pytest.fixture
def get(tmp_path):
    now = datetime.now(UTC)
    authority = Authority.found(tmp_path / "authority", "demo", now)
    register = Register(tmp_path / "register.db")
    mirror = tmp_path / "mirror"
    (mirror / "metadata").mkdir(parents=True)
    (mirror / "metadata" / "timestamp.json").write_bytes(b"signed")
    (tmp_path / "secret").write_text("nobody's")
    (mirror / "way-out").symlink_to(tmp_path / "secret")
    desk = application(Desk(authority, register, lambda: now), mirror)

    def once(path):
        async def asked():
            async with httpx.AsyncClient(
                transport=httpx.ASGITransport(app=desk), base_url="https://desk"
            ) as client:
                return await client.get(path)

        return asyncio.run(asyncio.wait_for(asked(), 20))

    yield once
    register.close()


def test_a_file_of_the_mirror_is_handed_out_as_it_is(get):
    answer = get("/releases/metadata/timestamp.json")
    assert (answer.status_code, answer.content) == (200, b"signed")


@pytest.mark.parametrize(
    "path",
    [
        "/releases/metadata/snapshot.json",
        "/releases/metadata",
        "/releases/",
        "/releases/../secret",
        "/releases/%2e%2e/secret",
        "/releases/metadata/..%2f..%2f..%2fsecret",
        "/releases/way-out",
    ],
)
def test_what_is_not_of_the_mirror_is_not_there(get, path):
    answer = get(path)
    assert answer.status_code in {404, 405}
    assert b"nobody's" not in answer.content
