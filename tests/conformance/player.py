"""Plays one recorded case through a running server and returns what the server did, in the shape
that compare.py reads. Nothing here compares: a judgement is compare.py's alone.
"""
import datetime
import hashlib
import json
import re
import threading
import time

from aws import ApiError, Client, NotSpoken, zip_text

ROLE = "arn:aws:iam::%s:role/conformance"
EXTRA_SECONDS = 60  # what a case may take beyond its own waiting
TERMINAL = {"SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED", "PENDING_REDRIVE"}
ENDED = {"ExecutionSucceeded", "ExecutionFailed", "ExecutionTimedOut", "ExecutionAborted"}
STATUS_OF_END = {"ExecutionSucceeded": "SUCCEEDED", "ExecutionFailed": "FAILED",
                 "ExecutionTimedOut": "TIMED_OUT", "ExecutionAborted": "ABORTED"}
NOT_SERVED = "Perdure.UnsupportedResourceException"  # how a task of an absent service fails
TOKEN = re.compile(r"\{\{([^{}]+)\}\}")


class Unsupported(Exception):
    """The server does not have what the case is about."""


class PlayFailed(Exception):
    """The case could not be played to its end: a call failed, or the time was over."""


def refuse_unserved(events):
    """A task of a service that the server does not have tells nothing about the case."""
    for event in events:
        failed = event.get("taskFailedEventDetails", {})
        if failed.get("error") == NOT_SERVED:
            raise Unsupported(failed.get("cause", NOT_SERVED))


class Player:
    """Plays one case once. `unique_name` is a state machine name that no other case uses."""

    def __init__(self, case, port, unique_name):
        self.case = case
        self.account = case.get("account", "111111111111")
        self.region = case.get("region", "us-east-1")
        self.port = port
        self.name = unique_name
        self.client = Client(port, self.account, self.region)
        self.clients = [self.client]
        self.answers = {}      # step id -> response
        self.queue_urls = {}   # queue name -> URL
        self.logs_missing = False  # then only what is not about logs can be judged
        self.stopping = threading.Event()
        self.workers = []
        self.worker_error = None
        self.deadline = time.monotonic() + case.get("wait_seconds", 0) + EXTRA_SECONDS

    # ---- the kinds of cases ------------------------------------------------------------------
    def play(self):
        """A list of (case, actual) pairs for compare_case."""
        try:
            return self.play_kind()
        except ApiError as error:
            if error.not_there:
                raise Unsupported("the server has no %s" % error.operation)
            raise PlayFailed("%s: %s" % (error.operation, error))
        except NotSpoken as error:
            raise Unsupported(str(error))
        finally:
            self.stopping.set()
            for worker in self.workers:
                worker.join(5)
            for client in self.clients:
                client.close()

    def play_kind(self):
        case = self.case
        self.prepare()
        if "steps" in case:
            return [(case, self.play_steps())]
        if case.get("operation"):
            return [(case, self.play_validation())]
        if case["category"] == "test_state":
            return [(case, self.play_test_state())]
        if "runs" in case:
            actual = [self.play_execution(run, number)
                      for number, run in enumerate(case["runs"])]
            pairs = [(case, actual)]
            if "log_events" in case.get("expected", {}) and not self.logs_missing:
                pairs.append((case, {"log_events": self.log_events(case["expected"])}))
            return pairs
        return [(case, self.play_execution(case, 0))]

    def prepare(self):
        """Everything that the case wants to be there before its own calls."""
        for step in self.case.get("setup", []):
            if step["op"] == "DeleteLogGroup" and self.starts_executions():
                continue  # deleted under a machine that logs to it: see create_machine
            try:
                answer = self.client.call(step["service"], step["op"], self.fill(step["params"]))
            except ApiError as error:
                if step["service"] == "logs" and error.not_there and not self.wants_log_answer():
                    self.logs_missing = True
                    continue
                if error.not_there:
                    raise Unsupported("the server has no %s" % error.operation)
                raise PlayFailed("setup %s %s: %s" % (step["service"], step["op"], error))
            self.remember(step, answer)
        for step in self.case.get("activities", []):
            self.client.states(step["op"], step["params"])
        for name, function in self.case.get("functions", {}).items():
            self.create_function(name, function)
        for machine in self.case.get("other_state_machines", []):
            self.create_other(machine)
        if "steps" not in self.case:
            for worker in self.case.get("workers", []):
                self.start_worker(worker)

    def starts_executions(self):
        case = self.case
        return not ("steps" in case or case.get("operation") or case["category"] == "test_state")

    def wants_log_answer(self):
        """Whether the case is about log groups itself, so that going on without them is vain."""
        return bool(self.case.get("operation")) or "steps" in self.case

    def create_function(self, name, function):
        account = function.get("account", self.case.get("function_account", "111111111111"))
        client = self.client_for(account)
        params = {"FunctionName": name, "Runtime": function["runtime"],
                  "Handler": function["handler"], "Role": ROLE % account,
                  "Timeout": function.get("timeout", 30),
                  "Code": {"ZipFile": zip_text(function["files"])}}
        if function.get("environment"):
            params["Environment"] = {"Variables": function["environment"]}
        client.call("lambda", "CreateFunction", params)
        while True:
            found = client.call("lambda", "GetFunctionConfiguration", {"FunctionName": name})
            if found.get("State") in (None, "Active"):
                return
            if found.get("State") == "Failed":
                raise PlayFailed("function %s failed: %s" % (name, found.get("StateReason")))
            self.pause(0.05, "function %s to become Active" % name)

    def create_other(self, machine):
        account = machine["arn"].split(":")[4]
        self.client_for(account).states("CreateStateMachine", {
            "name": machine["name"], "definition": as_text(machine["definition"]),
            "roleArn": ROLE % account, "type": machine.get("type") or "STANDARD"})

    # ---- executions ----------------------------------------------------------------------------
    def play_execution(self, run, number):
        """`run` is the case itself or one of its runs."""
        case, expected = self.case, run.get("expected", {})
        kind = case.get("type") or "STANDARD"
        machine = self.create_machine(run, number, kind)
        start = {"stateMachineArn": machine}
        if "input_text" in run:
            start["input"] = self.fill(run["input_text"])
        elif "input" in run:
            start["input"] = as_text(self.fill(run["input"]))
        if case.get("execution_name"):
            start["name"] = case["execution_name"]
        if case.get("sync"):
            return {"start_sync_execution": self.client.states("StartSyncExecution", start)}
        execution = self.client.states("StartExecution", start)["executionArn"]
        if kind == "EXPRESS":
            return self.express_result(expected)
        return self.standard_result(execution, expected)

    def create_machine(self, run, number, kind):
        definition = run.get("definition", self.case.get("definition"))
        text = self.case.get("definition_raw") or as_text(definition)
        params = {"name": self.name if number == 0 else "%s-%d" % (self.name[:70], number),
                  "definition": text, "roleArn": ROLE % self.account, "type": kind}
        if self.case.get("logging_configuration") and not self.logs_missing:
            params["loggingConfiguration"] = self.case["logging_configuration"]
        machine = self.client.states("CreateStateMachine", params)["stateMachineArn"]
        if number == 0:
            for step in self.case.get("setup", []):
                if step["op"] == "DeleteLogGroup" and not self.logs_missing:
                    self.client.call(step["service"], step["op"], self.fill(step["params"]))
        return machine

    def standard_result(self, execution, expected):
        if expected.get("status") == "RUNNING":
            actual = {"history": {"events": self.running_history(execution, expected)}}
            self.client.states("StopExecution", {"executionArn": execution})
            return actual
        described = self.wait_for(execution, lambda status: status in TERMINAL)
        events = self.history(execution)
        refuse_unserved(events)
        actual = {"history": {"events": events}}
        if "describe_execution" in expected or "history" not in expected:
            actual["describe_execution"] = described
        if "log_events" in expected and "runs" not in self.case and not self.logs_missing:
            actual["log_events"] = self.log_events(expected)
        if "eventbridge_events" in expected:
            wanted = len(expected["eventbridge_events"])
            actual["eventbridge_events"] = [json.loads(m) for m in self.queue_messages(wanted)]
        if "sqs_messages" in expected:
            actual["sqs_messages"] = self.queue_messages(len(expected["sqs_messages"]))
        if self.worker_error:
            raise PlayFailed("worker: %s" % self.worker_error)
        return actual

    def running_history(self, execution, expected):
        """The recording stops while the execution runs: its events are a prefix of ours."""
        wanted = len(expected["history"])
        while True:
            events = self.history(execution)
            if len(events) >= wanted or time.monotonic() > self.deadline - EXTRA_SECONDS / 2:
                return events[:wanted]
            time.sleep(0.1)

    def express_result(self, expected):
        """What an asynchronous EXPRESS execution did is only in its log."""
        if self.logs_missing:
            raise Unsupported("no logs: an EXPRESS execution shows its end only there")
        events = self.log_events(expected)
        if not events:
            raise PlayFailed("no log events")
        end, details = events[-1], events[-1].get("details", {})
        described = {"status": STATUS_OF_END.get(end["type"], "RUNNING")}
        described.update({k: details[k] for k in ("output", "error", "cause") if k in details})
        return {"describe_execution": described, "log_end_event": end, "log_events": events}

    def wait_for(self, execution, reached):
        delay = 0.005
        while True:
            described = self.client.states("DescribeExecution", {"executionArn": execution})
            if reached(described["status"]):
                return described
            self.pause(delay, "the execution to end")
            delay = min(delay * 1.5, 0.5)

    def history(self, execution):
        events, token = [], None
        while True:
            params = {"executionArn": execution, "maxResults": 1000}
            if token:
                params["nextToken"] = token
            page = self.client.states("GetExecutionHistory", params)
            events += page["events"]
            token = page.get("nextToken")
            if not token:
                return events

    def pause(self, seconds, what):
        if time.monotonic() > self.deadline:
            raise PlayFailed("waited in vain for %s" % what)
        time.sleep(seconds)

    # ---- what other services saw ---------------------------------------------------------------
    def log_events(self, expected):
        group = next(s["params"]["logGroupName"] for s in self.case["setup"]
                     if s["op"] == "CreateLogGroup")
        wanted = len(expected.get("log_events", [])) or 1
        until = time.monotonic() + 15
        while True:
            found = self.client.call("logs", "FilterLogEvents", {"logGroupName": group})
            events = [json.loads(e["message"]) for e in found.get("events", [])]
            ended = any(e.get("type") in ENDED for e in events)
            if (len(events) >= wanted and ended) or time.monotonic() > until:
                return sorted(events, key=lambda e: (e.get("event_timestamp"), int(e["id"])))
            time.sleep(0.2)

    def queue_messages(self, wanted):
        url, found, until = next(iter(self.queue_urls.values())), [], time.monotonic() + 20
        while len(found) < wanted and time.monotonic() < until:
            answer = self.client.call("sqs", "ReceiveMessage", {
                "QueueUrl": url, "WaitTimeSeconds": 1, "MaxNumberOfMessages": 10})
            for message in answer.get("Messages", []):
                found.append(message["Body"])
                self.client.call("sqs", "DeleteMessage", {
                    "QueueUrl": url, "ReceiptHandle": message["ReceiptHandle"]})
        return found

    # ---- single calls --------------------------------------------------------------------------
    def play_validation(self):
        params = dict(self.case.get("create_params") or {})
        params["definition"] = (self.case["definition_raw"] if "definition_raw" in self.case
                                else as_text(self.case["definition"]))
        if self.case["operation"] == "CreateStateMachine":
            params.setdefault("name", self.case.get("state_machine_name") or self.name)
            params.setdefault("roleArn", ROLE % self.account)
        if self.case.get("type"):
            params.setdefault("type", self.case["type"])
        return self.answer_or_error(self.case["operation"], params)

    def play_test_state(self):
        params = dict(self.case["test_state"])
        params["definition"] = (self.case["definition_raw"] if "definition_raw" in self.case
                                else as_text(self.case["definition"]))
        if "input_text" in self.case:
            params["input"] = self.case["input_text"]
        return self.answer_or_error("TestState", params)

    def answer_or_error(self, op, params):
        try:
            return self.client.states(op, self.fill(params))
        except ApiError as error:
            if error.not_there:
                raise
            return {"api_error": error.as_json()}

    def play_steps(self):
        answers = []
        for number, step in enumerate(self.case["steps"]):
            try:
                answers.append(self.play_step(step))
            except ApiError as error:
                if error.not_there:
                    raise Unsupported("the server has no %s" % error.operation)
                if "expect" not in step:
                    raise PlayFailed("step %d %s: %s" % (number, step["op"], error))
                answers.append({"error": error.as_json()})
        return answers

    def play_step(self, step):
        params = self.fill(step["params"])
        if step["op"] == "$Wait":
            self.wait_until(params["executionArn"], params["until"])
            return {}
        if step["op"] == "$StartWorker":
            self.start_worker(self.case["workers"][params["worker"]])
            return {}
        client = self.client_for(step.get("account", self.account), step.get("region"))
        answer = client.call(step.get("service"), step["op"], params)
        self.remember(step, answer)
        return answer

    def wait_until(self, execution, until):
        if until in ("STARTED", "STATE_ENTERED"):
            kind = "ExecutionStarted" if until == "STARTED" else "StateEntered"
            while not any(e["type"].endswith(kind) for e in self.history(execution)):
                self.pause(0.05, until)
        elif until.startswith("LISTED:"):
            machine = self.client.states("DescribeExecution", {"executionArn": execution})
            params = {"stateMachineArn": machine["stateMachineArn"],
                      "statusFilter": until.split(":")[1]}
            while not any(e["executionArn"] == execution for e in
                          self.client.states("ListExecutions", params)["executions"]):
                self.pause(0.05, until)
        else:
            self.wait_for(execution, lambda status: status in TERMINAL)

    # ---- workers -------------------------------------------------------------------------------
    def start_worker(self, worker):
        client = Client(self.port, self.account, self.region)
        self.clients.append(client)
        loop = self.activity_worker if worker["kind"] == "activity" else self.queue_worker

        def run():
            try:
                loop(client, worker)
            except Exception as error:  # the case is judged by what it did; this says why
                if not self.stopping.is_set():
                    self.worker_error = error

        thread = threading.Thread(target=run, daemon=True)
        self.workers.append(thread)
        thread.start()

    def activity_worker(self, client, worker):
        while not self.stopping.is_set():
            task = client.states("GetActivityTask", {"activityArn": worker["activity_arn"],
                                                     "workerName": worker["worker_name"]})
            if task.get("taskToken"):
                self.act(client, worker["on_task"], {"task": task}, "")

    def queue_worker(self, client, worker):
        url = self.fill(worker["queue_url"])
        while not self.stopping.is_set():
            answer = client.call("sqs", "ReceiveMessage", {"QueueUrl": url, "WaitTimeSeconds": 1})
            for message in answer.get("Messages", []):
                client.call("sqs", "DeleteMessage", {"QueueUrl": url,
                                                     "ReceiptHandle": message["ReceiptHandle"]})
                self.act(client, worker["on_message"], {"body": json.loads(message["Body"])},
                         message["Body"])

    def act(self, client, actions, values, raw):
        for action in actions:
            if "sleep_seconds" in action:
                self.stopping.wait(action["sleep_seconds"])
                continue
            params = {key: TOKEN.sub(lambda m: worker_token(m.group(1), values, raw), text)
                      for key, text in action.items() if key not in ("op", "times")}
            for _ in range(action.get("times", 1)):
                try:
                    client.states(action["op"], params)
                except ApiError as error:
                    # A heartbeat or a second answer may come after the end of its task.
                    if error.code not in ("TaskTimedOut", "TaskDoesNotExist", "InvalidToken"):
                        raise

    # ---- tokens --------------------------------------------------------------------------------
    def remember(self, step, answer):
        if "id" in step:
            self.answers[step["id"]] = answer
        if step["op"] == "CreateQueue":
            self.queue_urls[step["params"]["QueueName"]] = answer.get("QueueUrl", "")

    def fill(self, value):
        if isinstance(value, str):
            return TOKEN.sub(self.token, value)
        if isinstance(value, dict):
            return {key: self.fill(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self.fill(item) for item in value]
        return value

    def token(self, match):
        text = match.group(1)
        if text.startswith("queue_url:"):
            name = text[len("queue_url:"):]
            return self.queue_urls.get(name) or "http://127.0.0.1:%d/%s/%s" % (
                self.port, self.account, name)
        days = re.fullmatch(r"now\+(\d+)d", text)
        if days:
            now = datetime.datetime.now(datetime.timezone.utc)
            return (now + datetime.timedelta(int(days[1]))).strftime("%Y-%m-%dT%H:%M:%S")
        step, _, path = text.partition(".")
        if step not in self.answers:
            return match.group(0)
        try:
            return str(walk(self.answers[step], path))
        except (KeyError, IndexError, TypeError):
            raise PlayFailed("the answer to %s has no %s" % (step, path))

    def client_for(self, account, region=None):
        if account == self.account and region in (None, self.region):
            return self.client
        client = Client(self.port, account, region or self.region)
        self.clients.append(client)
        return client


def walk(value, path):
    for name, index in re.findall(r"([^.\[\]]+)|\[(\d+)\]", path):
        value = value[int(index)] if index else value[name]
    return value


def worker_token(text, values, raw):
    if text == "raw_body":
        return raw
    as_json = re.fullmatch(r"json\((.+)\)", text)
    if as_json:
        return as_text(walk(values, as_json[1]))
    parsed = re.fullmatch(r"parse\((.+?)\)\.(.+)", text)
    if parsed:
        return str(walk(json.loads(walk(values, parsed[1])), parsed[2]))
    return str(walk(values, text))


def as_text(value):
    return json.dumps(value, ensure_ascii=False)


def short_name(case):
    """A state machine name of this case's own, where the case names none or one that others use."""
    digest = hashlib.sha256(case["id"].encode()).hexdigest()[:12]
    return "case-" + digest
