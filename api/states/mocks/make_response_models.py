#!/usr/bin/python3
"""Writes response_models.txt anew: what the services answer, as far as TestState's mocks are
checked against it. The facts come from the service models of botocore, by default those inside
Debian's awscli.

    api/states/mocks/make_response_models.py [FOLDER_OF_BOTOCORE_DATA]

The format is described in response_models.h.
"""
import glob
import gzip
import json
import os
import re
import sys

DATA = "/usr/lib/python3/dist-packages/awscli/botocore/data"
HERE = os.path.dirname(os.path.abspath(__file__))

# All operations of these services, as aws-sdk integrations.
WHOLE_SERVICES = ["dynamodb", "events", "kinesis", "kms", "lambda", "s3", "scheduler",
                  "secretsmanager", "sns", "sqs", "stepfunctions", "sts"]

# Optimized integrations: (service in the resource, folder, {action: operation}). What is left out
# there (http, apigateway, eks:call, eks:runJob) AWS does not check.
OPTIMIZED = [
    ("lambda", "lambda", {"invoke": "Invoke"}),
    ("states", "stepfunctions", {"startExecution": "StartExecution",
                                 "startExecution.sync": "DescribeExecution",
                                 "startExecution.sync:2": "DescribeExecution"}),
    ("sqs", "sqs", {"sendMessage": "SendMessage"}),
    ("sns", "sns", {"publish": "Publish"}),
    ("events", "events", {"putEvents": "PutEvents"}),
    ("dynamodb", "dynamodb", {"getItem": "GetItem", "putItem": "PutItem",
                              "updateItem": "UpdateItem", "deleteItem": "DeleteItem"}),
    ("batch", "batch", {"submitJob": "SubmitJob", "submitJob.sync": "DescribeJobs"}),
    ("ecs", "ecs", {"runTask": "RunTask", "runTask.sync": "DescribeTasks"}),
    ("glue", "glue", {"startJobRun": "StartJobRun", "startJobRun.sync": "GetJobRun"}),
    ("databrew", "databrew", {"startJobRun": "StartJobRun", "startJobRun.sync": "DescribeJobRun"}),
    ("athena", "athena", {"startQueryExecution": "StartQueryExecution",
                          "startQueryExecution.sync": "GetQueryExecution",
                          "stopQueryExecution": "StopQueryExecution",
                          "getQueryExecution": "GetQueryExecution",
                          "getQueryResults": "GetQueryResults"}),
    ("codebuild", "codebuild", {"startBuild": "StartBuild", "startBuild.sync": "BatchGetBuilds",
                                "stopBuild": "StopBuild", "batchDeleteBuilds": "BatchDeleteBuilds",
                                "batchGetReports": "BatchGetReports"}),
    ("emr-serverless", "emr-serverless", {"createApplication": "CreateApplication",
                                          "startApplication": "StartApplication",
                                          "startJobRun": "StartJobRun",
                                          "startJobRun.sync": "GetJobRun"}),
    ("emr-containers", "emr-containers", {"createVirtualCluster": "CreateVirtualCluster",
                                          "startJobRun": "StartJobRun",
                                          "startJobRun.sync": "DescribeJobRun"}),
    ("mediaconvert", "mediaconvert", {"createJob": "CreateJob", "createJob.sync": "GetJob"}),
]
# Where an optimized integration brings something else than the operation: (integration, member).
# It parses the text that the service answers.
PARSED = {("lambda:invoke", "Payload"), ("states:startExecution.sync:2", "Input"),
          ("states:startExecution.sync:2", "Output")}

NUMBERS = {"integer", "long", "float", "double"}
WORDS = re.compile(r"[A-Z]+(?![a-z])[0-9]*|[A-Z]?[a-z]+[0-9]*|[A-Z]|[0-9]+")


def first_upper(name):
    return name[:1].upper() + name[1:]


def sdk_name(name):
    """As the Java SDK has it, whose names aws-sdk integrations show: MD5OfBody is Md5OfBody."""
    return "".join(word[0].upper() + word[1:].lower() for word in WORDS.findall(name))


class Service:
    def __init__(self, data, folder):
        versions = sorted(glob.glob(os.path.join(data, folder, "*", "service-2.json*")))
        if not versions:
            sys.exit("no model of %s in %s" % (folder, data))
        opener = gzip.open if versions[-1].endswith(".gz") else open
        with opener(versions[-1], "rt", encoding="utf-8") as f:
            self.model = json.load(f)
        self.name = self.model["metadata"]["serviceId"].lower().replace(" ", "")
        self.lines = {}

    def output(self, operation):
        return self.model["operations"][operation].get("output", {}).get("shape")

    def structure(self, name, parsed=()):
        """The key of the structure's line; `parsed` names members that may be anything."""
        key = self.name + "#" + name + ("".join("/" + member for member in sorted(parsed)))
        if key in self.lines:
            return key
        self.lines[key] = ""  # structures may hold themselves
        shape = self.model["shapes"][name]
        members = []
        for member, of in shape.get("members", {}).items():
            shown, in_sdk = first_upper(member), sdk_name(member)
            kind = "*" if shown in parsed else self.kind(of["shape"])
            required = "!" if member in shape.get("required", []) else ""
            other = "=" + in_sdk if in_sdk != shown else ""
            members.append(required + shown + other + ":" + kind)
        self.lines[key] = " ".join(members)
        return key

    def kind(self, name):
        shape = self.model["shapes"][name]
        bounds = ""
        if "min" in shape or "max" in shape:
            bounds = "(%s,%s)" % tuple(number(shape.get(end)) for end in ("min", "max"))
        if shape.get("document"):
            return "*"
        if shape["type"] == "structure":
            return "#" + self.structure(name).split("#")[1]
        if shape["type"] == "list":
            return "[" + self.kind(shape["member"]["shape"]) + "]" + bounds
        if shape["type"] == "map":
            return "<" + self.kind(shape["value"]["shape"]) + ">"
        if shape["type"] in NUMBERS:
            return "n" + bounds
        if shape["type"] == "boolean":
            return "b"
        return "s" + ("" if shape["type"] == "timestamp" else bounds)


def number(value):
    return "" if value is None else "%d" % value if value == int(value) else repr(value)


def main():
    data = sys.argv[1] if len(sys.argv) > 1 else DATA
    services, integrations = {}, []

    def service(folder):
        return services.setdefault(folder, Service(data, folder))

    for name, folder, actions in OPTIMIZED:
        for action, operation in actions.items():
            integration = name + ":" + action
            parsed = [member for of, member in PARSED if of == integration]
            shape = service(folder).output(operation)
            if shape:
                integrations.append((integration, service(folder).structure(shape, parsed)))
    for folder in WHOLE_SERVICES:
        for operation in service(folder).model["operations"]:
            shape = service(folder).output(operation)
            if shape:
                action = operation[0].lower() + operation[1:]
                integrations.append(("aws-sdk:%s:%s" % (service(folder).name, action),
                                     service(folder).structure(shape)))
    lines = ["%s %s" % pair for pair in sorted(integrations)]
    for one in sorted(services.values(), key=lambda s: s.name):
        lines += ["%s %s" % (key, body) for key, body in sorted(one.lines.items())]
    with open(os.path.join(HERE, "response_models.txt"), "w", encoding="utf-8") as f:
        f.write("# Made by make_response_models.py.\n" + "\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
