// Compiling a large bundle is most of a Node worker's start. So what V8 has made of the files that
// `require` loads is kept: a worker without such a cache makes one once it has answered and nobody
// calls, and gives it to the engine; later workers of the same code find it in a file. Modules
// (import) are compiled anew each time: Node offers nothing for them before version 22.
import fs from 'node:fs';
import path from 'node:path';
import vm from 'node:vm';
import zlib from 'node:zlib';
import { createRequire, Module } from 'node:module';
import { clearTimeout, setTimeout } from 'node:timers'; // functions put others in their place

const leastFileChars = 2 << 10; // smaller ones are compiled sooner than looked up
const leastChars = 32 << 10; // compiled anew: less is not worth a cache
const mostBytes = 6 << 20; // what the engine takes of it
const idleMs = 100; // without a call, before one is made

// As Node has it around the code of a module.
const head = '(function (exports, require, module, __filename, __dirname) { ';
const tail = '\n})';

const maker = `${process.version} ${process.arch}`;
const aligned = (bytes) => (bytes + 7) & ~7; // as V8 reads it; else it takes a copy

// Of what may be damaged: V8 itself looks at the first bytes only, and trusts the rest.
function sumOf(content) {
  if (zlib.crc32) return zlib.crc32(content);
  const { createHash } = createRequire(import.meta.url)('node:crypto');
  return createHash('sha1').update(content).digest('hex');
}

// A line of JSON, {maker, files: [[name, sum of its source, sum of its data, bytes], ...]}, and the
// data of each at the next multiple of 8. No bytes: a file that has no place in the cache.
function read(file) {
  const kept = new Map();
  try {
    const bytes = fs.readFileSync(file);
    const end = bytes.indexOf(10);
    const index = JSON.parse(bytes.toString('utf8', 0, end));
    if (index.maker !== maker) return kept;
    let at = aligned(end + 1);
    for (const [name, source, sum, size] of index.files) {
      kept.set(name, { source, sum, size, data: bytes.subarray(at, at + size) });
      at += aligned(size);
    }
  } catch {
    kept.clear(); // as if there were none
  }
  return kept;
}

function write(scripts) {
  const files = [];
  const pieces = [];
  let room = mostBytes;
  for (const [name, { script, source }] of scripts) {
    let data = script.createCachedData();
    room -= name.length * 3 + 64;
    if (room < aligned(data.length)) data = data.subarray(0, 0);
    room -= aligned(data.length);
    files.push([name, sumOf(source), sumOf(data), data.length]);
    pieces.push(data, Buffer.alloc(aligned(data.length) - data.length));
  }
  const index = Buffer.from(JSON.stringify({ maker, files }) + '\n');
  return Buffer.concat([index, Buffer.alloc(aligned(index.length) - index.length), ...pieces]);
}

// A script that V8 takes from a cache no longer knows where its import() is to look.
const hasImport = (source) => /\bimport\s*[(/]/.test(source);

class CodeCache {
  #kept;
  #hasFile;
  #wanted;
  #scripts = new Map(); // by file: {script, source}
  #compiledChars = 0; // without the cache
  #used = 0; // files that came from it
  #isOver = false; // the engine has been told

  constructor(file, wanted) {
    this.#kept = file ? read(file) : new Map();
    this.#wanted = wanted;
    this.#hasFile = Boolean(file);
  }

  // The function around the code of a module; null: Node itself shall see to it.
  compile(source, filename) {
    if (this.#isOver) return null;
    const kept = this.#kept.get(filename);
    const cachedData = kept && this.#dataOf(kept, source);
    if (!cachedData && hasImport(source)) return null;
    try {
      const columnOffset = -head.length;
      const script = new vm.Script(head + source + tail, { filename, columnOffset, cachedData });
      this.#scripts.set(filename, { script, source });
      if (script.cachedDataRejected === false) this.#used++;
      else if (kept?.size !== 0) this.#compiledChars += source.length;
      return script.runInThisContext();
    } catch {
      return null; // its own error has the right position
    }
  }

  #dataOf({ source, sum, size, data }, text) {
    const isSame = data.length === size && source === sumOf(text) && sum === sumOf(data);
    return isSame && size > 0 ? data : undefined;
  }

  // There is something that the engine should hear.
  get isWorthTelling() {
    return this.#used > 0 || this.#isStale;
  }

  get #isStale() {
    return this.#compiledChars >= leastChars;
  }

  // How it went, and the cache that was made: no bytes if there is none. Once, and lets go of all.
  result() {
    const verdict = !this.#isStale ? 'used' : this.#hasFile ? 'rejected' : 'none';
    const body = this.#wanted && this.#isStale ? write(this.#scripts) : Buffer.alloc(0);
    this.#isOver = true;
    this.#kept.clear();
    this.#scripts.clear();
    return { verdict, body };
  }
}

function hook(cache) {
  const compile = Module.prototype._compile;
  Module.prototype._compile = function (source, filename, format) {
    const isSmall = typeof source !== 'string' || source.length < leastFileChars;
    const code = isSmall || format === 'module' ? null : cache.compile(source, filename);
    if (!code) return Reflect.apply(compile, this, arguments);
    // Node's own for this module.
    const require = compile.call(this, 'return require', filename, format);
    const { exports } = this;
    return Reflect.apply(code, exports, [exports, require, this, filename, path.dirname(filename)]);
  };
}

// From here on `require` uses the cache in the file (empty: there is none). What is returned is to
// be called after each good answer, and gives what the next call is to call first. It calls
// `tell(verdict, body)` once: that there was no cache, or that it was used or rejected, and the one
// that was made (may be empty).
export function useCodeCache(file, wanted, tell) {
  let cache = new CodeCache(file, wanted);
  hook(cache);
  return () => {
    if (!cache?.isWorthTelling) return undefined;
    const timer = setTimeout(() => {
      try {
        const { verdict, body } = cache.result();
        tell(verdict, body);
      } catch {
        // There is no room for one.
      }
      cache = null;
    }, idleMs);
    timer.unref();
    return () => clearTimeout(timer);
  };
}
