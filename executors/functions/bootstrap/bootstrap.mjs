// Runs the handler of a function: asks the runtime endpoint for invocations, one at a time, over
// the routes of the Lambda Runtime API. The HTTP client is a few lines of our own, because
// node:http costs more than the rest of a warm invocation.
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { createRequire, Module } from 'node:module';
import { pathToFileURL } from 'node:url';
import { formatWithOptions } from 'node:util';

const env = process.env;
const socketPath = env.AWS_LAMBDA_RUNTIME_API.slice('unix:'.length);
let root; // where the code is, see takeEnvironment
const api = '/2018-06-01/runtime/';
const retryMs = 30_000; // an answer is kept this long while the engine is away
const longestPauseMs = 250; // between two looks whether the engine is back, with an answer for it
const longestIdlePauseMs = 2000; // without one: there may be many such workers

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// ---- HTTP/1.1 over one connection that is made again when it is lost
class Client {
  #socket = null;
  #chunks = [];
  #missing = 0; // bytes of a long body still to come, so that it is put together once
  #waiter = null; // {resolve, reject} of the response that is being read
  #hasAnswer = false;
  #who;
  #next;

  identify(worker, secret) {
    this.#who = `\r\nHost: runtime\r\nPerdure-Worker: ${worker}\r\nPerdure-Secret: ${secret}\r\n`;
    this.#next = Buffer.from(`GET ${api}invocation/next HTTP/1.1${this.#who}\r\n`);
  }

  connect() {
    return new Promise((resolve, reject) => {
      const socket = net.connect(socketPath);
      const lost = (error) => {
        if (this.#socket === socket) this.#socket = null;
        const waiter = this.#waiter;
        this.#waiter = null;
        (waiter?.reject ?? reject)(error ?? new Error('the connection was closed'));
      };
      socket.once('connect', () => {
        this.#socket = socket;
        this.#chunks = [];
        this.#missing = 0;
        resolve();
      });
      socket.on('error', lost);
      socket.on('close', () => lost());
      socket.on('data', (chunk) => {
        this.#chunks.push(chunk);
        this.#deliver();
      });
    });
  }

  #deliver() {
    if (!this.#waiter) return;
    const response = this.#parse();
    if (!response) return;
    const waiter = this.#waiter;
    this.#waiter = null;
    this.#socket.unref();
    waiter.resolve(response);
  }

  // One whole response from the front of what has come, or nothing yet.
  #parse() {
    if (this.#chunks.length > 1) {
      if (this.#missing > 0) {
        this.#missing -= this.#chunks[this.#chunks.length - 1].length;
        if (this.#missing > 0) return null;
      }
      this.#chunks = [Buffer.concat(this.#chunks)];
    }
    const data = this.#chunks[0];
    const end = data?.indexOf('\r\n\r\n') ?? -1;
    if (end < 0) return null;
    const lines = data.toString('latin1', 0, end).split('\r\n');
    const headers = {};
    for (let i = 1; i < lines.length; i++) {
      const colon = lines[i].indexOf(':');
      headers[lines[i].slice(0, colon).toLowerCase()] = lines[i].slice(colon + 1).trim();
    }
    const length = Number(headers['content-length'] ?? 0);
    const start = end + 4;
    if (data.length < start + length) {
      this.#missing = start + length - data.length;
      return null;
    }
    this.#missing = 0;
    this.#chunks = data.length > start + length ? [data.subarray(start + length)] : [];
    return {
      status: Number(lines[0].split(' ', 2)[1]),
      headers,
      body: data.subarray(start, start + length),
    };
  }

  // Only a question keeps the process alive: while the handler runs, its event loop may get empty.
  #read() {
    return new Promise((resolve, reject) => {
      if (!this.#socket) return reject(new Error('the connection was closed'));
      this.#socket.ref();
      this.#waiter = { resolve, reject };
      this.#deliver();
    });
  }

  // Makes the attempt until it gets through or the engine has been away for too long.
  async #persist(attempt) {
    let deadline = 0;
    for (let pause = 5; ; pause *= 2) {
      try {
        if (!this.#socket) await this.connect();
        return await attempt();
      } catch (error) {
        this.#socket?.destroy();
        this.#socket = null;
        deadline ||= Date.now() + retryMs;
        if (Date.now() > deadline) process.exit(0);
        pause = Math.min(pause, this.#hasAnswer ? longestPauseMs : longestIdlePauseMs);
        await sleep(pause * (1 + Math.random() / 2)); // not all at the same moment
      }
    }
  }

  #post(route, body) {
    const head = `POST ${api}${route} HTTP/1.1${this.#who}Content-Length: ${body.length}\r\n\r\n`;
    return [Buffer.from(head), body];
  }

  async first() {
    return invocationOf(
      await this.#persist(() => {
        this.#socket.write(this.#next);
        return this.#read();
      }),
    );
  }

  async answer(requestId, what, body) {
    this.#hasAnswer = true;
    const response = await this.#persist(() => {
      this.#socket.write(Buffer.concat(this.#post(`invocation/${requestId}/${what}`, body)));
      return this.#read();
    });
    this.#hasAnswer = false;
    return response;
  }

  // Answers, and asks for the next invocation in the same breath.
  async answerAndNext(requestId, what, body) {
    const post = this.#post(`invocation/${requestId}/${what}`, body);
    this.#hasAnswer = true;
    const response = await this.#persist(async () => {
      if (this.#hasAnswer) {
        this.#socket.write(Buffer.concat([...post, this.#next]));
        const { status } = await this.#read();
        if (status === 403) process.exit(0);
        this.#hasAnswer = false; // taken, or no longer wanted: either way it is settled
      } else {
        this.#socket.write(this.#next);
      }
      return this.#read();
    });
    return invocationOf(response);
  }

  // Begins an answer in pieces. What is lost with its connection cannot be said again.
  async stream(requestId, contentType) {
    if (!this.#socket) await this.connect();
    const socket = this.#socket;
    socket.write(
      `POST ${api}invocation/${requestId}/response HTTP/1.1${this.#who}` +
        `Content-Type: ${contentType}\r\nLambda-Runtime-Function-Response-Mode: streaming\r\n` +
        'Transfer-Encoding: chunked\r\n\r\n',
    );
    return {
      write: (bytes, done) => {
        if (bytes.length === 0) return done?.();
        const size = Buffer.from(`${bytes.length.toString(16)}\r\n`);
        socket.write(Buffer.concat([size, bytes, Buffer.from('\r\n')]), done);
      },
      end: (trailers) => {
        socket.write(`0\r\n${trailers}\r\n`);
        return this.#read();
      },
    };
  }

  // Something beside invocations, said once: nobody waits for it, and it keeps nothing alive.
  mention(route, headers, body) {
    const socket = net.connect(socketPath).unref();
    socket.on('error', () => {}).resume();
    const size = `Content-Length: ${body.length}\r\n`;
    const head = Buffer.from(`POST ${route} HTTP/1.1${this.#who}${headers}${size}\r\n`);
    socket.end(Buffer.concat([head, body]));
  }

  initError(body) {
    return this.#persist(() => {
      this.#socket.write(Buffer.concat(this.#post('init/error', body)));
      return this.#read();
    });
  }
}

function invocationOf(response) {
  if (response.status !== 200) process.exit(0); // not (any more) a worker of theirs
  return response;
}

// ---- errors, as callers see them
class Fault extends Error {
  constructor(name, message, trace) {
    super(message);
    this.name = name;
    if (trace) this.stack = trace;
  }
}

// Code is at /var/task on AWS, and so in every trace, wherever it is here.
const shown = (text) =>
  text.replaceAll(`file://${root}/`, 'file:///var/task/').replaceAll(`${root}/`, '/var/task/');

function describe(error) {
  if (error instanceof Error || (error && typeof error === 'object' && 'stack' in error)) {
    const stack = String(error.stack ?? '');
    return {
      errorType: String(error.name ?? error.constructor?.name ?? 'Error').replaceAll('\x7f', '%7F'),
      errorMessage: shown(String(error.message ?? '')),
      trace: shown(stack).split('\n'),
    };
  }
  return { errorType: typeof error, errorMessage: String(error), trace: [] };
}

const encode = (value) => Buffer.from(JSON.stringify(value));

let currentRequest = '';

const logsJson = () => env.AWS_LAMBDA_LOG_FORMAT === 'JSON';

function logError(title, described) {
  const { trace, ...rest } = described;
  if (logsJson()) return printJson('ERROR', { ...rest, stackTrace: trace });
  print(`${currentRequest}\tERROR\t${title}\t${JSON.stringify({ ...rest, stack: trace })}`);
}

function printJson(level, members) {
  const timestamp = new Date().toISOString();
  write(JSON.stringify({ timestamp, level, requestId: currentRequest || undefined, ...members }));
}

const print = (text) => write(`${new Date().toISOString()}\t${text}`);

// One event of the log. The pipe may be full: then the function waits for its reader.
function write(text) {
  let bytes = Buffer.from(`${text}\n`);
  while (bytes.length > 0) {
    try {
      bytes = bytes.subarray(fs.writeSync(1, bytes));
    } catch (error) {
      if (error.code !== 'EAGAIN') return;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    }
  }
}

// console.* write time, request id and level before the message, as on AWS; a line break within a
// message becomes a carriage return, so that it stays one event.
const levels = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'];

// One value stays as it is, an error is taken apart.
function jsonMembers(values) {
  const error = values.find((value) => value instanceof Error);
  const described = error ? describe(error) : {};
  const { trace, ...rest } = described;
  const alone = values.length === 1 && !error;
  const message = alone ? values[0] : formatWithOptions({ colors: false }, ...values);
  return { message, ...rest, stackTrace: trace };
}

function setUpJsonConsole() {
  const least = Math.max(levels.indexOf(env.AWS_LAMBDA_LOG_LEVEL ?? 'INFO'), 0);
  const at = (level) => (...values) => {
    if (levels.indexOf(level) >= least) printJson(level, jsonMembers(values));
  };
  console.log = at('INFO');
  console.info = at('INFO');
  console.debug = at('DEBUG');
  console.warn = at('WARN');
  console.error = at('ERROR');
  console.trace = at('TRACE');
}

function setUpConsole() {
  if (logsJson()) return setUpJsonConsole();
  const write = (level) => (...values) => {
    const text = formatWithOptions({ colors: false }, ...values).replaceAll('\n', '\r');
    print(`${currentRequest || 'undefined'}\t${level}\t${text}`);
  };
  console.log = write('INFO');
  console.info = write('INFO');
  console.debug = write('DEBUG');
  console.warn = write('WARN');
  console.error = write('ERROR');
  console.trace = write('TRACE');
}

// ---- the handler
const streamingMark = Symbol.for('aws.lambda.runtime.handler.streaming');

// What AWS's runtime offers to handlers that stream.
globalThis.awslambda = {
  streamifyResponse: (handler) => Object.assign(handler, { [streamingMark]: 'response' }),
  HttpResponseStream: {
    // Status and headers go before the body, eight zero bytes behind them.
    from(stream, prelude) {
      stream.setContentType('application/vnd.awslambda.http-integration-response');
      stream._onBeforeFirstWrite = (write) => {
        write(JSON.stringify(prelude));
        write(new Uint8Array(8));
      };
      return stream;
    },
  },
};

async function loadHandler(name) {
  const folder = path.dirname(name);
  const [file, ...attributes] = path.basename(name).split('.');
  if (name.includes('..')) {
    throw new Fault(
      'Runtime.MalformedHandlerName',
      `'${name}' is not a valid handler name. ` +
        'Use absolute paths when specifying root directories in handler names.',
    );
  }
  if (attributes.length === 0) throw new Fault('Runtime.MalformedHandlerName', 'Bad handler');
  const module = await loadModule(path.join(folder, file), path.resolve(root, folder, file));
  let handler = module;
  for (const attribute of attributes) handler = handler?.[attribute];
  if (handler === undefined) {
    throw new Fault('Runtime.HandlerNotFound', `${name} is undefined or not exported`);
  }
  if (typeof handler !== 'function') {
    throw new Fault('Runtime.HandlerNotFound', `${name} is not a function`);
  }
  return handler;
}

async function loadModule(name, base) {
  try {
    for (const ending of ['.js', '.mjs', '.cjs']) {
      if (fs.existsSync(base + ending)) return withDefault(await loadFile(base + ending));
    }
    return createRequire(path.join(root, 'index.js'))(base); // a folder with a package.json
  } catch (error) {
    if (error instanceof SyntaxError) {
      const kind = 'Runtime.UserCodeSyntaxError';
      throw new Fault(kind, `SyntaxError: ${error.message}`, `${kind}: ${error.stack}`);
    }
    if (error?.code === 'MODULE_NOT_FOUND' || error?.code === 'ERR_MODULE_NOT_FOUND') {
      const own = String(error.message).includes(`'${base}'`);
      const message = own ? `Cannot find module '${name}'` : shown(String(error.message));
      throw new Fault('Runtime.ImportModuleError', `Error: ${message}`);
    }
    throw error;
  }
}

// import() takes CommonJS too, but require is twice as fast for it.
async function loadFile(file) {
  if (file.endsWith('.mjs') || (file.endsWith('.js') && isModulePackage(path.dirname(file)))) {
    const { findModulesByNodePath } = await import('./node_path.mjs');
    findModulesByNodePath();
    return import(pathToFileURL(file).href);
  }
  try {
    return createRequire(file)(file);
  } catch (error) {
    if (error?.code !== 'ERR_REQUIRE_ESM') throw error;
    return import(pathToFileURL(file).href);
  }
}

function isModulePackage(folder) {
  for (let at = folder; at.startsWith(root); at = path.dirname(at)) {
    try {
      return JSON.parse(fs.readFileSync(path.join(at, 'package.json'), 'utf8')).type === 'module';
    } catch (error) {
      if (error instanceof SyntaxError) return false;
    }
    if (at === path.dirname(at)) break;
  }
  return false;
}

// `export default { handler }` counts as if each were exported.
const withDefault = (module) =>
  module && typeof module.default === 'object' ? { ...module.default, ...module } : module;

function contextOf(headers, finish) {
  const deadline = Number(headers['lambda-runtime-deadline-ms'] ?? 0);
  const client = headers['lambda-runtime-client-context'];
  const done = (error, result) => finish(error, result);
  return {
    callbackWaitsForEmptyEventLoop: true,
    functionName: env.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: env.AWS_LAMBDA_FUNCTION_VERSION,
    memoryLimitInMB: env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: env.AWS_LAMBDA_LOG_STREAM_NAME,
    clientContext: client ? JSON.parse(Buffer.from(client, 'latin1').toString()) : undefined,
    identity: undefined,
    invokedFunctionArn: headers['lambda-runtime-invoked-function-arn'],
    awsRequestId: headers['lambda-runtime-aws-request-id'],
    getRemainingTimeInMillis: () => Math.max(deadline - Date.now(), 0),
    done,
    succeed: (result) => done(null, result),
    fail: (error) => done(error ?? 'handled'),
  };
}

// Settled once, by whichever way of answering the handler uses first: {error} or {result}.
function invoke(handler, event, headers) {
  return new Promise((resolve) => {
    let settled = false;
    let outcome = null;
    const settle = (value) => {
      if (settled) return;
      settled = true;
      failInvocation = null;
      process.off('beforeExit', whenEmpty);
      resolve(value);
    };
    // The event loop is empty: what the callback said counts, or nothing (null on AWS).
    const whenEmpty = () => settle(outcome ?? { result: null });
    const context = contextOf(headers, (error, result) =>
      settle(error === null || error === undefined ? { result } : { error }));
    const callback = (error, result) => {
      if (outcome || settled) return;
      outcome = error === null || error === undefined ? { result } : { error };
      if (!context.callbackWaitsForEmptyEventLoop) setImmediate(() => settle(outcome));
    };
    failInvocation = (error, exitCode) => settle({ error, exitCode });
    process.on('beforeExit', whenEmpty);
    let returned;
    try {
      returned = handler(event, context, callback);
    } catch (error) {
      return settle({ error });
    }
    if (typeof returned?.then === 'function') {
      returned.then((result) => settle({ result }), (error) => settle({ error }));
    }
  });
}

let failInvocation = null; // what an error that nobody catches does to the running invocation

function marshal(result) {
  try {
    return Buffer.from(JSON.stringify(result === undefined ? null : result) ?? 'null');
  } catch (error) {
    throw new Fault('Runtime.MarshalError', `Unable to stringify response body: ${error.message}`);
  }
}

async function streamed(client, handler, headers, body) {
  const { streamAnswer } = await import('./streaming.mjs');
  const open = (contentType) => client.stream(currentRequest, contentType);
  const context = contextOf(headers, () => {});
  await streamAnswer(handler, JSON.parse(body.toString()), context, open, describe);
  return { what: 'streamed' };
}

async function outcomeOf(client, handler, headers, body) {
  let exitCode;
  try {
    if (handler[streamingMark] === 'response') {
      return await streamed(client, handler, headers, body);
    }
    const outcome = await invoke(handler, JSON.parse(body.toString()), headers);
    if (!('error' in outcome)) return { what: 'response', answer: marshal(outcome.result) };
    exitCode = outcome.exitCode;
    throw outcome.error;
  } catch (error) {
    const described = describe(error);
    if (!exitCode) logError('Invoke Error', described);
    return { what: 'error', answer: encode(described), exitCode };
  }
}

// The running invocation fails and the process ends, as it would without a handler of ours.
function onFatal(title, exitCode, toError) {
  return (reason) => {
    const error = toError(reason);
    logError(title, describe(error));
    if (failInvocation) failInvocation(error, exitCode);
    else process.exit(exitCode);
  };
}

function rejectionError(reason) {
  const kind = 'Runtime.UnhandledPromiseRejection';
  const message = reason instanceof Error ? `${reason.name}: ${reason.message}` : String(reason);
  return new Fault(kind, message, `${kind}: ${reason?.stack ?? message}`);
}

// ---- a cell: a process that is started before its function is known
// Uses once what every worker uses, so that it is loaded and compiled.
async function warmUp(client) {
  await client.connect().catch(() => {}); // without, the first question connects
  new Module('/warm.js')._compile('module.exports = async () => 1;', '/warm.js');
  root = '/nowhere';
  await loadHandler('warm.handler').catch(() => {});
  await import('data:text/javascript,export default 1');
  formatWithOptions({ colors: false }, '%s', 'warm', { a: [1] });
  contextOf({}, () => {});
  await invoke(async () => marshal(JSON.parse('{}')), {}, {});
  await import('./code_cache.mjs');
}

// What it is to be comes at descriptor 3, a frame as docs/spawner.md describes it.
function waitForOrder() {
  let frame = Buffer.alloc(0);
  const chunk = Buffer.alloc(64 << 10);
  while (frame.length < 4 || frame.length < 4 + frame.readUInt32LE(0)) {
    const got = fs.readSync(3, chunk);
    if (got === 0) process.exit(0); // the spawner is gone
    frame = Buffer.concat([frame, chunk.subarray(0, got)]);
  }
  fs.closeSync(3);
  let at = 5;
  const number = () => frame.readUInt32LE((at += 4) - 4);
  const text = () => {
    const size = number();
    return frame.toString('utf8', at, (at += size));
  };
  const list = () => Array.from({ length: number() }, text);
  text(); // worker
  text(); // tag
  list(); // argv
  const variables = list();
  process.chdir(text());
  for (const name of Object.keys(env)) delete env[name];
  for (const variable of variables) {
    const equals = variable.indexOf('=');
    env[variable.slice(0, equals)] = variable.slice(equals + 1);
  }
  Module._initPaths(); // NODE_PATH
}

function takeEnvironment(client) {
  client.identify(env.PERDURE_WORKER_ID, env.PERDURE_WORKER_SECRET);
  delete env.PERDURE_WORKER_ID;
  delete env.PERDURE_WORKER_SECRET;
  root = env.LAMBDA_TASK_ROOT;
}

// Code that is large is compiled once for all workers: see code_cache.mjs. Gives what is to be
// called after a good answer.
async function useCodeCache(client) {
  const { PERDURE_CODE_CACHE: file, PERDURE_CODE_CACHE_WANTED: wanted } = env;
  delete env.PERDURE_CODE_CACHE;
  delete env.PERDURE_CODE_CACHE_WANTED;
  if (!file && !wanted) return undefined;
  const cache = await import('./code_cache.mjs');
  return cache.useCodeCache(file, wanted, (verdict, body) =>
    client.mention('/perdure/code-cache', `Perdure-Code-Cache: ${verdict}\r\n`, body));
}

async function main() {
  const client = new Client();
  if (env.PERDURE_CELL) {
    await warmUp(client);
    waitForOrder();
  }
  takeEnvironment(client);
  setUpConsole();
  process.chdir(root);
  const afterGoodAnswer = await useCodeCache(client);
  let handler;
  try {
    handler = await loadHandler(env._HANDLER ?? '');
  } catch (error) {
    const described = describe(error);
    logError('Uncaught Exception', described);
    await client.initError(encode(described));
    process.exit(1);
  }
  process.on('uncaughtException', onFatal('Uncaught Exception', 129, (error) => error));
  process.on('unhandledRejection', onFatal('Unhandled Promise Rejection', 128, rejectionError));
  let { headers, body } = await client.first();
  for (;;) {
    currentRequest = headers['lambda-runtime-aws-request-id'];
    env._X_AMZN_TRACE_ID = headers['lambda-runtime-trace-id'] ?? '';
    const { what, answer, exitCode } = await outcomeOf(client, handler, headers, body);
    if (exitCode) {
      await client.answer(currentRequest, what, answer);
      process.exit(exitCode);
    }
    const callComes = what === 'error' ? undefined : afterGoodAnswer?.();
    if (what === 'streamed') {
      ({ headers, body } = await client.first());
    } else {
      ({ headers, body } = await client.answerAndNext(currentRequest, what, answer));
    }
    callComes?.();
  }
}

main();
