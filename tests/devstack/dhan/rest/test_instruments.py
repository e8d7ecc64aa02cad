"""The instrument master over HTTP."""

import csv
import io

from tests.devstack.dhan.running import api, simulate
from tests.devstack.dhan.small_tape import INSTRUMENTS


async def test_both_files_list_everything_on_the_tape_without_a_token() -> None:
    async with simulate() as simulator, api(simulator) as rest:
        for name, column in (
            ("api-scrip-master.csv", "SEM_SMST_SECURITY_ID"),
            ("api-scrip-master-detailed.csv", "SECURITY_ID"),
        ):
            status, text = await rest.call("GET", f"/api-data/{name}", headers={})
            rows = list(csv.DictReader(io.StringIO(text)))
            assert status == 200
            assert {str(each.security_id) for each in INSTRUMENTS} <= {r[column] for r in rows}


async def test_one_segment_may_be_asked_for() -> None:
    async with simulate() as simulator, api(simulator) as rest:
        status, text = await rest.call("GET", "/v2/instrument/NSE_FNO", headers={})
        assert status == 200
        rows = list(csv.DictReader(io.StringIO(text)))
        assert {row["SECURITY_ID"] for row in rows} == {"49543", "49081"}


async def test_an_unknown_segment_is_named() -> None:
    async with simulate() as simulator, api(simulator) as rest:
        status, answer = await rest.call("GET", "/v2/instrument/NSE", headers={})
        assert (status, answer["errorMessage"]) == (400, "segment 'NSE' is unknown")
