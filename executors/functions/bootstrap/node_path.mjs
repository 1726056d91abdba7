// Lets `import` find what `require` finds by NODE_PATH: on AWS both find the modules of layers and
// the SDK. Loaded before the first module of a function that is one.
import fs from 'node:fs';
import nodeModule from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

// The hooks cost more than all the rest of a start: not for npm's own folder alone.
function isWorthSearching(folder) {
  if (!folder.endsWith('/node_modules')) return false;
  const installed = (name) => fs.existsSync(path.join(folder, name));
  return !folder.startsWith('/usr/') || installed('@aws-sdk') || installed('aws-sdk');
}

export function findModulesByNodePath() {
  const folders = (process.env.NODE_PATH ?? '').split(':').filter(isWorthSearching);
  if (folders.length === 0 || !nodeModule.register) return;
  const parents = folders.map((folder) => pathToFileURL(path.join(folder, '../any.js')).href);
  const hooks = `
    export async function resolve(specifier, context, next) {
      try {
        return await next(specifier, context);
      } catch (error) {
        if (error.code !== 'ERR_MODULE_NOT_FOUND' || /^[./]|^[a-z]+:/.test(specifier)) throw error;
        for (const parentURL of ${JSON.stringify(parents)}) {
          try {
            return await next(specifier, { ...context, parentURL });
          } catch {
            continue;
          }
        }
        throw error;
      }
    }`;
  nodeModule.register(`data:text/javascript,${encodeURIComponent(hooks)}`);
}
