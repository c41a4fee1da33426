#!/usr/bin/env node
// An MCP server over HTTP that wants a token, and the authorization server that gives it, on one port of loopback.
// Prints its port. What it says is chosen by arguments: name=value.
//   iss=wrong|none       what the answer of the browser says of its issuer
//   issuer=wrong         of the metadata
//   resource=wrong       of the protected resource's metadata
//   metadata=none        there are none: the server gives tokens itself, as of 2025-03-26
//   register=no          no dynamic registration
//   method=NAME          of the token endpoint's authentication
//   pkce=no              codes are not protected
//   lifetime=SECONDS     of a token; 3600 unless said
//   scopes=A,B           what the authorization server knows
// The tool `whoami` wants any token, the tool `admin` one with the scope mcp:write.
const http = require('node:http');
const crypto = require('node:crypto');

const options = Object.fromEntries(process.argv.slice(2).map((each) => each.split('=')));
const stats = { authorizations: 0, registrations: 0, tokens: 0, refreshes: 0, calls: 0, refused: 0 };
const clients = new Map([['known', { secret: 'known-secret' }]]);
const codes = new Map(), tokens = new Map(), refreshes = new Map();
let base = '';

const reply = (response, status, body, headers = {}) => {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(typeof body === 'string' ? body : JSON.stringify(body));
};

function metadata() {
  return {
    issuer: options.issuer === 'wrong' ? 'https://attacker.example.com' : base,
    authorization_endpoint: `${base}/authorize`, token_endpoint: `${base}/token`,
    ...(options.register === 'no' ? {} : { registration_endpoint: `${base}/register` }),
    ...(options.pkce === 'no' ? {} : { code_challenge_methods_supported: ['S256'] }),
    ...(options.scopes ? { scopes_supported: options.scopes.split(',') } : {}),
    authorization_response_iss_parameter_supported: true,
    token_endpoint_auth_methods_supported: [options.method ?? 'none'],
  };
}

function authorize(url, response) {
  stats.authorizations++;
  const q = url.searchParams;
  const redirect = new URL(q.get('redirect_uri'));
  const wrong = q.get('response_type') !== 'code' || q.get('code_challenge_method') !== 'S256' ||
    !clients.has(q.get('client_id')) || q.get('resource') !== `${base}/mcp` || redirect.hostname !== '127.0.0.1';
  if (wrong) return reply(response, 400, { error: 'invalid_request', query: q.toString() });
  const code = crypto.randomUUID();
  codes.set(code, { challenge: q.get('code_challenge'), client: q.get('client_id'), scope: q.get('scope') ?? '',
    redirect: q.get('redirect_uri') });
  redirect.searchParams.set('code', code);
  redirect.searchParams.set('state', q.get('state'));
  if (options.iss !== 'none') redirect.searchParams.set('iss', options.iss === 'wrong' ? 'https://evil.example.com' : base);
  reply(response, 302, '', { location: redirect.toString() });
}

function client_of(request, body) {
  const basic = /^Basic (.+)$/.exec(request.headers.authorization ?? '');
  const [id, secret] = basic
    ? Buffer.from(basic[1], 'base64').toString().split(':').map(decodeURIComponent)
    : [body.get('client_id'), body.get('client_secret')];
  const method = basic ? 'client_secret_basic' : secret ? 'client_secret_post' : 'none';
  const client = clients.get(id);
  const good = client && method === (options.method ?? 'none') && (method === 'none' || client.secret === secret);
  return good ? id : null;
}

function give(response, client, scope) {
  const access_token = `secret-token-${crypto.randomUUID()}`, refresh_token = `secret-refresh-${crypto.randomUUID()}`;
  const lifetime = Number(options.lifetime ?? 3600);
  tokens.set(access_token, { scope, ends: Date.now() + lifetime * 1000 });
  refreshes.set(refresh_token, { client, scope });
  stats.tokens++;
  reply(response, 200, { access_token, refresh_token, token_type: 'Bearer', expires_in: lifetime, scope });
}

function token(request, response, text) {
  const body = new URLSearchParams(text);
  const client = client_of(request, body);
  if (!client) return reply(response, 401, { error: 'invalid_client' });
  if (body.get('resource') !== `${base}/mcp`) return reply(response, 400, { error: 'invalid_target' });
  if (body.get('grant_type') === 'refresh_token') {
    const kept = refreshes.get(body.get('refresh_token'));
    refreshes.delete(body.get('refresh_token'));
    if (!kept || kept.client !== client) return reply(response, 400, { error: 'invalid_grant' });
    stats.refreshes++;
    return give(response, client, kept.scope);
  }
  const code = codes.get(body.get('code'));
  codes.delete(body.get('code'));
  const proof = crypto.createHash('sha256').update(body.get('code_verifier') ?? '').digest('base64url');
  const good = code && code.client === client && code.challenge === proof && code.redirect === body.get('redirect_uri');
  return good ? give(response, client, code.scope) : reply(response, 400, { error: 'invalid_grant' });
}

function register(response, text) {
  const asked = JSON.parse(text);
  stats.registrations++;
  const id = crypto.randomUUID(), secret = options.method ? crypto.randomUUID() : undefined;
  clients.set(id, { secret });
  reply(response, 201, { client_id: id, client_secret: secret, redirect_uris: asked.redirect_uris,
    token_endpoint_auth_method: options.method ?? 'none' });
}

const tools = ['whoami', 'admin'].map((name) => ({ name, description: `Says ${name}.`, inputSchema: { type: 'object' },
  annotations: { readOnlyHint: true } }));

function mcp(request, response, text) {
  const known = tokens.get((request.headers.authorization ?? '').replace(/^Bearer /, ''));
  const where = options.metadata === 'none' ? '' : ` resource_metadata="${base}/.well-known/oauth-protected-resource/mcp"`;
  if (!known || known.ends < Date.now()) {
    stats.refused++;
    const error = known ? ', error="invalid_token"' : '';
    return reply(response, 401, {}, { 'www-authenticate': `Bearer${where}${where ? ',' : ''} scope="mcp:read"${error}` });
  }
  const message = JSON.parse(text);
  const name = message.params?.name;
  if (message.method === 'tools/call' && name === 'admin' && !known.scope.split(' ').includes('mcp:write'))
    return reply(response, 403, {}, { 'www-authenticate': `Bearer error="insufficient_scope", scope="mcp:write",${where}` });
  if (message.id === undefined) return reply(response, 202, '');
  const result = {
    initialize: { protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo: { name: 'login', version: '1' } },
    'tools/list': { tools }, ping: {},
    'tools/call': { content: [{ type: 'text', text: `${name} with ${known.scope}` }] },
  }[message.method];
  stats.calls++;
  if (result) return reply(response, 200, { jsonrpc: '2.0', id: message.id, result });
  reply(response, message.method === 'server/discover' ? 400 : 200,
    { jsonrpc: '2.0', id: message.id, error: { code: -32601, message: 'no such method' } });
}

const server = http.createServer((request, response) => {
  let text = '';
  request.on('data', (bytes) => { text += bytes; });
  request.on('end', () => {
    const url = new URL(request.url, base);
    const known = options.metadata !== 'none';
    if (url.pathname === '/stats') return reply(response, 200, stats);
    if (url.pathname === '/mcp' && request.method === 'POST') return mcp(request, response, text);
    if (url.pathname === '/authorize') return authorize(url, response);
    if (url.pathname === '/token') return token(request, response, text);
    if (url.pathname === '/register' && options.register !== 'no') return register(response, text);
    if (known && url.pathname === '/.well-known/oauth-authorization-server') return reply(response, 200, metadata());
    if (known && url.pathname === '/.well-known/oauth-protected-resource/mcp')
      return reply(response, 200, { resource: options.resource === 'wrong' ? 'https://evil.example.com/mcp' : `${base}/mcp`,
        authorization_servers: [base], scopes_supported: ['mcp:read', 'mcp:write'] });
    reply(response, 404, {});
  });
});
server.listen(0, '127.0.0.1', () => {
  base = `http://127.0.0.1:${server.address().port}`;
  console.log(server.address().port);
});
process.on('SIGTERM', () => process.exit(0));
