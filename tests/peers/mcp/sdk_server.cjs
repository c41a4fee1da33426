#!/usr/bin/env node
// A server written with the official SDK: sdk_server MODULES stdio|sessions|http|modern
//   stdio     both eras, over standard input and output
//   sessions  the older era alone, likewise
//   http      both eras at a port of loopback, which it prints
//   modern    the newer era alone, likewise
'use strict';
const { createServer } = require('node:http');
const { createRequire } = require('node:module');
const { Readable } = require('node:stream');

const [modules, mode] = process.argv.slice(2);
const load = createRequire(modules + '/');
const { McpServer, ResourceTemplate, acceptedContent, createMcpHandler, inputRequired } = load('@modelcontextprotocol/server');
const { StdioServerTransport, serveStdio } = load('@modelcontextprotocol/server/stdio');
const { z } = load('zod');

const text = said => ({ content: [{ type: 'text', text: said }] });

function make() {
  const server = new McpServer({ name: 'sdk-server', version: '2.4.0' }, { instructions: 'Ask me anything.' });
  server.registerTool('add', { title: 'Sum', description: 'Adds two numbers.', annotations: { readOnlyHint: true },
    inputSchema: z.object({ a: z.number(), b: z.number() }), outputSchema: z.object({ sum: z.number() }) },
  async ({ a, b }) => ({ content: [{ type: 'text', text: String(a + b) }], structuredContent: { sum: a + b } }));
  server.registerTool('where', { description: 'Says the region.',
    inputSchema: z.object({ region: z.string().meta({ 'x-mcp-header': 'Region' }), urgent: z.boolean().optional().meta({ 'x-mcp-header': 'Urgent' }) }) },
  async ({ region, urgent }) => text(`${region} ${urgent === undefined ? 'whenever' : urgent ? 'now' : 'later'}`));
  server.registerTool('deploy', { description: 'Deploys if somebody confirms.', inputSchema: z.object({ to: z.string() }) },
    async ({ to }, context) => {
      const schema = z.object({ sure: z.boolean() });
      const answer = acceptedContent(context.mcpReq.inputResponses, 'confirm', schema);
      if (answer?.sure) return text(`deployed to ${to}`);
      if (context.mcpReq.inputResponses) return text('not deployed');
      return inputRequired({ requestState: 'state of "deploy" \u2603',
        inputRequests: { confirm: inputRequired.elicit({ message: `Deploy to ${to}?`, requestedSchema: schema }) } });
    });
  server.registerTool('count', { description: 'Reports progress.', inputSchema: z.object({ to: z.number() }) },
    async ({ to }, context) => {
      const token = context.mcpReq._meta?.progressToken;
      for (let i = 1; i <= to; ++i)
        if (token !== undefined)
          await context.mcpReq.notify({ method: 'notifications/progress', params: { progressToken: token, progress: i, total: to, message: `step ${i}` } });
      return text(`counted to ${to}`);
    });
  server.registerTool('fail', { description: 'Fails.', inputSchema: z.object({}) },
    async () => ({ isError: true, content: [{ type: 'text', text: 'no such order' }] }));
  server.registerResource('greeting', 'memo://greeting', { title: 'Greeting', mimeType: 'text/plain' },
    async uri => ({ contents: [{ uri: uri.href, text: 'Hello.' }] }));
  server.registerResource('note', new ResourceTemplate('memo://notes/{name}', { list: undefined }), { description: 'A note.' },
    async (uri, { name }) => ({ contents: [{ uri: uri.href, text: `Note ${name}.` }] }));
  server.registerPrompt('greet', { title: 'Greet', argsSchema: z.object({ name: z.string() }) },
    ({ name }) => ({ messages: [{ role: 'user', content: { type: 'text', text: `Greet ${name}.` } }] }));
  return server;
}

function serveHttp(legacy) {
  const handler = createMcpHandler(make, { legacy });
  const server = createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const gone = new AbortController();
    response.on('close', () => gone.abort());
    const answer = await handler.fetch(new Request(`http://127.0.0.1${request.url}`, { method: request.method,
      headers: request.headers, signal: gone.signal, body: chunks.length > 0 ? Buffer.concat(chunks) : undefined }));
    response.writeHead(answer.status, Object.fromEntries(answer.headers));
    if (answer.body) Readable.fromWeb(answer.body).on('error', () => response.destroy()).pipe(response);
    else response.end();
  });
  server.listen(0, '127.0.0.1', () => console.log(server.address().port));
}

if (mode === 'stdio') serveStdio(make);
else if (mode === 'sessions') make().connect(new StdioServerTransport());
else serveHttp(mode === 'modern' ? 'reject' : 'stateless');
