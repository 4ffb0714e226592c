"""The comparison with a provider's description finds what does not agree."""

import json

import pytest

from testkit.descriptions import Description

ORDER = {"application/json": {"schema": {"$ref": "#/components/schemas/order"}}}
PAY = {"requestBody": {"content": ORDER}, "responses": {"201": {"content": ORDER}}}
SUMS = {"type": "array", "items": {"$ref": "#/components/schemas/money"}}
DOCUMENT = {
    "paths": {"/orders/{id}/pay": {"post": PAY}},
    "components": {
        "schemas": {
            "money": {"type": "object", "properties": {"value": {"type": "string"}}, "required": ["value"]},
            "order": {"type": "object", "properties": {"sums": SUMS}},
        }
    },
}
WRONG = [{"sums": [{"value": 1}]}, {"sums": [{}]}, {"summs": []}, {"sums": [{"value": "1", "x": 1}]}]


@pytest.fixture
def description(tmp_path):
    path = tmp_path / "orders.json"
    path.write_text(json.dumps(DOCUMENT))
    return Description(path)


def compared(description, sent, status=201, received=None, path="/orders/1/pay"):
    given = {"sums": [{"value": "1"}]}
    body = json.dumps(given if received is None else received).encode()
    return description.differences("POST", path, sent=json.dumps(sent).encode(), status=status, received=body)


def test_what_agrees_has_no_differences(description):
    assert compared(description, {"sums": []}) == []


def test_a_path_that_is_not_described_is_told_apart(description):
    assert compared(description, {}, path="/orders/1/pay/x") is None


@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_request_and_a_wrong_answer_are_found(description, wrong):
    assert len(compared(description, wrong)) == 1
    assert len(compared(description, {}, received=wrong)) == 1


def test_a_status_that_is_not_described_is_found(description):
    assert compared(description, {}, status=404) == ["POST /orders/1/pay: answer 404: this status is not described"]
