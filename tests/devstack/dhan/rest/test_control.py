"""The control endpoint: what it shows, and clear words for what cannot be done."""

import pytest

from tests.devstack.dhan.running import api, simulate


@pytest.mark.parametrize(
    ("path", "body", "text"),
    [
        ("clock", {"speed": 0}, "speed 0 cannot be played"),
        ("clock", {"speed": "fast"}, "speed is 'fast', must be a number or max"),
        ("clock", {"hold": "yes"}, "hold is 'yes', must be true or false"),
        ("clock", {"hold": 0}, "hold is 0, must be true or false"),
        ("clock", {"rewind": 10**30}, "from 1970 to 2262"),
        ("clock", {"rewind": "later"}, "market time 'later' cannot be read"),
        ("clock", {"pause": True}, "clock has no field 'pause'"),
        ("clock", [], "not a JSON object"),
        ("faults", {"kind": "flood"}, "fault kind 'flood' is unknown"),
        ("faults", {"kind": "reset", "client": "4711"}, "client '4711' does not exist"),
        ("packet", {"kind": {}}, "packet kind {} is unknown"),
        ("packet", {"kind": "trade"}, "packet kind 'trade' is unknown"),
    ],
)
async def test_what_cannot_be_done_is_named_and_changes_nothing(
    path: str, body: object, text: str
) -> None:
    async with simulate() as simulator, api(simulator) as control:
        before = await control.state()
        status, answer = await control.call("POST", f"/_control/{path}", body)
        assert status == 400
        assert text in answer["error"]
        assert await control.state() == before


async def test_faults_in_force_are_listed_and_can_be_taken_back() -> None:
    async with simulate() as simulator, api(simulator) as control:
        await control.fault(kind="silence", seconds=60, client="1100000001")
        _, listed = await control.call("GET", "/_control/faults")
        assert [(fault["kind"], fault["client"]) for fault in listed] == [("silence", "1100000001")]
        assert await control.call("DELETE", "/_control/faults") == (200, {"cleared": 1})
        assert await control.call("GET", "/_control/faults") == (200, [])


async def test_accounts_show_what_a_second_client_needs() -> None:
    async with simulate(clients=2) as simulator, api(simulator) as control:
        _, listed = await control.call("GET", "/_control/accounts")
        assert [account["client_id"] for account in listed] == ["1100000001", "1100000002"]
        assert listed[1]["access_token"] == simulator.accounts.all[1].token.text


async def test_a_token_can_be_made_to_expire_for_one_client() -> None:
    async with simulate(clients=2) as simulator, api(simulator) as control:
        await control.fault(kind="token_expiry", client="1100000002")
        assert (await control.call("GET", "/v2/profile"))[0] == 200
        assert simulator.counters.faults == {"token_expiry": 1}
