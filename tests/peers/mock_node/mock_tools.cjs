#!/usr/bin/env node
// Endpoints for tools to call. Prints its port; `/stats` counts what the others were asked.
'use strict';
const http = require('node:http');

const asked = { requests: 0, hanging: 0, repeated: 0, writes: 0 };
const keys = new Set();

const routes = {
  // What was asked, as JSON.
  '/echo': (request, url, body, response) =>
    response.end(JSON.stringify({
      method: request.method,
      query: Object.fromEntries(url.searchParams),
      headers: request.headers,
      body,
    })),
  '/text': (request, url, body, response) => response.end(`${request.method} ${body}`),
  '/again': (request, url, body, response) => response.end(`DO again {"text": "${asked.requests}"}`),  // for a model that obeys
  '/true': (request, url, body, response) => response.end('true'),
  '/empty': (request, url, body, response) => response.end(),
  // What the body says, with the status of the query.
  '/said': (request, url, body, response) => {
    response.statusCode = Number(url.searchParams.get('status') ?? 200);
    response.end(body);
  },
  '/put': (request, url, body, response) => {
    ++asked.writes;
    response.end('true');
  },
  '/hang': () => { ++asked.hanging; },
  '/fails': (request, url, body, response) => {
    response.statusCode = Number(url.searchParams.get('status'));
    response.end(`no luck with ${request.headers.authorization}`);
  },
  // Fails once, then answers.
  '/flaky': (request, url, body, response) => {
    response.statusCode = asked.requests > 1 ? 200 : 503;
    response.setHeader('retry-after-ms', '1');
    response.end('"at last"');
  },
  '/elsewhere': (request, url, body, response) => {
    response.writeHead(302, { location: 'http://169.254.169.254/latest/meta-data' });
    response.end();
  },
  '/huge': (request, url, body, response) => response.end('x'.repeat(17 << 20)),
  '/cut': (request, url, body, response) => {
    response.writeHead(200, { 'content-length': '100' });
    response.write('half');
    response.destroy();
  },
  '/nothing': (request, url, body, response) => {
    response.statusCode = 204;
    response.end();
  },
  '/korean': (request, url, body, response) => {
    response.setHeader('content-type', 'text/plain; charset=EUC-KR');
    response.end(Buffer.from([0xc7, 0xd1, 0xb1, 0xdb]));
  },
  '/page.html': (request, url, body, response) => {
    response.setHeader('content-type', 'text/html');
    response.end('<!doctype html><title>Sign in</title>');
  },
  '/orders/7': (request, url, body, response) =>
    response.end('{"data": {"order": {"id": "7", "note": null, "total": 12.50}, "tags": ["a", "b"]}}'),
  // Pages of two numbers each, up to 6; where the next is stands in the header `Link`.
  '/linked': (request, url, body, response) => {
    const page = Number(url.searchParams.get('page') ?? 1);
    if (page < 3) response.setHeader('link', `<?page=1>; rel="first", </linked?page=${page + 1}>; title="a, b"; rel="next"`);
    response.end(JSON.stringify([2 * page - 1, 2 * page]));
  },
  // The same, with the URL in the answer; `to` leads elsewhere.
  '/nexts': (request, url, body, response) => {
    const page = Number(url.searchParams.get('page') ?? 1);
    const next = url.searchParams.get('to') ?? (page < 3 ? `http://${request.headers.host}/nexts?page=${page + 1}` : null);
    response.end(JSON.stringify({ paging: { next }, items: [2 * page - 1, 2 * page] }));
  },
  '/circle': (request, url, body, response) => response.end('{"paging": {"next": "/circle"}, "items": [1]}'),
  // The same, with a cursor; endless if `limit` is 1.
  '/cursors': (request, url, body, response) => {
    const page = Number((url.searchParams.get('after') ?? 'c/1').slice(2));
    const endless = url.searchParams.get('limit') === '1';
    const cursor = page < 3 || endless ? `c/${page + 1}` : '';
    response.end(JSON.stringify({ data: { items: [2 * page - 1, 2 * page] }, cursor, who: request.headers.authorization }));
  },
  '/bytes': (request, url, body, response) => response.end(Buffer.from([0xff, 0xfe, 0x00])),
};

const server = http.createServer((request, response) => {
  let body = '';
  request.on('data', (piece) => { body += piece; });
  request.on('end', () => {
    const url = new URL(request.url, 'http://mock');
    if (url.pathname === '/stats') return response.end(JSON.stringify(asked));
    ++asked.requests;
    const key = request.headers['idempotency-key'];
    if (key && keys.has(key)) ++asked.repeated;
    if (key) keys.add(key);
    // The path as it came, undecoded.
    if (request.url.startsWith('/raw')) return response.end(JSON.stringify(request.url));
    const route = routes[url.pathname];
    if (!route) {
      response.statusCode = 404;
      return response.end('there is nothing');
    }
    return route(request, url, body, response);
  });
  request.on('error', () => {});
});
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
process.on('SIGTERM', () => process.exit(0));
