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
    return this.#answer !== null;
  }

  async begin() {
    if (this.#answer) return;
    this.#answer = await this.#open(this.#contentType);
    this._onBeforeFirstWrite?.((piece) => this.#answer.write(asBytes(piece)));
  }

  _write(piece, _encoding, done) {
    this.begin().then(() => this.#answer.write(asBytes(piece), () => done()), done);
  }

  // The answer's last word; `error` is what the function failed with in the middle of it.
  async finish(error) {
    await this.begin();
    if (!error) return this.#answer.end('');
    const body = Buffer.from(JSON.stringify(error)).toString('base64');
    return this.#answer.end(
      `Lambda-Runtime-Function-Error-Type: ${error.errorType}\r\n` +
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
    await drained(stream);
  } catch (error) {
    if (!stream.begun) throw error;
    failed = describe(error);
  }
  await stream.finish(failed);
}
