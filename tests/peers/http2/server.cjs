#!/usr/bin/env node
// Chat completions over HTTP/2 alone (TLS, ALPN `h2`), for what only a server that somebody else wrote can show.
// usage: http2_server CERTIFICATE KEY [MOST_STREAMS]
// Prints its port. What a request's last message asks for is done:
//   "reset"   the stream is reset after half of the answer
//   "goaway"  the connection is closed to further streams, after this answer
//   "silent"  no answer
// Any other is answered "connection C of N open: MESSAGE", in pieces of a few bytes if it is to be streamed.
'use strict';

const fs = require('fs');
const http2 = require('http2');

const [certificate, key, mostStreams] = process.argv.slice(2);
const settings = mostStreams ? {maxConcurrentStreams: Number(mostStreams)} : {};
const server = http2.createSecureServer({
  cert: fs.readFileSync(certificate),
  key: fs.readFileSync(key),
  allowHTTP1: false,
  settings,
});

let connections = 0;
let open = 0;

server.on('session', (session) => {
  session.number = ++connections;
  ++open;
  session.on('error', () => {});
  session.on('close', () => --open);
});

function chunk(delta, finish) {
  return `data: ${JSON.stringify({model: 'm', choices: [{index: 0, delta, finish_reason: finish}]})}\n\n`;
}

/// Writes the pieces one by one, each in a frame of its own.
function writeAll(stream, pieces) {
  if (stream.destroyed) return;
  if (pieces.length === 0) {
    stream.end();
    return;
  }
  stream.write(pieces[0], () => setImmediate(() => writeAll(stream, pieces.slice(1))));
}

function answer(stream, request) {
  const session = stream.session;
  const last = request.messages[request.messages.length - 1].content;
  if (last === 'silent') return;
  const text = `connection ${session.number} of ${open} open: ${last}`;
  if (last === 'reset') {
    stream.respond({':status': 200, 'content-type': 'application/json', 'content-length': '100'});
    stream.write('{"choices": [', () => stream.close(http2.constants.NGHTTP2_INTERNAL_ERROR));
    return;
  }
  if (last === 'goaway') session.goaway(http2.constants.NGHTTP2_NO_ERROR, stream.id);
  if (!request.stream) {
    const choice = {index: 0, message: {role: 'assistant', content: text}, finish_reason: 'stop'};
    stream.respond({':status': 200, 'content-type': 'application/json', 'x-request-id': 'req_h2'});
    stream.end(JSON.stringify({model: 'm', choices: [choice]}));
    return;
  }
  stream.respond({':status': 200, 'content-type': 'text/event-stream'});
  const pieces = (text.match(/[^]{1,5}/gu) || []).map((content) => chunk({content}, null));
  writeAll(stream, [...pieces, chunk({}, 'stop'), 'data: [DONE]\n\n']);
}

server.on('stream', (stream, headers) => {
  let body = '';
  stream.on('error', () => {});
  stream.setEncoding('utf8');
  stream.on('data', (data) => body += data);
  stream.on('end', () => {
    if (headers[':path'] !== '/v1/chat/completions' || headers[':method'] !== 'POST') {
      stream.respond({':status': 404});
      stream.end();
      return;
    }
    answer(stream, JSON.parse(body));
  });
});

server.listen(0, '127.0.0.1', () => console.log(server.address().port));
process.on('SIGTERM', () => process.exit(0));
