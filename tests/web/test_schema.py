"""The API does as its description says, whatever is sent (Schemathesis)."""

from __future__ import annotations

from typing import cast

import hypothesis
import schemathesis
from schemathesis.specs.openapi.checks import positive_data_acceptance

from osteoaxis.simulation import Simulator
from osteoaxis.web.app import create_app
from osteoaxis.web.catalogue import Catalogue

EXAMPLES = 25


# the description needs no model
DESCRIPTION = create_app(Catalogue(ready=cast(Simulator, None))).app.openapi()
schema = schemathesis.openapi.from_dict(DESCRIPTION)


@schema.parametrize()
@hypothesis.settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(hypothesis.HealthCheck),
)
def test_every_endpoint_does_as_described(case: schemathesis.Case, address: str) -> None:
    case.call_and_validate(base_url=address, excluded_checks=[positive_data_acceptance])
