// What the mocks of this folder share: a server on loopback with switches, and replies that fit a schema.
'use strict';

const http = require('http');

/// The command line: `--reply TEXT --chunk BYTES --error STATUS[:COUNT] --retry-after SECONDS --stop REASON --key KEY
/// --malformed close-mid-stream|end-mid-stream|error-mid-stream|garbage|html --no-schema --no-thinking
/// --obey (tools.cjs) --arguments TEXT --image BASE64 --pauses COUNT --error-after
/// COUNT`: of every call of a tool, as far as they are a text; a PNG in the answer;
/// how often an answer is paused while the web is searched; how many requests are answered before `--error` counts.
function options(argv) {
  const result = { chunk: 0, errorCount: Infinity };
  for (let i = 0; i < argv.length; i++) {
    const name = argv[i];
    const flag = { '--no-schema': 'noSchema', '--no-thinking': 'noThinking', '--obey': 'obeys' }[name];
    if (flag) {
      result[flag] = true;
      continue;
    }
    const value = argv[++i];
    if (value === undefined) throw new Error(`${name} needs a value`);
    if (name === '--reply') result.reply = value;
    else if (name === '--chunk') result.chunk = Number(value);
    else if (name === '--retry-after') result.retryAfter = value;
    else if (name === '--stop') result.stop = value;
    else if (name === '--key') result.key = value;
    else if (name === '--malformed') result.malformed = value;
    else if (name === '--arguments') result.arguments = value;
    else if (name === '--image') result.image = value;
    else if (name === '--error-after') result.errorAfter = Number(value);
    else if (name === '--pauses') result.pauses = Number(value);
    else if (name === '--error') {
      const [status, count] = value.split(':');
      result.error = Number(status);
      if (count !== undefined) result.errorCount = Number(count);
    } else throw new Error(`unknown switch ${name}`);
  }
  return result;
}

/// The simplest value that `schema` allows.
function instance(root, schema, depth = 0) {
  if (depth > 32 || typeof schema !== 'object' || schema === null) return null;
  if (schema.$ref) {
    const target = schema.$ref.slice(2).split('/').reduce((at, part) => at?.[part], root);
    return instance(root, target, depth + 1);
  }
  if (schema.enum) return schema.enum[0];
  if ('const' in schema) return schema.const;
  if (schema.anyOf) return instance(root, schema.anyOf[0], depth + 1);
  switch (Array.isArray(schema.type) ? schema.type[0] : schema.type) {
    case 'string': return 'text';
    case 'integer': return 1;
    case 'number': return 0.5;
    case 'boolean': return true;
    case 'array': return [];
    case 'object':
      return Object.fromEntries(
        Object.entries(schema.properties ?? {}).map(([name, each]) => [name, instance(root, each, depth + 1)]));
    default: return null;
  }
}

/// The text in pieces of about `bytes` bytes, never within a character; all of it for 0.
function pieces(text, bytes) {
  if (!bytes) return text === '' ? [] : [text];
  const result = [];
  let piece = '';
  for (const character of text) {
    piece += character;
    if (Buffer.byteLength(piece) >= bytes) {
      result.push(piece);
      piece = '';
    }
  }
  if (piece !== '') result.push(piece);
  return result;
}

/// What a search of the web finds.
const PAGE = { url: 'https://example.com/tides', title: 'Tides', quote: 'High tide is at noon.' };

/// Why `domains` are none that a search can be kept to; undefined if they are.
function wrongDomains(domains, most) {
  if (domains === undefined) return undefined;
  const right = Array.isArray(domains) && domains.length > 0 && domains.length <= most &&
    domains.every(each => typeof each === 'string' && /^[a-z0-9-]+(\.[a-z0-9-]+)+(\/.*)?$/i.test(each));
  return right ? undefined : 'allowed_domains: domains stand there without their scheme';
}

/// Why an object has not the members that it may have; undefined if it has no others.
function surplus(object, allowed, what) {
  const other = Object.keys(object).find(key => !allowed.includes(key));
  return other === undefined ? undefined : `${what}${other}: Extra inputs are not permitted`;
}

/// Serves `answer(request, body)` at POST, which gives {status, headers, json} or {headers, events, then}. Prints its port.
/// `GET /stats` counts, `GET /last` shows the last request's body.
function serve(answer) {
  const stats = { requests: 0, pending: 0 };
  let last = '';
  const server = http.createServer((request, response) => {
    if (request.url === '/stats') return response.end(JSON.stringify(stats));
    if (request.url === '/last') return response.end(last);
    const parts = [];
    request.on('data', part => parts.push(part));
    request.on('end', () => {
      ++stats.requests;
      last = Buffer.concat(parts).toString();
      let body;
      try {
        body = JSON.parse(last);
      } catch {
        body = undefined;
      }
      const made = answer(request, body);
      if (made.html) {
        response.writeHead(200, { 'content-type': 'text/html' });
        return response.end('<h1>Welcome to the gateway</h1>');
      }
      if (!made.events) {
        const text = JSON.stringify(made.json);
        response.writeHead(made.status ?? 200, { 'content-type': 'application/json', ...made.headers });
        return response.end(text);
      }
      response.writeHead(200, { 'content-type': 'text/event-stream', ...made.headers });
      response.write(made.events.join(''), () => (made.then === 'close' ? response.destroy() : response.end()));
    });
  });
  server.listen(0, '127.0.0.1', () => console.log(server.address().port));
  process.on('SIGTERM', () => process.exit(0));
  // A test that crashes must not leave its server behind.
  const parent = process.ppid;
  setInterval(() => process.ppid === parent || process.exit(1), 1000).unref();
}

module.exports = { PAGE, options, instance, pieces, surplus, serve, wrongDomains };
