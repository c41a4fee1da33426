#!/usr/bin/env node
// OpenAI's /v1/responses on loopback, as its reference has it: strict about requests, with switches (mock.cjs). `--stop` takes
// `refusal`, a reason for which responses are incomplete, or the code of an error with which they fail.
'use strict';

const { IMAGES, wrongDataUri, wrongUrl } = require('./media.cjs');
const { PAGE, instance, options, pieces, serve, surplus, wrongDomains } = require('./mock.cjs');
const { callsOf, wrongName, wrongSchema } = require('./tools.cjs');

const settings = options(process.argv.slice(2));
const ID = { 'x-request-id': 'req_mock' };
const FIELDS = ['model', 'input', 'instructions', 'stream', 'stream_options', 'store', 'temperature', 'top_p', 'max_output_tokens',
  'reasoning', 'text', 'tools', 'tool_choice', 'parallel_tool_calls', 'metadata', 'include', 'previous_response_id', 'truncation',
  'prompt_cache_key', 'safety_identifier', 'service_tier', 'user', 'background', 'top_logprobs', 'max_tool_calls'];
const EFFORTS = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh'];
const REASONS = ['max_output_tokens', 'max_messages', 'content_filter', 'steered'];
const TYPES = { 400: 'invalid_request_error', 401: 'invalid_request_error', 403: 'permission_error', 404: 'invalid_request_error',
  429: 'rate_limit_error' };

function failed(status, message, param = null, code = null) {
  const headers = { ...ID };
  if (settings.retryAfter !== undefined) headers['retry-after'] = settings.retryAfter;
  return { status, headers, json: { error: { message, type: TYPES[status] ?? 'server_error', param, code } } };
}

/// Whether every object has all its properties and no others, as strict mode wants it.
function isStrict(schema) {
  if (typeof schema !== 'object' || schema === null) return true;
  if (schema.type === 'object') {
    const names = Object.keys(schema.properties ?? {});
    if (schema.additionalProperties !== false || !names.every(name => schema.required?.includes(name))) return false;
  }
  return Object.values(schema).every(isStrict);
}

/// [what is wrong, with which parameter, the code of the error], or nothing.
function wrongFormat(format) {
  if (settings.noSchema) return ["Unsupported parameter: 'text.format' is not supported with this model.", 'text.format', 'unsupported_parameter'];
  const other = surplus(format, ['type', 'name', 'description', 'strict', 'schema'], 'text.format.');
  if (other) return [`Unknown parameter: ${other}`, 'text.format', 'unknown_parameter'];
  if (format.type !== 'json_schema') return format.type === 'text' ? undefined : ["Invalid value for 'text.format.type'.", 'text.format.type', 'invalid_value'];
  if (!/^[a-zA-Z0-9_-]{1,64}$/.test(format.name ?? '')) return ["Missing required parameter: 'text.format.name'.", 'text.format.name', 'missing_required_parameter'];
  if (typeof format.schema !== 'object') return ["Missing required parameter: 'text.format.schema'.", 'text.format.schema', 'missing_required_parameter'];
  if (format.schema.type !== 'object' || (format.strict && !isStrict(format.schema)))
    return [`Invalid schema for response_format '${format.name}'`, 'text.format.schema', 'invalid_json_schema'];
  return undefined;
}

const PARTS = { input_text: ['text'], input_image: ['image_url', 'detail', 'file_id'],
  input_file: ['filename', 'file_data', 'file_url', 'file_id', 'detail'] };

/// What is wrong with a part of an input message.
function wrongPart(part, role) {
  if (part.type === 'output_text' && role === 'assistant') return undefined;
  const fields = PARTS[part.type];
  if (!fields) return `Invalid value: '${part.type}'. Supported values are: 'input_text', 'input_image', and 'input_file'.`;
  if (part.type !== 'input_text' && role !== 'user') return `Invalid value: '${part.type}'.`;
  const other = surplus(part, ['type', ...fields], 'content.');
  if (other) return `Unknown parameter: ${other}`;
  if (part.type === 'input_text') return typeof part.text === 'string' ? undefined : "Missing required parameter: 'text'.";
  if (part.type === 'input_image') {
    if (![undefined, 'auto', 'low', 'high', 'original'].includes(part.detail)) return "Invalid value for 'detail'.";
    return String(part.image_url).startsWith('data:') ? wrongDataUri(part.image_url, IMAGES) : wrongUrl(part.image_url);
  }
  if (part.file_url !== undefined) return part.file_data === undefined ? wrongUrl(part.file_url) : 'Mutually exclusive parameters.';
  return part.filename ? wrongDataUri(part.file_data, ['application/pdf', 'text/plain']) : "Missing required parameter: 'filename'.";
}

/// What the items of the input that are no messages may have.
const ITEMS = { function_call: ['id', 'call_id', 'name', 'arguments', 'status'], function_call_output: ['id', 'call_id', 'output', 'status'],
  reasoning: ['id', 'summary', 'content', 'encrypted_content', 'status'], web_search_call: ['id', 'status', 'action'] };

/// What is wrong with one of these, and with those before it.
function wrongItem(item, i, input) {
  const more = surplus(item, ['type', ...ITEMS[item.type]], '');
  if (more) return `Unknown parameter: 'input[${i}].${more}`;
  // Nothing is stored: thoughts come back as they were encrypted, and before the call that they led to.
  if (item.type === 'reasoning' && item.encrypted_content !== 'secret-thoughts') return `Item with id '${item.id}' not found. Items are not persisted when \`store\` is set to false.`;
  if (item.type === 'function_call' && item.id && !input.slice(0, i).some(each => each.type === 'reasoning'))
    return `Item '${item.id}' of type 'function_call' was provided without its required 'reasoning' item.`;
  if (item.type === 'function_call' && typeof item.arguments !== 'string') return `Invalid type for 'input[${i}].arguments'.`;
  if (item.type === 'function_call_output') {
    if (typeof item.output !== 'string' && !Array.isArray(item.output)) return `Missing required parameter: 'input[${i}].output'.`;
    if (!input.slice(0, i).some(each => each.type === 'function_call' && each.call_id === item.call_id)) return `No tool call found for function call output with call_id ${item.call_id}.`;
  }
  if (item.type === 'function_call' && !input.slice(i).some(each => each.type === 'function_call_output' && each.call_id === item.call_id))
    return `No tool output found for function call ${item.call_id}.`;
  return undefined;
}

const CHOICES = ['auto', 'none', 'required'];

function wrongTools(body) {
  for (const tool of body.tools ?? []) {
    if (tool.type === 'web_search') {
      const wrong = surplus(tool, ['type', 'filters', 'search_context_size', 'user_location'], 'tools.') ?? surplus(tool.filters ?? {}, ['allowed_domains'], 'tools.filters.');
      const domains = wrong ?? wrongDomains(tool.filters?.allowed_domains, 100);
      if (domains) return domains;
      continue;
    }
    if (tool.type === 'image_generation') {
      const wrong = surplus(tool, ['type', 'size', 'quality', 'output_format', 'background', 'partial_images', 'moderation'], 'tools.');
      if (wrong) return wrong;
      continue;
    }
    const wrong = tool.type !== 'function' ? `Invalid value: '${tool.type}'.`
      : surplus(tool, ['type', 'name', 'description', 'parameters', 'strict'], 'tools.') ?? wrongName(tool.name) ?? wrongSchema(tool.parameters);
    if (wrong) return wrong;
    // Strict unless said.
    if (tool.strict !== false && !isStrict(tool.parameters)) return `Invalid schema for function '${tool.name}': 'additionalProperties' is required to be supplied and to be false.`;
  }
  const choice = body.tool_choice;
  if (choice === undefined || CHOICES.includes(choice)) return undefined;
  if (choice.type === 'image_generation')
    return (body.tools ?? []).some(tool => tool.type === choice.type) ? surplus(choice, ['type'], 'tool_choice.') : `Tool choice '${choice.type}' not found in 'tools' parameter.`;
  const known = choice.type === 'function' && (body.tools ?? []).some(tool => tool.name === choice.name);
  return known ? surplus(choice, ['type', 'name'], 'tool_choice.') : `Tool choice '${choice.name}' not found in 'tools' parameter.`;
}

function mistake(body) {
  if (typeof body !== 'object' || body === null) return ['We could not parse the JSON body of your request.'];
  const other = Object.keys(body).find(key => !FIELDS.includes(key));
  if (other) return [`Unknown parameter: '${other}'.`, other, 'unknown_parameter'];
  if (typeof body.model !== 'string') return ["Missing required parameter: 'model'.", 'model', 'missing_required_parameter'];
  const input = typeof body.input === 'string' ? [{ role: 'user', content: body.input }] : body.input;
  if (!Array.isArray(input) || input.length === 0) return ["Missing required parameter: 'input'.", 'input', 'missing_required_parameter'];
  for (const [i, item] of input.entries()) {
    if (ITEMS[item.type]) {
      const wrong = wrongItem(item, i, input);
      if (wrong) return [wrong, `input[${i}]`, 'invalid_value'];
      continue;
    }
    if (!['user', 'assistant', 'system', 'developer'].includes(item.role)) return [`Invalid value: '${item.role}'.`, `input[${i}]`, 'invalid_value'];
    if (typeof item.content !== 'string' && !Array.isArray(item.content)) return ['Invalid type for content.', `input[${i}].content`, 'invalid_type'];
    const parts = Array.isArray(item.content) ? item.content : [];
    const wrong = parts.map(part => wrongPart(part, item.role)).find(Boolean);
    if (wrong) return [wrong, `input[${i}].content`, 'invalid_value'];
    const more = surplus(item, ['type', 'role', 'content', 'phase', ...(item.role === 'assistant' ? ['id', 'status'] : [])], '');
    if (more) return [`Unknown parameter: ${more}`, `input[${i}]`, 'unknown_parameter'];
  }
  const wrong = wrongTools(body);
  if (wrong) return [wrong, 'tools', 'invalid_value'];
  if (body.prompt_cache_key !== undefined && !(body.prompt_cache_key.length <= 64)) return ["Invalid 'prompt_cache_key': string too long.", 'prompt_cache_key', 'string_above_max_length'];
  if (body.max_output_tokens !== undefined && !(body.max_output_tokens >= 16))
    return ["Invalid 'max_output_tokens': integer below minimum value. Expected a value >= 16.", 'max_output_tokens', 'integer_below_min_value'];
  if (body.max_tool_calls !== undefined && !(body.max_tool_calls >= 1)) return ["Invalid 'max_tool_calls': integer below minimum value.", 'max_tool_calls', 'integer_below_min_value'];
  if (body.temperature !== undefined && !(body.temperature >= 0 && body.temperature <= 2)) return ["Invalid 'temperature'.", 'temperature', 'decimal_above_max_value'];
  if (body.reasoning && !EFFORTS.includes(body.reasoning.effort)) return [`Invalid value: '${body.reasoning.effort}'.`, 'reasoning.effort', 'invalid_value'];
  return body.text?.format && wrongFormat(body.text.format);
}

/// A search, a look at a page that it found, and the message that cites it.
function searchedOf(text) {
  const annotations = [{ type: 'url_citation', start_index: 0, end_index: text.length, url: PAGE.url, title: PAGE.title }];
  return [{ id: 'ws_mock_0', type: 'web_search_call', status: 'completed', action: { type: 'search', query: 'tides', sources: [{ type: 'url', url: PAGE.url }] } },
    { id: 'ws_mock_1', type: 'web_search_call', status: 'completed', action: { type: 'open_page', url: PAGE.url } },
    { id: 'msg_mock', type: 'message', role: 'assistant', status: 'completed', content: [{ type: 'output_text', annotations, logprobs: [], text }] }];
}

function messageOf(text) {
  const part = settings.stop === 'refusal' ? { type: 'refusal', refusal: text } : { type: 'output_text', annotations: [], logprobs: [], text };
  return { id: 'msg_mock', type: 'message', role: 'assistant', status: 'completed', content: [part] };
}

/// What a reasoning model shows of its thoughts; no part of the answer.
const THOUGHT = { id: 'rs_mock', type: 'reasoning', summary: [{ type: 'summary_text', text: 'Let me think.' }],
  content: [{ type: 'reasoning_text', text: 'Hm.' }] };

function responseOf(body, output) {
  const base = { id: 'resp_mock', object: 'response', created_at: 1767225600, status: 'completed', error: null, incomplete_details: null,
    instructions: null, metadata: {}, model: `${body.model}-2026-01-01`, output, parallel_tool_calls: true, temperature: 1,
    tool_choice: 'auto', tools: [], top_p: 1, store: body.store ?? true,
    usage: { input_tokens: 7, input_tokens_details: { cached_tokens: 3, cache_write_tokens: 0 }, output_tokens: 5,
      output_tokens_details: { reasoning_tokens: 4 }, total_tokens: 12 } };
  if (!settings.stop || settings.stop === 'refusal') return base;
  if (REASONS.includes(settings.stop)) return { ...base, status: 'incomplete', incomplete_details: { reason: settings.stop } };
  return { ...base, status: 'failed', output: [], usage: null, error: { code: settings.stop, message: 'The model could not answer.' } };
}

const isHalf = () => ['close-mid-stream', 'end-mid-stream', 'error-mid-stream'].includes(settings.malformed);

/// The events of an item, from its announcement to its end.
function itemEvents(event, item, index) {
  const at = { item_id: item.id, output_index: index };
  const events = [];
  const added = more => events.push(event('response.output_item.added', { output_index: index, item: { ...item, ...more } }));
  const cut = parts => (isHalf() ? parts.slice(0, Math.ceil(parts.length / 2)) : parts);
  if (item.type === 'reasoning') added({ summary: [], content: [] });
  if (item.type === 'web_search_call') {
    added({ status: 'in_progress', action: undefined });
    for (const state of ['in_progress', 'searching', 'completed']) events.push(event(`response.web_search_call.${state}`, at));
  }
  if (item.type === 'image_generation_call') {
    added({ status: 'in_progress', result: undefined });
    for (const state of ['in_progress', 'generating', 'completed']) events.push(event(`response.image_generation_call.${state}`, at));
  }
  if (item.type === 'function_call') {
    added({ status: 'in_progress', arguments: '' });
    for (const delta of cut(pieces(item.arguments, 5))) events.push(event('response.function_call_arguments.delta', { ...at, delta }));
    if (isHalf()) return events;
    events.push(event('response.function_call_arguments.done', { ...at, arguments: item.arguments }));
  }
  if (item.type === 'message') {
    added({ status: 'in_progress', content: [] });
    const [part] = item.content;
    const [key, name] = part.type === 'refusal' ? ['refusal', 'response.refusal'] : ['text', 'response.output_text'];
    const more = key === 'text' ? { logprobs: [] } : {};
    const place = { ...at, content_index: 0 };
    events.push(event('response.content_part.added', { ...place, part: { ...part, [key]: '', ...(part.annotations ? { annotations: [] } : {}) } }));
    for (const [i, annotation] of (part.annotations ?? []).entries())
      events.push(event('response.output_text.annotation.added', { ...place, annotation_index: i, annotation }));
    for (const delta of cut(pieces(part[key], settings.chunk))) events.push(event(`${name}.delta`, { ...place, delta, ...more }));
    if (settings.malformed === 'garbage') events.push('event: response.output_text.delta\ndata: {"type": }\n\n');
    if (isHalf()) return events;
    events.push(event(`${name}.done`, { ...place, [key]: part[key], ...more }), event('response.content_part.done', { ...place, part }));
  }
  events.push(event('response.output_item.done', { output_index: index, item }));
  return events;
}

function stream(whole) {
  let number = 0;
  const event = (type, more) => `event: ${type}\ndata: ${JSON.stringify({ type, sequence_number: number++, ...more })}\n\n`;
  const begun = { ...whole, status: 'in_progress', output: [], error: null, incomplete_details: null, usage: null };
  const events = [event('response.created', { response: begun }), event('response.in_progress', { response: begun })];
  if (whole.status === 'failed') events.push(event('response.failed', { response: whole }));
  if (whole.status === 'failed') return { headers: ID, events, then: 'end' };
  whole.output.forEach((item, index) => events.push(...itemEvents(event, item, index)));
  if (settings.malformed === 'error-mid-stream')
    events.push(event('error', { code: 'server_error', message: 'The model is overloaded.', param: null }));
  if (isHalf()) return { headers: ID, events, then: settings.malformed === 'close-mid-stream' ? 'close' : 'end' };
  events.push(event(`response.${whole.status}`, { response: whole }));
  return { headers: ID, events, then: 'end' };
}

/// What the model answers with: calls of its tools until it has their results, then a message.
function outputOf(body, last, text) {
  const thought = body.include?.includes('reasoning.encrypted_content') ? { ...THOUGHT, encrypted_content: 'secret-thoughts' } : THOUGHT;
  const tools = (body.tools ?? []).filter(tool => tool.type === 'function').map(tool => ({ name: tool.name, schema: tool.parameters }));
  const image = settings.image ? [{ id: 'ig_mock', type: 'image_generation_call', status: 'completed', result: settings.image,
    output_format: 'png', size: '1024x1024', revised_prompt: text }] : [];
  if ((body.tools ?? []).some(tool => tool.type === 'web_search')) return [thought, ...searchedOf(text)];
  if (tools.length === 0 || last.type === 'function_call_output' || body.tool_choice === 'none')
    return [thought, ...image, ...(text === '' ? [] : [messageOf(text)])];
  return [thought, ...callsOf(tools, body.tool_choice?.name).map(({ id, name, args }, i) => (
    { id: `fc_mock_${i}`, type: 'function_call', status: 'completed', call_id: id, name, arguments: settings.arguments ?? JSON.stringify(args) }))];
}

serve((request, body) => {
  if (request.method !== 'POST' || request.url !== '/v1/responses') return failed(404, `Invalid URL (${request.method} ${request.url})`);
  const key = request.headers.authorization?.replace(/^Bearer /, '');
  if (!key || (settings.key && key !== settings.key)) return failed(401, 'Incorrect API key provided.', null, 'invalid_api_key');
  if (settings.error && settings.errorCount-- > 0) return failed(settings.error, 'This error was asked for.');
  const wrong = mistake(body);
  if (wrong) return failed(400, ...wrong);
  if (settings.malformed === 'html') return { html: true };
  const last = typeof body.input === 'string' ? { content: body.input } : body.input[body.input.length - 1];
  const said = last.content ?? last.output;
  const asked = typeof said === 'string' ? said : said.map(part => part.text ?? '').join('');
  const schema = body.text?.format?.schema;
  const text = settings.reply ?? (schema ? JSON.stringify(instance(schema, schema)) : `echo: ${asked}`);
  const whole = responseOf(body, outputOf(body, last, text));
  return body.stream ? stream(whole) : { headers: ID, json: whole };
});
