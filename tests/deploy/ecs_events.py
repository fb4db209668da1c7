"""Task state changes as ECS sends them, and whether somebody has to be told.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_task_events.html
"""

from __future__ import annotations

CLUSTER = "arn:aws:ecs:us-east-1:111122223333:cluster/credlake-task-Cluster-0a1b2c3d4e5f"
_TASK = "arn:aws:ecs:us-east-1:111122223333:task/credlake-task-Cluster-0a1b2c3d4e5f/0123456789abcdef0123456789abcdef"


def _container(name="credlake", **more):
    return {
        "containerArn": f"arn:aws:ecs:us-east-1:111122223333:container/{name}",
        "lastStatus": "STOPPED",
        "name": name,
        "image": "REPOSITORY:0.1.0",
        "taskArn": _TASK,
        "networkInterfaces": [],
        "cpu": "0",
        **more,
    }


def _event(*containers, **detail):
    return {
        "version": "0",
        "id": "3317b2af-7005-947d-b652-f55e762e571a",
        "detail-type": "ECS Task State Change",
        "source": "aws.ecs",
        "account": "111122223333",
        "time": "2026-11-23T05:03:12Z",
        "region": "us-east-1",
        "resources": [_TASK],
        "detail": {
            "clusterArn": CLUSTER,
            "taskArn": _TASK,
            "taskDefinitionArn": "arn:aws:ecs:us-east-1:111122223333:task-definition/credlake:1",
            "group": "family:credlake",
            "launchType": "FARGATE",
            "platformVersion": "1.4.0",
            "desiredStatus": "STOPPED",
            "lastStatus": "STOPPED",
            "stopCode": "EssentialContainerExited",
            "stoppedReason": "Essential container in task exited",
            "containers": list(containers),
            "overrides": {"containerOverrides": [{"name": "credlake"}]},
            "version": 5,
            **detail,
        },
    }


_UNPULLED = "CannotPullContainerError: pull image manifest has been retried 1 time(s): not found"

EVENTS = {
    "a complete run": (_event(_container(exitCode=0)), False),
    "a run that left accounts out, or a doctor that found something": (_event(_container(exitCode=1)), False),
    "wrong settings": (_event(_container(exitCode=2)), True),
    "nothing published": (_event(_container(exitCode=3)), True),
    "an internal error": (_event(_container(exitCode=70)), True),
    "killed for its memory": (_event(_container(exitCode=137, reason="OutOfMemoryError")), True),
    "an image that cannot be pulled": (
        _event(_container(reason=_UNPULLED), stopCode="TaskFailedToStart", stoppedReason=_UNPULLED),
        True,
    ),
    "no way to the registry: no container was made": (
        _event(stopCode="TaskFailedToStart", stoppedReason="ResourceInitializationError"),
        True,
    ),
    "stopped by a person": (
        _event(_container(exitCode=143), stopCode="UserInitiated", stoppedReason="Task stopped by user"),
        True,
    ),
    "its machine was lost": (
        _event(_container(), stopCode="InfrastructureHealth", stoppedReason="Host EC2 terminated"),
        True,
    ),
    "a complete run beside an agent of AWS's that was killed": (
        _event(_container(exitCode=0), _container("aws-guardduty-agent-a1b2c3", exitCode=137)),
        False,
    ),
    "a failed run beside an agent that ended well": (
        _event(_container("aws-guardduty-agent-a1b2c3", exitCode=0), _container(exitCode=3)),
        True,
    ),
    "a failed run whose task is still being cleared away": (
        _event(_container(exitCode=3), lastStatus="DEPROVISIONING"),
        False,
    ),
    "another cluster's": (_event(_container(exitCode=3), clusterArn=f"{CLUSTER}-other"), False),
}
