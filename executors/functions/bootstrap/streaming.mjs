// Handlers that stream their answer: handler(event, responseStream, context). Loaded when there is
// one.
import { Writable } from 'node:stream';

const asBytes = (piece) =>
  typeof piece === 'string' || ArrayBuffer.isView(piece)
    ? Buffer.from(piece)
    : Buffer.from(JSON.stringify(piece));

// What the handler writes to. The answer begins with the first piece, so that a handler which fails
// before it can still fail as others do.
class ResponseStream extends Writable {
  #open;
  #answer = null;
  #beginning = null;
  #contentType = 'application/octet-stream';
  _onBeforeFirstWrite = null; // of HttpResponseStream.from

  constructor(open) {
    super({ writableObjectMode: true });
    this.#open = open;
  }

  setContentType(contentType) {
    this.#contentType = contentType;
  }

  get begun() {
    return this.#beginning !== null;
  }

  begin() {
    this.#beginning ??= this.#open(this.#contentType).then((answer) => {
      this.#answer = answer;
      this._onBeforeFirstWrite?.((piece) => answer.write(asBytes(piece)));
    });
    return this.#beginning;
  }

  _write(piece, _encoding, done) {
    this.begin().then(() => this.#answer.write(asBytes(piece), () => done()), done);
  }

  // The answer's last word; `error` is what the function failed with in the middle of it.
  async finish(error) {
    await this.begin();
    if (!error) return this.#answer.end('');
    const body = Buffer.from(JSON.stringify(error)).toString('base64');
    const type = error.errorType.replace(/[^\w.]/g, '') || 'Error';
    return this.#answer.end(
      `Lambda-Runtime-Function-Error-Type: ${type}\r\n` +
        `Lambda-Runtime-Function-Error-Body: ${body}\r\n`,
    );
  }
}

const drained = (stream) =>
  new Promise((resolve, reject) => {
    stream.once('finish', resolve);
    stream.once('error', reject);
    if (!stream.writableEnded) stream.end();
    else if (stream.writableFinished) resolve();
  });

// Resolves once the engine has all of the answer. Throws what the handler threw before its first
// piece. `open` begins an answer, `describe` makes an error what callers see.
export async function streamAnswer(handler, event, context, open, describe) {
  const stream = new ResponseStream(open);
  let failed = null;
  try {
    await handler(event, stream, context);
  } catch (error) {
    if (!stream.begun) throw error;
    failed = describe(error);
  }
  await drained(stream); // what it had written by then is part of the answer
  await stream.finish(failed);
}
