"""Opt-in Regions refuse what every other Region takes: a session token of the global STS endpoint (facts F11.5)."""

from __future__ import annotations

import pytest

from collector.aws import clients
from collector.errors import CallFault, FaultKind


@pytest.fixture(name="sts_of")
def _sts_of(monkeypatch):
    """Answers GetCallerIdentity in some Regions only; the Regions that were called."""
    called = []

    def answer_in(*regions, configured):
        def identity():
            called.append(clients.client("sts").meta.region_name)
            if called[-1] not in regions:
                raise CallFault(FaultKind.NO_CREDENTIALS, "InvalidClientTokenId", "invalid", "sts:GetCallerIdentity")
            return clients.Identity("111122223333", "arn:aws:iam::111122223333:user/x")

        monkeypatch.setenv("AWS_REGION", configured)
        clients.clients_under.cache_clear()
        monkeypatch.setattr(clients, "_identity", identity)
        return called

    yield answer_in
    clients.clients_under.cache_clear()


def test_where_an_opt_in_region_refuses_the_token_sts_is_called_in_us_east_1_from_now_on(sts_of):
    called = sts_of("us-east-1", "eu-west-1", configured="me-south-1")

    assert clients.identity().account_id == "111122223333"
    assert called == ["me-south-1", "us-east-1"]
    assert clients.client("sts").meta.region_name == "us-east-1"


@pytest.mark.parametrize("configured", ["eu-west-1", "cn-north-1", "us-gov-west-1"])
def test_no_other_region_sends_the_credentials_elsewhere(sts_of, configured):
    called = sts_of("us-east-1", configured=configured)

    with pytest.raises(CallFault, match="InvalidClientTokenId"):
        clients.identity()
    assert called == [configured]


def test_credentials_that_are_refused_everywhere_leave_sts_where_it_is_configured(sts_of):
    called = sts_of(configured="me-south-1")

    with pytest.raises(CallFault, match="InvalidClientTokenId"):
        clients.identity()
    assert called == ["me-south-1", "us-east-1"]
    assert clients.client("sts").meta.region_name == "me-south-1"
