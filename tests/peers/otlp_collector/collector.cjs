#!/usr/bin/env node
// A collector of OTLP over HTTP, on loopback. It reads requests with the official definitions and holds them to these:
// `GET /complaints` lists what is wrong, the traces' trees included. `GET /spans` shows what came, `GET /stats` counts,
// `GET /has/TEXT` tells whether the bytes of any request have TEXT, `GET /headers` shows those of the last request.
//
// otlp_collector MODULES [--answer STATUS[:COUNT]|partial|slow|close] [--retry-after SECONDS]
//   MODULES: the folder of package.json's dependencies. STATUS:COUNT answers so COUNT times, then 200.
'use strict';

const assert = require('assert');
const http = require('http');
const path = require('path');

const [modules, ...switches] = process.argv.slice(2);
const official = require(path.resolve(modules, '@opentelemetry/otlp-transformer/build/src/generated/root.js'));
const { ExportTraceServiceRequest: Request, ExportTraceServiceResponse: Response } =
  official.opentelemetry.proto.collector.trace.v1;

const settings = { answer: '200', count: Infinity };
for (let i = 0; i < switches.length; i += 2) {
  if (switches[i] === '--answer') {
    const [answer, count] = switches[i + 1].split(':');
    settings.answer = answer;
    if (count !== undefined) settings.count = Number(count);
  } else if (switches[i] === '--retry-after') settings.retryAfter = switches[i + 1];
  else throw new Error(`unknown switch ${switches[i]}`);
}

const kPlain = { longs: String, bytes: String, arrays: false, objects: false };

/// The message in JSON, as the definitions have it: with ids in base64, as protobuf's own JSON has bytes.
function readJson(text) {
  const given = JSON.parse(text);
  const base64 = (hex, bytes) => {
    assert.match(hex, new RegExp(`^[0-9a-f]{${bytes * 2}}$`), 'an id is no hex of its length');
    return Buffer.from(hex, 'hex').toString('base64');
  };
  for (const resource of given.resourceSpans) {
    for (const scope of resource.scopeSpans) {
      for (const span of scope.spans) {
        span.traceId = base64(span.traceId, 16);
        span.spanId = base64(span.spanId, 8);
        if ('parentSpanId' in span) span.parentSpanId = base64(span.parentSpanId, 8);
      }
    }
  }
  const message = Request.fromObject(given);
  // Names that the definitions do not have, and numbers where they want text, do not come back.
  assert.deepStrictEqual(Request.toObject(message, kPlain), given);
  return message;
}

function readProtobuf(bytes) {
  const message = Request.decode(bytes);
  assert.deepStrictEqual(Buffer.from(Request.encode(message).finish()), bytes, 'fields that the definitions do not have');
  return message;
}

const valueOf = value =>
  value.arrayValue ? (value.arrayValue.values ?? []).map(valueOf)
    : value.stringValue ?? value.boolValue ?? value.doubleValue ?? Number(value.intValue);

const attributesOf = list => Object.fromEntries((list ?? []).map(({ key, value }) => [key, valueOf(value)]));

/// Spans by their ids: what comes twice counts once, as in a database.
const spans = new Map();
const complaints = [];
const stats = { requests: 0, spans: 0, protobuf: 0, json: 0 };
const bodies = [];
let headers = {};

function keep(message) {
  for (const resource of Request.toObject(message, kPlain).resourceSpans) {
    for (const scope of resource.scopeSpans) {
      for (const span of scope.spans) {
        ++stats.spans;
        spans.set(span.spanId, {
          trace: span.traceId, id: span.spanId, parent: span.parentSpanId ?? '', name: span.name, kind: span.kind,
          start: span.startTimeUnixNano, end: span.endTimeUnixNano, attributes: attributesOf(span.attributes),
          status: span.status?.code ?? 0, message: span.status?.message ?? '',
          service: attributesOf(resource.resource.attributes)['service.name'], resource: attributesOf(resource.resource.attributes),
        });
      }
    }
  }
}

/// What is wrong with the trees of the traces that came.
function wrongTrees() {
  const wrong = [];
  const roots = new Map();
  for (const span of spans.values()) {
    if (BigInt(span.start) > BigInt(span.end)) wrong.push(`${span.name} ends before it begins`);
    if (span.parent === '') {
      if (roots.has(span.trace)) wrong.push(`${span.name} is a second root`);
      roots.set(span.trace, span);
      continue;
    }
    const parent = spans.get(span.parent);
    if (!parent || parent.trace !== span.trace) wrong.push(`${span.name} has no parent`);
    else if (BigInt(span.start) < BigInt(parent.start) || BigInt(span.end) > BigInt(parent.end))
      wrong.push(`${span.name} is not within ${parent.name}`);
  }
  for (const span of spans.values()) if (!roots.has(span.trace)) wrong.push(`${span.name} has no root`);
  return wrong;
}

function ask(url, response) {
  if (url === '/stats') return response.end(JSON.stringify(stats));
  if (url === '/spans') return response.end(JSON.stringify([...spans.values()]));
  if (url === '/complaints') return response.end([...complaints, ...wrongTrees()].join('\n'));
  if (url === '/headers') return response.end(JSON.stringify(headers));
  const text = decodeURIComponent(url.slice('/has/'.length));
  return response.end(bodies.some(body => body.includes(text)) ? 'yes' : 'no');
}

function take(request, body, response) {
  ++stats.requests;
  headers = request.headers;
  const json = request.headers['content-type'] === 'application/json';
  ++stats[json ? 'json' : 'protobuf'];
  bodies.push(body);
  const answer = stats.requests <= settings.count ? settings.answer : '200';
  if (answer === 'slow') return;
  if (answer === 'close') return response.destroy();
  const status = answer === 'partial' ? 200 : Number(answer);
  const head = { 'content-type': json ? 'application/json' : 'application/x-protobuf' };
  if (settings.retryAfter !== undefined) head['retry-after'] = settings.retryAfter;
  if (status !== 200) return response.writeHead(status, head).end();
  if (request.url !== '/v1/traces') complaints.push(`sent to ${request.url}`);
  if (!json && request.headers['content-type'] !== 'application/x-protobuf') complaints.push('no content type of OTLP');
  try {
    keep(json ? readJson(body.toString()) : readProtobuf(body));
  } catch (error) {
    complaints.push(error.message);
  }
  // A collector that says what it was sent: nothing of that may be printed.
  const partial = { rejectedSpans: 2, errorMessage: `too old, ${request.headers.authorization}` };
  const message = Response.fromObject(answer === 'partial' ? { partialSuccess: partial } : {});
  const said = json ? JSON.stringify(Response.toObject(message, kPlain)) : Response.encode(message).finish();
  response.writeHead(200, head).end(said);
}

const server = http.createServer((request, response) => {
  if (request.method === 'GET') return ask(request.url, response);
  const parts = [];
  request.on('data', part => parts.push(part));
  request.on('end', () => take(request, Buffer.concat(parts), response));
});
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
process.on('SIGTERM', () => process.exit(0));
// A test that crashes must not leave its server behind.
const parent = process.ppid;
setInterval(() => process.ppid === parent || process.exit(1), 1000).unref();
