// The AWS SDK for JavaScript v3 against a real server. Run by sdk_test.py, which installs it.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as lambda from "@aws-sdk/client-lambda";
import * as scheduler from "@aws-sdk/client-scheduler";
import * as sfn from "@aws-sdk/client-sfn";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { objectTests } from "./s3.mjs";

const account = "111111111111";
const roleArn = `arn:aws:iam::${account}:role/r`;
const settings = {
  endpoint: process.env.PERDURE_ENDPOINT,
  region: "us-east-1",
  credentials: { accessKeyId: account, secretAccessKey: "x" },
  disableHostPrefix: true,
  maxAttempts: 1,
};
const states = new sfn.SFNClient(settings);
const functions = new lambda.LambdaClient(settings);
const schedules = new scheduler.SchedulerClient(settings);

const pass = { StartAt: "A", States: { A: { Type: "Pass", Result: { n: 1 }, End: true } } };

async function createMachine(name, definition, type = "STANDARD") {
  const created = await states.send(new sfn.CreateStateMachineCommand({
    name, roleArn, type, definition: JSON.stringify(definition),
  }));
  return created.stateMachineArn;
}

async function untilEnded(executionArn) {
  for (let i = 0; i < 600; ++i) {
    const execution = await states.send(new sfn.DescribeExecutionCommand({ executionArn }));
    if (execution.status !== "RUNNING") return execution;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`${executionArn} did not end`);
}

function zip(source) {
  const folder = mkdtempSync(join(tmpdir(), "perdure-zip-"));
  try {
    writeFileSync(join(folder, "index.js"), source);
    execFileSync("/usr/bin/python3", ["-m", "zipfile", "-c", "package.zip", "index.js"],
      { cwd: folder });
    return readFileSync(join(folder, "package.zip"));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const tests = {
  async "runs a distributed Map"() {
    const stateMachineArn = await createMachine("js-distributed", {
      StartAt: "M",
      States: {
        M: {
          Type: "Map", Label: "L", End: true, ToleratedFailurePercentage: 50,
          ItemBatcher: { MaxItemsPerBatch: 2 },
          ItemProcessor: {
            ProcessorConfig: { Mode: "DISTRIBUTED", ExecutionType: "EXPRESS" },
            StartAt: "P", States: { P: { Type: "Pass", OutputPath: "$.Items", End: true } },
          },
        },
      },
    });
    const { executionArn } = await states.send(new sfn.StartExecutionCommand({
      stateMachineArn, input: "[1,2,3]",
    }));
    const execution = await untilEnded(executionArn);
    assert.deepEqual(JSON.parse(execution.output), [[1, 2], [3]]);
    const { mapRuns } = await states.send(new sfn.ListMapRunsCommand({ executionArn }));
    assert.equal(mapRuns.length, 1);
    const run = await states.send(new sfn.DescribeMapRunCommand({
      mapRunArn: mapRuns[0].mapRunArn,
    }));
    assert.equal(run.status, "SUCCEEDED");
    assert.equal(run.itemCounts.succeeded, 3);
    assert.equal(run.executionCounts.succeeded, 2);
    assert.equal(run.toleratedFailurePercentage, 50);
    assert.ok(run.stopDate >= run.startDate);
  },

  async "says who it is"() {
    const identity = await new STSClient(settings).send(new GetCallerIdentityCommand({}));
    assert.equal(identity.Account, account);
  },

  async "creates, starts, describes, lists, reads the history"() {
    const stateMachineArn = await createMachine("sdk", pass);
    const started = await states.send(new sfn.StartExecutionCommand({
      stateMachineArn, name: "one", input: "{\"a\": 1}",
    }));
    assert.ok(started.startDate instanceof Date);
    const ended = await untilEnded(started.executionArn);
    assert.equal(ended.status, "SUCCEEDED");
    assert.equal(ended.output, "{\"n\":1}");
    const history = await states.send(new sfn.GetExecutionHistoryCommand({
      executionArn: started.executionArn, reverseOrder: true,
    }));
    assert.deepEqual(history.events.map((e) => e.id), [4, 3, 2, 1]);
    assert.equal(history.events[0].executionSucceededEventDetails.output, "{\"n\":1}");
    const pages = [];
    for await (const page of sfn.paginateListExecutions({ client: states, pageSize: 1 },
      { stateMachineArn })) {
      pages.push(...page.executions);
    }
    assert.deepEqual(pages.map((e) => e.name), ["one"]);
  },

  async "updates, describes as it was, deletes"() {
    const stateMachineArn = await createMachine("sdk-update", pass);
    const { executionArn } = await states.send(new sfn.StartExecutionCommand({ stateMachineArn }));
    await untilEnded(executionArn);
    const fail = { StartAt: "F", States: { F: { Type: "Fail" } } };
    const updated = await states.send(new sfn.UpdateStateMachineCommand({
      stateMachineArn, definition: JSON.stringify(fail),
    }));
    const now = await states.send(new sfn.DescribeStateMachineCommand({ stateMachineArn }));
    assert.deepEqual(JSON.parse(now.definition), fail);
    assert.equal(now.revisionId, updated.revisionId);
    const then = await states.send(
      new sfn.DescribeStateMachineForExecutionCommand({ executionArn }));
    assert.deepEqual(JSON.parse(then.definition), pass);
    await states.send(new sfn.DeleteStateMachineCommand({ stateMachineArn }));
    await assert.rejects(states.send(new sfn.DescribeStateMachineCommand({ stateMachineArn })),
      sfn.StateMachineDoesNotExist);
  },

  async "stops"() {
    const stateMachineArn = await createMachine("sdk-stop",
      { StartAt: "W", States: { W: { Type: "Wait", Seconds: 3600, End: true } } });
    const { executionArn } = await states.send(new sfn.StartExecutionCommand({ stateMachineArn }));
    await states.send(new sfn.StopExecutionCommand({ executionArn, error: "E", cause: "why" }));
    const ended = await untilEnded(executionArn);
    assert.equal(ended.status, "ABORTED");
    assert.equal(ended.error, "E");
  },

  async "runs EXPRESS and waits"() {
    const stateMachineArn = await createMachine("sdk-express", pass, "EXPRESS");
    const ended = await states.send(new sfn.StartSyncExecutionCommand({ stateMachineArn }));
    assert.equal(ended.status, "SUCCEEDED");
    assert.equal(ended.output, "{\"n\":1}");
  },

  async "gives typed errors"() {
    await assert.rejects(states.send(new sfn.StartExecutionCommand({
      stateMachineArn: `arn:aws:states:us-east-1:${account}:stateMachine:none`,
    })), sfn.StateMachineDoesNotExist);
    await assert.rejects(states.send(new sfn.DescribeExecutionCommand({ executionArn: "x" })),
      sfn.InvalidArn);
    await assert.rejects(createMachine("a b", pass), sfn.InvalidName);
    await assert.rejects(createMachine("bad", { StartAt: "A" }), sfn.InvalidDefinition);
    await assert.rejects(states.send(new sfn.SendTaskSuccessCommand({
      taskToken: "none", output: "{}",
    })), sfn.InvalidToken);
  },

  async "creates, waits for and invokes functions"() {
    const source = "exports.handler = async (event) => {"
      + " if (event.fail) throw new RangeError('no'); return { got: event }; };";
    await functions.send(new lambda.CreateFunctionCommand({
      FunctionName: "sdk-echo", Runtime: "nodejs20.x", Handler: "index.handler", Role: roleArn,
      Code: { ZipFile: zip(source) },
    }));
    await lambda.waitUntilFunctionActiveV2({ client: functions, maxWaitTime: 30 },
      { FunctionName: "sdk-echo" });
    const good = await functions.send(new lambda.InvokeCommand({
      FunctionName: "sdk-echo", Payload: "{\"a\":1}", LogType: "Tail",
    }));
    assert.equal(good.StatusCode, 200);
    assert.deepEqual(JSON.parse(Buffer.from(good.Payload)), { got: { a: 1 } });
    assert.ok(good.LogResult);
    const bad = await functions.send(new lambda.InvokeCommand({
      FunctionName: "sdk-echo", Payload: "{\"fail\":true}",
    }));
    assert.equal(bad.FunctionError, "Unhandled");
    assert.equal(JSON.parse(Buffer.from(bad.Payload)).errorType, "RangeError");
    const task = await createMachine("sdk-task", {
      StartAt: "T",
      States: {
        T: {
          Type: "Task", Resource: "arn:aws:states:::lambda:invoke",
          Parameters: { FunctionName: "sdk-echo", "Payload.$": "$" },
          OutputPath: "$.Payload", End: true,
        },
      },
    });
    const { executionArn } = await states.send(new sfn.StartExecutionCommand({
      stateMachineArn: task, input: "{\"b\":2}",
    }));
    const ended = await untilEnded(executionArn);
    assert.equal(ended.output, "{\"got\":{\"b\":2}}", ended.cause);
    await assert.rejects(functions.send(new lambda.InvokeCommand({ FunctionName: "none" })),
      lambda.ResourceNotFoundException);
    await functions.send(new lambda.DeleteFunctionCommand({ FunctionName: "sdk-echo" }));
  },

  async "streams an answer"() {
    await functions.send(new lambda.CreateFunctionCommand({
      FunctionName: "streams", Runtime: "nodejs20.x", Role: roleArn, Handler: "index.handler",
      Code: { ZipFile: zip(`exports.handler = awslambda.streamifyResponse(async (event, out) => {
        for (const word of event) {
          out.write(word);
          await new Promise((resolve) => setTimeout(resolve, 30));
        }
        if (event.length > 2) throw new RangeError("too many");
      });`) },
    }));
    const invoke = async (event) => {
      const { EventStream } = await functions.send(new lambda.InvokeWithResponseStreamCommand({
        FunctionName: "streams", Payload: JSON.stringify(event),
      }));
      const pieces = [];
      for await (const { PayloadChunk, InvokeComplete } of EventStream) {
        if (PayloadChunk) pieces.push(Buffer.from(PayloadChunk.Payload).toString());
        if (InvokeComplete) return [pieces, InvokeComplete];
      }
      throw new Error("the stream did not end");
    };
    const [pieces, complete] = await invoke(["one", "two"]);
    assert.deepEqual(pieces, ["one", "two"]);
    assert.equal(complete.ErrorCode, undefined);
    const [, failed] = await invoke(["one", "two", "three"]);
    assert.equal(failed.ErrorCode, "Unhandled");
    assert.equal(JSON.parse(failed.ErrorDetails).errorType, "RangeError");
  },

  async "schedules"() {
    const arn = await createMachine("sdk-scheduled", pass);
    const created = await schedules.send(new scheduler.CreateScheduleCommand({
      Name: "often", ScheduleExpression: "rate(1 minute)", FlexibleTimeWindow: { Mode: "OFF" },
      Target: { Arn: arn, RoleArn: roleArn, Input: "{}" },
    }));
    assert.equal(created.ScheduleArn,
      `arn:aws:scheduler:us-east-1:${account}:schedule/default/often`);
    const found = await schedules.send(new scheduler.GetScheduleCommand({ Name: "often" }));
    assert.equal(found.ScheduleExpression, "rate(1 minute)");
    assert.equal(found.State, "ENABLED");
    await schedules.send(new scheduler.UpdateScheduleCommand({
      Name: "often", ScheduleExpression: "cron(0 9 ? * MON-FRI *)",
      ScheduleExpressionTimezone: "Europe/Berlin", FlexibleTimeWindow: { Mode: "OFF" },
      State: "DISABLED", Target: { Arn: arn, RoleArn: roleArn },
    }));
    const listed = await schedules.send(new scheduler.ListSchedulesCommand({}));
    assert.deepEqual(listed.Schedules.map((s) => [s.Name, s.State]), [["often", "DISABLED"]]);
    await assert.rejects(schedules.send(new scheduler.CreateScheduleCommand({
      Name: "wrong", ScheduleExpression: "every day", FlexibleTimeWindow: { Mode: "OFF" },
      Target: { Arn: arn, RoleArn: roleArn },
    })), scheduler.ValidationException);
    await schedules.send(new scheduler.DeleteScheduleCommand({ Name: "often" }));
    await assert.rejects(schedules.send(new scheduler.GetScheduleCommand({ Name: "often" })),
      scheduler.ResourceNotFoundException);
  },
};

Object.assign(tests, {
  async "versions and aliases"() {
    const version = (number) => ({ ...pass, Comment: `number ${number}` });
    const name = "sdk-published";
    const created = await states.send(new sfn.CreateStateMachineCommand({
      name, roleArn, definition: JSON.stringify(version(1)), publish: true,
      versionDescription: "first",
    }));
    const machine = created.stateMachineArn;
    assert.equal(created.stateMachineVersionArn, `${machine}:1`);
    const updated = await states.send(new sfn.UpdateStateMachineCommand({
      stateMachineArn: machine, definition: JSON.stringify(version(2)),
    }));
    await assert.rejects(states.send(new sfn.PublishStateMachineVersionCommand({
      stateMachineArn: machine, revisionId: "another",
    })), sfn.ConflictException);
    const published = await states.send(new sfn.PublishStateMachineVersionCommand({
      stateMachineArn: machine, revisionId: updated.revisionId,
    }));
    assert.equal(published.stateMachineVersionArn, `${machine}:2`);
    const versions = await states.send(new sfn.ListStateMachineVersionsCommand({
      stateMachineArn: machine,
    }));
    assert.deepEqual(versions.stateMachineVersions.map((v) => v.stateMachineVersionArn),
      [`${machine}:2`, `${machine}:1`]);
    const described = await states.send(new sfn.DescribeStateMachineCommand({
      stateMachineArn: `${machine}:1`,
    }));
    assert.equal(JSON.parse(described.definition).Comment, "number 1");
    assert.equal(described.description, "first");

    const alias = await states.send(new sfn.CreateStateMachineAliasCommand({
      name: "live",
      routingConfiguration: [{ stateMachineVersionArn: `${machine}:1`, weight: 100 }],
    }));
    await assert.rejects(states.send(new sfn.DeleteStateMachineVersionCommand({
      stateMachineVersionArn: `${machine}:1`,
    })), sfn.ConflictException);
    const { executionArn } = await states.send(new sfn.StartExecutionCommand({
      stateMachineArn: alias.stateMachineAliasArn,
    }));
    const ended = await untilEnded(executionArn);
    assert.equal(ended.stateMachineArn, machine);
    assert.equal(ended.stateMachineVersionArn, `${machine}:1`);
    assert.equal(ended.stateMachineAliasArn, `${machine}:live`);
    const listed = await states.send(new sfn.ListExecutionsCommand({
      stateMachineArn: `${machine}:live`,
    }));
    assert.deepEqual(listed.executions.map((e) => e.executionArn), [executionArn]);
    await states.send(new sfn.UpdateStateMachineAliasCommand({
      stateMachineAliasArn: alias.stateMachineAliasArn,
      routingConfiguration: [{ stateMachineVersionArn: `${machine}:2`, weight: 100 }],
    }));
    await states.send(new sfn.DeleteStateMachineVersionCommand({
      stateMachineVersionArn: `${machine}:1`,
    }));
    await states.send(new sfn.DeleteStateMachineCommand({ stateMachineArn: machine }));
    await assert.rejects(states.send(new sfn.DescribeStateMachineAliasCommand({
      stateMachineAliasArn: alias.stateMachineAliasArn,
    })), sfn.ResourceNotFound);
  },

  async "redrive"() {
    const machine = await createMachine("sdk-redriven", {
      StartAt: "W", States: { W: { Type: "Wait", Seconds: 3600, End: true } },
    });
    const { executionArn } = await states.send(new sfn.StartExecutionCommand({
      stateMachineArn: machine,
    }));
    await assert.rejects(states.send(new sfn.RedriveExecutionCommand({ executionArn })),
      sfn.ExecutionNotRedrivable);
    await states.send(new sfn.StopExecutionCommand({ executionArn }));
    const stopped = await states.send(new sfn.DescribeExecutionCommand({ executionArn }));
    assert.equal(stopped.redriveStatus, "REDRIVABLE");
    const redriven = await states.send(new sfn.RedriveExecutionCommand({
      executionArn, clientToken: "once",
    }));
    const again = await states.send(new sfn.RedriveExecutionCommand({
      executionArn, clientToken: "once",
    }));
    assert.equal(again.redriveDate.getTime(), redriven.redriveDate.getTime());
    const running = await states.send(new sfn.DescribeExecutionCommand({ executionArn }));
    assert.equal(running.status, "RUNNING");
    assert.equal(running.redriveCount, 1);
    assert.equal(running.stopDate, undefined);
    assert.equal(running.redriveDate.getTime(), redriven.redriveDate.getTime());
    const history = await states.send(new sfn.GetExecutionHistoryCommand({ executionArn }));
    const event = history.events.find((e) => e.type === "ExecutionRedriven");
    assert.equal(event.executionRedrivenEventDetails.redriveCount, 1);
    assert.deepEqual(history.events.map((e) => e.id), history.events.map((_, i) => i + 1));
    const listed = await states.send(new sfn.ListExecutionsCommand({
      stateMachineArn: machine, redriveFilter: "REDRIVEN",
    }));
    assert.deepEqual(listed.executions.map((e) => e.redriveCount), [1]);
    await states.send(new sfn.StopExecutionCommand({ executionArn }));
  },
});

let passed = 0;
let failed = 0;
for (const [name, test] of Object.entries({ ...tests, ...objectTests(settings) })) {
  try {
    await test();
    console.log(`PASS ${name}`);
    ++passed;
  } catch (error) {
    console.log(`FAIL ${name}\n${error.stack ?? error}`);
    ++failed;
  }
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
