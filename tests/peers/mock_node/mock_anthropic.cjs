#!/usr/bin/env node
// Anthropic's messages API on loopback, as its reference has it: strict about requests, with switches (mock.cjs).
'use strict';

const { IMAGES, wrongData, wrongUrl } = require('./media.cjs');
const { PAGE, instance, options, pieces, serve, surplus, wrongDomains } = require('./mock.cjs');
const { callsOf, obeyedCalls, wrongName, wrongSchema } = require('./tools.cjs');

const settings = options(process.argv.slice(2));
const VERSIONS = ['2023-06-01', '2026-10-21'];  // the later one comes from the SDK
const ID = { 'request-id': 'req_mock' };
const FIELDS = ['model', 'max_tokens', 'messages', 'system', 'temperature', 'top_p', 'top_k', 'stop_sequences', 'stream',
  'metadata', 'tools', 'tool_choice', 'thinking', 'output_config', 'service_tier', 'cache_control'];
const TYPES = { 400: 'invalid_request_error', 401: 'authentication_error', 402: 'billing_error', 403: 'permission_error',
  404: 'not_found_error', 413: 'request_too_large', 429: 'rate_limit_error', 500: 'api_error', 529: 'overloaded_error' };

function failed(status, message) {
  const headers = { ...ID };
  if (settings.retryAfter !== undefined) headers['retry-after'] = settings.retryAfter;
  const error = { type: TYPES[status] ?? 'api_error', message };
  return { status, headers, json: { type: 'error', error, request_id: 'req_mock' } };
}

/// `cache_control` stands on blocks and tools.
function wrongCache(object) {
  const control = object.cache_control;
  if (control === undefined) return undefined;
  const right = control?.type === 'ephemeral' && [undefined, '5m', '1h'].includes(control.ttl);
  return right ? surplus(control, ['type', 'ttl'], 'cache_control.') : 'cache_control: Input should be a valid dictionary';
}

function isText(content) {
  if (typeof content === 'string') return content !== '';
  return Array.isArray(content) && content.length > 0 && content.every(block => block.type === 'text' && block.text?.trim() &&
    !wrongCache(block) && !surplus(block, ['type', 'text', 'cache_control', 'citations'], ''));
}

function wrongSource(block) {
  const { source } = block;
  const more = surplus(block, ['type', 'source', 'title', 'context', 'citations', 'cache_control'], `${block.type}.`);
  if (more || typeof source !== 'object' || source === null) return more ?? `${block.type}.source: Field required`;
  if (source.type === 'url') return surplus(source, ['type', 'url'], 'source.') ?? wrongUrl(source.url);
  const other = surplus(source, ['type', 'media_type', 'data'], 'source.');
  if (other) return other;
  if (source.type === 'base64') return wrongData(source.media_type, source.data, block.type === 'image' ? IMAGES : ['application/pdf']);
  const plain = source.type === 'text' && block.type === 'document' && source.media_type === 'text/plain' && source.data;
  return plain ? undefined : `source: Input tag '${source.type}' does not match any of the expected tags`;
}

/// What the blocks of each role may have besides their type.
const BLOCKS = {
  assistant: { text: ['text', 'citations'], tool_use: ['id', 'name', 'input', 'caller'], thinking: ['thinking', 'signature'],
    redacted_thinking: ['data'], server_tool_use: ['id', 'name', 'input', 'caller'], web_search_tool_result: ['tool_use_id', 'content', 'caller'] },
  user: { text: ['text', 'citations'], tool_result: ['tool_use_id', 'content', 'is_error'] },
};

function wrongBlock(block, role) {
  if (['image', 'document'].includes(block.type) && role === 'user') return wrongSource(block);
  const fields = BLOCKS[role][block.type];
  if (!fields) return `content: Input tag '${block.type}' does not match any of the expected tags`;
  const wrong = surplus(block, ['type', 'cache_control', ...fields], `${block.type}.`) ?? wrongCache(block);
  if (wrong) return wrong;
  if (block.type === 'text' && !block.text?.trim()) return 'text content blocks must contain non-whitespace text';
  if (block.type === 'tool_use') {
    if (!/^[a-zA-Z0-9_-]+$/.test(block.id ?? '')) return `tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$'`;
    if (typeof block.input !== 'object' || block.input === null || Array.isArray(block.input)) return 'tool_use.input: Input should be a valid dictionary';
    return wrongName(block.name);
  }
  if (block.type === 'thinking' && block.signature !== 'sig-mock') return 'thinking.signature: Invalid `signature` in `thinking` block';
  if (block.type === 'tool_result' && block.content !== undefined && typeof block.content !== 'string' && !Array.isArray(block.content))
    return 'tool_result.content: Input should be a valid string';
  return undefined;
}

/// What is wrong with the content of a turn.
function wrongContent(content, role) {
  if (typeof content === 'string') return content === '' ? 'content must be non-empty' : undefined;
  if (!Array.isArray(content) || content.length === 0) return 'content must be non-empty';
  return content.map(block => wrongBlock(block, role)).find(Boolean);
}

const blocksOf = (message, type) => (Array.isArray(message?.content) ? message.content.filter(block => block.type === type) : []);

/// Each call is answered in the turn behind it, and nothing else is.
function wrongResults(messages) {
  for (const [i, message] of messages.entries()) {
    const calls = blocksOf(message, 'tool_use').map(block => block.id);
    const results = blocksOf(messages[i + 1], 'tool_result').map(block => block.tool_use_id);
    const open = calls.find(id => !results.includes(id));
    if (open) return `messages.${i}: \`tool_use\` ids were found without \`tool_result\` blocks immediately after: ${open}`;
    const before = blocksOf(messages[i - 1], 'tool_use').map(block => block.id);
    const other = blocksOf(message, 'tool_result').find(block => !before.includes(block.tool_use_id));
    if (other) return `messages.${i}: unexpected \`tool_use_id\` found in \`tool_result\` blocks: ${other.tool_use_id}`;
  }
  return undefined;
}

/// An answer that goes on shows what it began with as it was.
function wrongBegun(body) {
  const last = body.messages.at(-1);
  if (last.role !== 'assistant') return undefined;
  const calls = blocksOf(last, 'server_tool_use'), results = blocksOf(last, 'web_search_tool_result');
  const kept = calls.every((call, i) => call.id === `srvtoolu_mock_${i}` && call.input.query === `tides ${i}` && results[i]?.tool_use_id === call.id &&
    results[i].content[0].encrypted_content === 'secret-page');
  return kept ? undefined : 'messages: a search is not as it was made';
}

const CHOICES = { auto: [], any: [], none: [], tool: ['name'] };

function wrongTools(body) {
  for (const tool of body.tools ?? []) {
    if (tool.type === 'web_search_20250305') {
      const wrong = surplus(tool, ['type', 'name', 'max_uses', 'allowed_domains', 'blocked_domains', 'user_location', 'cache_control'], 'tools.');
      if (wrong || tool.name !== 'web_search') return wrong ?? "tools.name: Input should be 'web_search'";
      if (tool.max_uses !== undefined && !(tool.max_uses > 0)) return 'tools.max_uses: Input should be greater than 0';
      if (body.output_config?.format) return 'output_config.format: structured outputs cannot be used with citations';
      const domains = wrongDomains(tool.allowed_domains, 20);
      if (domains) return `tools.${domains}`;
      continue;
    }
    const wrong = surplus(tool, ['type', 'name', 'description', 'input_schema', 'strict', 'cache_control'], 'tools.') ??
      wrongName(tool.name) ?? wrongSchema(tool.input_schema) ?? wrongCache(tool);
    if (wrong) return `tools: ${wrong}`;
    if (tool.strict && !isClosed(tool.input_schema)) return 'tools.input_schema: \'additionalProperties\' must be explicitly set to false';
  }
  const choice = body.tool_choice;
  if (choice === undefined) return undefined;
  if (!body.tools?.length) return 'tool_choice may only be specified while providing tools';
  if (!CHOICES[choice.type]) return `tool_choice: Input tag '${choice.type}' does not match any of the expected tags`;
  if (choice.type === 'tool' && !body.tools.some(tool => tool.name === choice.name)) return `Tool '${choice.name}' not found in provided tools`;
  return surplus(choice, ['type', 'disable_parallel_tool_use', ...CHOICES[choice.type]], 'tool_choice.');
}

const thinks = body => ['enabled', 'adaptive'].includes(body.thinking?.type);

function wrongThinking(body) {
  const { thinking } = body;
  if (![undefined, 'low', 'medium', 'high', 'xhigh', 'max'].includes(body.output_config?.effort))
    return "output_config.effort: Input should be 'low', 'medium', 'high', 'xhigh' or 'max'";
  if (thinking === undefined || thinking.type === 'disabled') return undefined;
  const fields = { enabled: ['type', 'budget_tokens', 'display'], adaptive: ['type', 'display'] }[thinking.type];
  if (!fields) return `thinking: Input tag '${thinking.type}' does not match any of the expected tags`;
  const other = surplus(thinking, fields, 'thinking.');
  if (other) return other;
  if (thinking.type === 'enabled' && !(thinking.budget_tokens >= 1024)) return 'thinking.enabled.budget_tokens: Input should be greater than or equal to 1024';
  if (thinking.type === 'enabled' && thinking.budget_tokens >= body.max_tokens) return '`max_tokens` must be greater than `thinking.budget_tokens`';
  if (body.temperature !== undefined && body.temperature !== 1) return '`temperature` may only be set to 1 when thinking is enabled';
  if (['any', 'tool'].includes(body.tool_choice?.type)) return 'Thinking may not be enabled when tool_choice forces tool use.';
  const last = body.messages.findLast(message => message.role === 'assistant');
  if (blocksOf(last, 'tool_use').length && !['thinking', 'redacted_thinking'].includes(last.content[0].type))
    return 'messages: Expected `thinking` or `redacted_thinking`, but found `tool_use`. When `thinking` is enabled, a final `assistant` message must start with a thinking block';
  return undefined;
}

/// At most four breakpoints.
function wrongBreakpoints(body) {
  const count = JSON.stringify(body).split('"cache_control"').length - 1;
  return count > 4 ? `A maximum of 4 blocks with cache_control may be provided. Found ${count}.` : undefined;
}

function textOf(content) {
  return typeof content === 'string' ? content : content.map(block => block.text ?? '').join('');
}

/// Whether every object says that it has no other members.
function isClosed(schema) {
  if (typeof schema !== 'object' || schema === null) return true;
  if (schema.type === 'object' && schema.additionalProperties !== false) return false;
  return Object.values(schema).every(isClosed);
}

function mistake(request, body) {
  if (!VERSIONS.includes(request.headers['anthropic-version'])) return 'anthropic-version: header is required';
  if (typeof body !== 'object' || body === null) return 'the body is not JSON';
  const other = surplus(body, FIELDS, '');
  if (other) return other;
  if (typeof body.model !== 'string') return 'model: Field required';
  if (!Number.isInteger(body.max_tokens) || body.max_tokens < 1) return 'max_tokens: Field required';
  if (!Array.isArray(body.messages) || body.messages.length === 0) return 'messages: at least one message is required';
  if (body.messages[0].role !== 'user') return 'messages: first message must use the "user" role';
  for (const [i, message] of body.messages.entries()) {
    if (!['user', 'assistant'].includes(message.role)) return `messages.${i}.role: Input should be 'user' or 'assistant'`;
    const wrong = wrongContent(message.content, message.role);
    if (wrong) return `messages.${i}: ${wrong}`;
  }
  const more = wrongResults(body.messages) ?? wrongBegun(body) ?? wrongTools(body) ?? wrongThinking(body) ?? wrongBreakpoints(body);
  if (more) return more;
  if (body.system !== undefined && !isText(body.system)) return 'system: text content blocks must be non-empty';
  if (body.temperature !== undefined && !(body.temperature >= 0 && body.temperature <= 1))
    return 'temperature: range: 0..1';
  const format = body.output_config?.format;
  if (format && settings.noSchema) return 'output_config.format: Extra inputs are not permitted';
  if (format && (format.type !== 'json_schema' || !isClosed(format.schema)))
    return 'output_config.format.schema: For \'object\' type, \'additionalProperties\' must be explicitly set to false';
  return undefined;
}

const event = data => `event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`;

/// What a stream says of a block: how it begins, and its pieces.
function blockParts(block) {
  switch (block.type) {
    case 'text': return [{ ...block, text: '', ...(block.citations ? { citations: [] } : {}) },
      [...(block.citations ?? []).map(citation => ({ type: 'citations_delta', citation })),
        ...pieces(block.text, settings.chunk).map(text => ({ type: 'text_delta', text }))]];
    case 'thinking': return [{ ...block, thinking: '', signature: '' },
      [...pieces(block.thinking, 4).map(thinking => ({ type: 'thinking_delta', thinking })), { type: 'signature_delta', signature: block.signature }]];
    case 'server_tool_use':
    case 'tool_use': return [{ ...block, input: {} },
      ['', ...pieces(settings.arguments ?? JSON.stringify(block.input), 5)].map(part => ({ type: 'input_json_delta', partial_json: part }))];
    default: return [block, []];
  }
}

function stream(message) {
  const { output_tokens: count, ...input } = message.usage;
  const start = { ...message, content: [], stop_reason: null, usage: { ...input, output_tokens: 1 } };
  const events = [event({ type: 'message_start', message: start })];
  const half = settings.malformed === 'close-mid-stream' || settings.malformed === 'error-mid-stream';
  for (const [index, block] of message.content.entries()) {
    let [begun, deltas] = blockParts(block);
    if (half) deltas = deltas.slice(0, Math.ceil(deltas.length / 2));
    events.push(event({ type: 'content_block_start', index, content_block: begun }), event({ type: 'ping' }));
    for (const delta of deltas) events.push(event({ type: 'content_block_delta', index, delta }));
    if (half) break;
    if (settings.malformed === 'garbage') events.push('event: content_block_delta\ndata: {"type": }\n\n');
    events.push(event({ type: 'content_block_stop', index }));
  }
  if (settings.malformed === 'error-mid-stream')
    events.push(event({ type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } }));
  if (half) return { headers: ID, events, then: settings.malformed === 'close-mid-stream' ? 'close' : 'end' };
  events.push(event({ type: 'message_delta', delta: { stop_reason: message.stop_reason, stop_sequence: null },
    usage: { output_tokens: count } }), event({ type: 'message_stop' }));
  return { headers: ID, events };
}

/// What was searched for, and found. What was found before goes back as it was.
function searchOf(number) {
  const id = `srvtoolu_mock_${number}`;
  return [{ type: 'server_tool_use', id, name: 'web_search', input: { query: `tides ${number}` } },
    { type: 'web_search_tool_result', tool_use_id: id, content: [{ type: 'web_search_result', url: PAGE.url, title: PAGE.title,
      encrypted_content: 'secret-page', page_age: null }] }];
}

/// How many searches of the web the turn that is gone on with has made.
const searchesOf = body => (body.messages.at(-1).role === 'assistant' ? blocksOf(body.messages.at(-1), 'server_tool_use').length : 0);

/// An answer to a question that the web was searched for: a part of it, as long as it is paused.
function searchedOf(body, text, pauses) {
  const begun = searchesOf(body);
  const most = body.tools.find(tool => tool.type === 'web_search_20250305').max_uses ?? Infinity;
  const citation = { type: 'web_search_result_location', url: PAGE.url, title: PAGE.title, encrypted_index: 'secret-index', cited_text: PAGE.quote };
  const search = body.tool_choice?.type === 'none' || most < 1 ? [] : searchOf(begun);
  if (begun < pauses) return [...(begun === 0 ? [{ type: 'text', text: 'I will look.' }] : []), ...search];
  return [...(begun === 0 ? [{ type: 'text', text: 'I will look.' }] : []), ...search, { type: 'text', text: 'It says: ' },
    { type: 'text', text, citations: [citation] }];
}

/// All that others have said: the system, users, and tools.
function saidIn(body) {
  const of = content => (typeof content === 'string' ? [content] : (content ?? []).flatMap(block => [block.text ?? '', ...of(block.content)]));
  return [...of(body.system), ...body.messages.filter(each => each.role === 'user').flatMap(each => of(each.content))];
}

function obeyed(body, text) {
  const made = body.messages.flatMap(each => blocksOf(each, 'tool_use')).map(({ name, input }) => ({ name, args: input }));
  const calls = body.tool_choice?.type === 'none' ? [] : obeyedCalls(saidIn(body), made);
  if (calls.length === 0) return [{ type: 'text', text }];
  return calls.map(({ id, name, args }) => ({ type: 'tool_use', id, name, input: args }));
}

/// What the model answers with: calls of its tools until it has their results, then text.
function contentOf(body, text) {
  const thoughts = thinks(body) ? [{ type: 'thinking', thinking: 'Let me think.', signature: 'sig-mock' }] : [];
  const tools = (body.tools ?? []).filter(tool => tool.type !== 'web_search_20250305').map(tool => ({ name: tool.name, schema: tool.input_schema }));
  if (settings.obeys) return obeyed(body, text);
  const answered = blocksOf(body.messages.at(-1), 'tool_result').length > 0;
  if (tools.length === 0 || answered || body.tool_choice?.type === 'none') return [...thoughts, { type: 'text', text }];
  const calls = callsOf(tools, body.tool_choice?.name).map(({ id, name, args }) => ({ type: 'tool_use', id, name, input: args }));
  return [...thoughts, { type: 'text', text: 'I will look.' }, ...calls];
}

serve((request, body) => {
  if (request.method !== 'POST' || !request.url.endsWith('/v1/messages')) return failed(404, 'Not found');
  const key = request.headers['x-api-key'] ?? request.headers.authorization?.replace(/^Bearer /, '');
  if (!key || (settings.key && key !== settings.key))
    return failed(401, 'invalid x-api-key');
  if (settings.error && (settings.errorAfter ?? 0) > 0) --settings.errorAfter;
  else if (settings.error && settings.errorCount-- > 0) return failed(settings.error, 'This error was asked for.');
  const wrong = mistake(request, body);
  if (wrong) return failed(400, wrong);
  if (settings.malformed === 'html') return { html: true };
  const schema = body.output_config?.format?.schema;
  const last = body.messages[body.messages.length - 1];
  const asked = textOf(last.content) + blocksOf(last, 'tool_result').map(block => block.content ?? '').join(' ');
  const text = settings.reply ?? (schema ? JSON.stringify(instance(schema, schema)) : `echo: ${asked}`);
  const searches = (body.tools ?? []).some(tool => tool.type === 'web_search_20250305');
  const first = body.messages.find(each => each.role === 'user');
  const content = searches ? searchedOf(body, settings.reply ?? `echo: ${textOf(first.content)}`, settings.pauses ?? 0) : contentOf(body, text);
  const stop = { tool_use: 'tool_use', web_search_tool_result: 'pause_turn', server_tool_use: 'pause_turn' }[content.at(-1).type] ?? 'end_turn';
  const made = content.filter(block => block.type === 'server_tool_use').length;
  const message = { id: 'msg_mock', type: 'message', role: 'assistant', model: body.model + '-20260101',
    content, stop_reason: settings.stop ?? stop, stop_sequence: null,
    usage: { input_tokens: 7, cache_creation_input_tokens: 2, cache_read_input_tokens: 3, output_tokens: 5,
      cache_creation: { ephemeral_5m_input_tokens: 2, ephemeral_1h_input_tokens: 0 }, output_tokens_details: { thinking_tokens: 1 },
      ...(searches ? { server_tool_use: { web_search_requests: made } } : {}) } };
  return body.stream ? stream(message) : { headers: ID, json: message };
});
