"""An account that joins the organization: its event is forwarded, waited for, and starts the function."""

from __future__ import annotations

import json

import pytest

from collector.scheduled import handler
from tests.deploy.event_patterns import matches
from tests.deploy.restrictions import resolved
from tests.deploy.templates import actions, resources, role_statements, template

MANAGEMENT = "999900001111"


def _event(name="AccountJoinedOrganization", kind="AWS Service Event via CloudTrail", account=MANAGEMENT):
    """An event as CloudTrail delivers those of Organizations. Which of the two kinds it is was not seen."""
    detail = {"eventSource": "organizations.amazonaws.com", "eventName": name}
    return {"source": "aws.organizations", "detail-type": kind, "account": account, "detail": detail}


EVENTS = [
    (_event(), True),
    (_event(kind="AWS API Call via CloudTrail"), True),
    (_event("AccountDepartedOrganization"), False),
    (_event("MoveAccount", "AWS API Call via CloudTrail"), False),
]


@pytest.mark.parametrize(("event", "is_forwarded"), EVENTS)
def test_the_event_of_an_account_that_joined_is_forwarded_and_no_other(event, is_forwarded):
    for name in ("joins-management.yaml", "joins.yaml"):
        pattern = dict(template(name)["Resources"]["Rule"]["Properties"]["EventPattern"])
        if "account" in pattern:
            assert pattern["account"] == [{"Ref": "ManagementAccountId"}]
            pattern["account"] = [MANAGEMENT]
            assert not matches(pattern, {**event, "account": "111122223333"})
        assert matches(pattern, event) is is_forwarded


def test_the_function_takes_what_the_wait_sends(monkeypatch):
    (wait,) = resources("joins.yaml", "AWS::StepFunctions::StateMachine").values()
    names = {"AWS::Partition": "aws", "AWS::Region": "us-east-1", "AWS::AccountId": "111122223333"}
    text = resolved(wait["Properties"]["DefinitionString"], {**names, "FunctionName": "credlake", "WaitSeconds": 3600})
    states = json.loads(text)["States"]
    collected = []
    monkeypatch.setattr(handler, "_collect", lambda left, *, is_for_new: collected.append((left, is_for_new)) or {})

    class Context:
        def get_remaining_time_in_millis(self):
            return 900_000

    handler.handle(states["Collect"]["Parameters"]["Payload"], Context())

    assert collected == [(900, True)]
    assert states["Wait"] == {"Type": "Wait", "Seconds": 3600, "Next": "Collect"}
    # Asynchronously, as the schedule: so a run that fails is retried once, and then kept in the queue.
    assert states["Collect"]["Parameters"]["InvocationType"] == "Event"
    assert states["Collect"]["Parameters"]["FunctionName"] == "arn:aws:lambda:us-east-1:111122223333:function:credlake"


def test_each_role_may_do_its_one_step():
    assert actions(role_statements("joins-management.yaml", "Role")) == {"events:PutEvents"}
    assert actions(role_statements("joins.yaml", "RuleRole")) == {"states:StartExecution"}
    assert actions(role_statements("joins.yaml", "WaitRole")) == {"lambda:InvokeFunction"}
    everything = [
        statement
        for name, role in (("joins-management.yaml", "Role"), ("joins.yaml", "RuleRole"), ("joins.yaml", "WaitRole"))
        for statement in role_statements(name, role)
    ]
    assert [one for one in everything if one["Resource"] == "*"] == []


def test_only_the_management_account_may_put_events_on_the_bus():
    (policy,) = resources("joins.yaml", "AWS::Events::EventBusPolicy").values()
    statement = policy["Properties"]["Statement"]
    assert statement["Principal"] == {"AWS": {"Fn::Sub": "arn:${AWS::Partition}:iam::${ManagementAccountId}:root"}}
    assert statement["Action"] == "events:PutEvents"
