"""Executions in every phase that a database can hold: for tests of later binaries on today's files.
"""
import base64
import io
import json
import time
import zipfile

ROLE = "arn:aws:iam::111111111111:role/r"
HANDLER = """
import os, time

def handler(event, context):
    while event.get("gate") and os.path.exists(event["gate"]):
        time.sleep(0.05)
    return {"seen": event.get("n", 0)}
"""


def task(function, **more):
    return {"Type": "Task", "Resource": function, "ResultPath": "$.task",
            "Retry": [{"ErrorEquals": ["Lambda.ServiceException"], "IntervalSeconds": 1,
                       "BackoffRate": 1.0, "MaxAttempts": 30}], **more}


def definitions(function):
    wait = {"Type": "Wait", "Seconds": 20}
    callback = {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
                "Parameters": {"FunctionName": "f", "Payload": {"token.$": "$$.Task.Token"}},
                "ResultPath": "$.answer"}

    def single(state, name="S"):
        return {"StartAt": name, "States": {name: {**state, "End": True}}}
    both = {"Type": "Parallel", "ResultPath": "$.both",
            "Branches": [single(wait, "L"), single({"Type": "Pass", "Result": {"right": 1}}, "R")]}
    each = {"Type": "Map", "ItemsPath": "$.items", "MaxConcurrency": 2, "ResultPath": "$.each",
            "ItemProcessor": single(wait, "I")}
    return {
        "passes": {"StartAt": "A", "States": {
            "A": {"Type": "Pass", "Result": [1, 2.0, "three"], "ResultPath": "$.list", "Next": "B"},
            "B": {"Type": "Choice", "Default": "D", "Choices": [
                {"Variable": "$.list[0]", "NumericEquals": 1, "Next": "C"}]},
            "C": {"Type": "Map", "ItemsPath": "$.list", "ResultPath": "$.mapped", "Next": "D",
                  "ItemProcessor": single({"Type": "Pass"}, "I")},
            "D": task(function, End=True)}},
        "fails": single({"Type": "Parallel", "Branches": [
            {"StartAt": "F", "States": {"F": {"Type": "Fail", "Error": "E", "Cause": "why"}}}]}),
        "waits": single(wait), "asks": single(callback), "works": single(task(function)),
        "both": single(both), "each": single(each),
    }


def create(client):
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("handler.py", HANDLER)
    function = client.call("lambda", "CreateFunction", {
        "FunctionName": "f", "Runtime": "python3.11", "Handler": "handler.handler", "Role": ROLE,
        "Timeout": 300, "Code": {"ZipFile": base64.b64encode(package.getvalue()).decode()}})
    machines = {}

    def machine(name, definition, kind="STANDARD"):
        machines[name] = client.states("CreateStateMachine", {
            "name": name, "roleArn": ROLE, "definition": json.dumps(definition),
            "type": kind})["stateMachineArn"]
    for name, definition in definitions(function["FunctionArn"]).items():
        machine(name, definition)
    machine("parent", {"StartAt": "S", "States": {"S": {
        "Type": "Task", "Resource": "arn:aws:states:::states:startExecution.sync:2", "End": True,
        "Parameters": {"StateMachineArn": machines["waits"], "Name": "child", "Input": {"n": 7}}}}})
    machine("quick", {"StartAt": "W", "States": {"W": {
        "Type": "Wait", "Seconds": 20, "End": True}}}, "EXPRESS")
    return machines


def start(client, machines, kind, name, **fields):
    body = {"n": 1, "items": [1, {"a": 2}, "three"], **fields}
    return client.states("StartExecution", {
        "stateMachineArn": machines[kind], "name": name, "input": json.dumps(body)})["executionArn"]


def history(client, arn):
    events, token = [], None
    while True:
        params = {"executionArn": arn, "maxResults": 1000}
        page = client.states("GetExecutionHistory",
                             dict(params, nextToken=token) if token else params)
        events += page["events"]
        token = page.get("nextToken")
        if not token:
            return events


def token_of(events):
    """What the function was handed for its caller to answer with."""
    for event in events:
        details = event.get("taskScheduledEventDetails")
        if details:
            return json.loads(details["parameters"])["Payload"]["token"]
    return None


def wait_until(check, seconds=30):
    deadline = time.monotonic() + seconds
    while not (found := check()):
        if time.monotonic() > deadline:
            raise SystemExit("it did not happen within %d s" % seconds)
        time.sleep(0.05)
    return found
