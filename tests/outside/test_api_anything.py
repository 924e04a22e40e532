"""Whatever a program sends that the API's document allows, or nearly allows: an answer that the document describes, never a fault of ours."""

from __future__ import annotations

import os

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
)

from hub.console.api.keys import Scope

pytestmark = pytest.mark.broker

#: programs make mistakes by the thousand; a build looks at a few of each kind, always the same
EXAMPLES = 200 if os.environ.get("HALL_TESTS") == "deep" else 12
SAID = (not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance)


@pytest.fixture(scope="module")
def key(outside):
    with outside.key(*(scope.value for scope in Scope), per_min=60_000) as client:
        yield client.headers["authorization"]


@pytest.fixture(scope="module")
def document(outside, key):
    return schemathesis.openapi.from_url(outside.url + "/api/v1/openapi.json")


schema = schemathesis.pytest.from_fixture("document")


@schema.parametrize()
@settings(
    max_examples=EXAMPLES,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)
def test_every_answer_is_as_the_document_says(outside, key, case):
    answer = case.call(headers={"Authorization": key})
    case.validate_response(answer, checks=[*SAID, negative_data_rejection])
    assert outside.is_up()


def test_the_hub_heard_nothing_that_it_could_not_read(outside):
    facts = outside.backstage.look(lambda r: r.hall.n).result(5)
    assert facts > 0
    assert outside.hub.poll() is None
