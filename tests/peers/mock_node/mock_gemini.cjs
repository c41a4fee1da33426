#!/usr/bin/env node
// Gemini's generateContent on loopback, as its reference has it: strict about requests, with switches (mock.cjs).
'use strict';

const { wrongData, wrongUrl } = require('./media.cjs');
const { PAGE, instance, options, pieces, serve, surplus } = require('./mock.cjs');
const { callsOf, wrongName, wrongSchema } = require('./tools.cjs');

const settings = options(process.argv.slice(2));
const FIELDS = ['contents', 'systemInstruction', 'generationConfig', 'safetySettings', 'tools', 'toolConfig', 'cachedContent'];
const CONFIG = ['temperature', 'topP', 'topK', 'maxOutputTokens', 'stopSequences', 'candidateCount', 'seed', 'responseMimeType',
  'responseJsonSchema', 'responseSchema', 'thinkingConfig', 'responseModalities'];
const STATUS = { 400: 'INVALID_ARGUMENT', 401: 'UNAUTHENTICATED', 403: 'PERMISSION_DENIED', 404: 'NOT_FOUND',
  429: 'RESOURCE_EXHAUSTED', 500: 'INTERNAL', 503: 'UNAVAILABLE', 504: 'DEADLINE_EXCEEDED' };

function failed(status, message) {
  const headers = settings.retryAfter === undefined ? {} : { 'retry-after': settings.retryAfter };
  return { status, headers, json: { error: { code: status, message, status: STATUS[status] ?? 'UNKNOWN' } } };
}

const MEDIA = ['image/png', 'image/jpeg', 'image/webp', 'audio/wav', 'audio/mpeg', 'audio/ogg', 'audio/flac', 'video/mp4', 'video/webm',
  'video/quicktime', 'application/pdf', 'text/plain'];

const KINDS = ['text', 'inlineData', 'fileData', 'functionCall', 'functionResponse'];
const isObject = value => typeof value === 'object' && value !== null && !Array.isArray(value);

/// A part is a text, or data, or where a file is, or a call, or what came of one.
function wrongPart(part) {
  const kinds = KINDS.filter(kind => part[kind] !== undefined);
  const other = surplus(part, [...KINDS, 'thought', 'thoughtSignature', 'mediaResolution'], 'Unknown name ');
  if (other) return `Invalid JSON payload received. ${other}`;
  if (kinds.length !== 1) return "contents.parts must have exactly one of 'data'";
  const { inlineData, fileData, functionCall, functionResponse } = part;
  if (functionCall)
    return surplus(functionCall, ['id', 'name', 'args'], 'Unknown name ') ?? (isObject(functionCall.args ?? {}) ? undefined : 'Invalid value at function_call.args');
  if (functionResponse)
    return surplus(functionResponse, ['id', 'name', 'response'], 'Unknown name ') ??
      (isObject(functionResponse.response) ? undefined : 'Invalid value at function_response.response');
  if (inlineData)
    return surplus(inlineData, ['mimeType', 'data'], 'Unknown name ') ?? wrongData(inlineData.mimeType, inlineData.data, MEDIA);
  if (!fileData) return undefined;
  if (fileData.mimeType !== undefined && !MEDIA.includes(fileData.mimeType)) return `Unsupported MIME type: ${fileData.mimeType}`;
  return surplus(fileData, ['mimeType', 'fileUri'], 'Unknown name ') ?? wrongUrl(fileData.fileUri);
}

const partsOf = (content, kind) => (content?.parts ?? []).filter(part => part[kind] !== undefined).map(part => part[kind]);

/// Calls are answered in the content behind them, by name, id and number; the first call of each shows its thoughts' signature.
function wrongCalls(contents) {
  for (const [i, content] of contents.entries()) {
    const responses = partsOf(content, 'functionResponse'), calls = partsOf(contents[i - 1], 'functionCall');
    if (responses.length !== calls.length)
      return 'Please ensure that the number of function response parts is equal to the number of function call parts of the function call turn.';
    if (responses.some((response, k) => response.name !== calls[k].name || response.id !== calls[k].id))
      return 'Please ensure that function response parts match the function call parts of the turn before.';
    const first = content.parts.find(part => part.functionCall);
    if (first && !['sig-mock', 'skip_thought_signature_validator'].includes(first.thoughtSignature)) return `Function call is missing a thought_signature in functionCall parts: ${first.functionCall.name}`;
  }
  return partsOf(contents.at(-1), 'functionCall').length ? 'Please ensure that function call turn is followed by function responses.' : undefined;
}

function wrongTools(body) {
  for (const tool of body.tools ?? []) {
    const other = surplus(tool, ['functionDeclarations', 'googleSearch'], 'Unknown name ');
    if (other) return other;
    if (tool.googleSearch && body.tools.some(each => each.functionDeclarations)) return 'Built-in tools ({google_search}) and Function Calling cannot be combined in the same request.';
    if (tool.googleSearch && surplus(tool.googleSearch, ['timeRangeFilter', 'excludeDomains'], '')) return 'Unknown name in googleSearch';
    for (const each of tool.functionDeclarations ?? []) {
      const wrong = surplus(each, ['name', 'description', 'parametersJsonSchema'], 'Unknown name ') ?? wrongName(each.name) ?? wrongSchema(each.parametersJsonSchema);
      if (wrong) return wrong;
    }
  }
  const config = body.toolConfig?.functionCallingConfig;
  if (config === undefined) return undefined;
  if (!['AUTO', 'ANY', 'NONE', 'VALIDATED'].includes(config.mode)) return `Invalid value at 'tool_config.function_calling_config.mode': "${config.mode}"`;
  if (config.allowedFunctionNames && config.mode !== 'ANY') return 'allowed_function_names should only be set when mode is ANY';
  return surplus(config, ['mode', 'allowedFunctionNames'], 'Unknown name ');
}

function wrongThinking(config) {
  const thinking = config.thinkingConfig ?? {};
  const other = surplus(thinking, ['thinkingBudget', 'thinkingLevel', 'includeThoughts'], 'Unknown name ');
  if (other) return other;
  if (thinking.thinkingBudget !== undefined && thinking.thinkingLevel !== undefined) return 'thinking_budget and thinking_level are mutually exclusive.';
  if (thinking.thinkingBudget !== undefined && !Number.isInteger(thinking.thinkingBudget)) return "Invalid value at 'thinking_budget'";
  return [undefined, 'MINIMAL', 'LOW', 'MEDIUM', 'HIGH'].includes(thinking.thinkingLevel) ? undefined
    : `Invalid value at 'thinking_level': "${thinking.thinkingLevel}"`;
}

function mistake(body) {
  if (typeof body !== 'object' || body === null) return 'Invalid JSON payload received.';
  const other = surplus(body, FIELDS, 'Unknown name ') ?? surplus(body.generationConfig ?? {}, CONFIG, 'Unknown name ');
  if (other) return `Invalid JSON payload received. ${other}`;
  if (!Array.isArray(body.contents) || body.contents.length === 0) return 'contents is not specified';
  for (const content of body.contents) {
    if (!['user', 'model', undefined].includes(content.role)) return 'Please use a valid role: user, model.';
    if (!Array.isArray(content.parts) || content.parts.length === 0) return 'contents.parts must not be empty.';
    const wrong = content.parts.map(wrongPart).find(Boolean);
    if (wrong) return wrong;
  }
  const config = body.generationConfig ?? {};
  const modalities = config.responseModalities;
  if (modalities !== undefined && !(Array.isArray(modalities) && modalities.every(each => ['TEXT', 'IMAGE', 'AUDIO'].includes(each))))
    return "Invalid value at 'generation_config.response_modalities'";
  if (modalities?.includes('IMAGE') && (config.responseMimeType || body.tools?.length)) return 'This model only supports text output with a response mime type or tools.';
  const more = wrongCalls(body.contents) ?? wrongTools(body) ?? wrongThinking(config);
  if (more) return more;
  if (config.responseMimeType === 'application/json' && body.tools?.length)
    return "Function calling with a response mime type: 'application/json' is unsupported";
  if (config.temperature !== undefined && !(config.temperature >= 0 && config.temperature <= 2))
    return 'temperature must be in the range [0.0, 2.0]';
  if (config.responseJsonSchema && settings.noSchema) return 'Unknown name "responseJsonSchema" at \'generation_config\'';
  if (config.responseJsonSchema && config.responseMimeType !== 'application/json')
    return 'responseJsonSchema needs responseMimeType application/json';
  return undefined;
}

/// The calls that the model answers with, if it has tools and no results yet.
function callParts(body) {
  const tools = (body.tools ?? []).flatMap(tool => tool.functionDeclarations ?? []).map(each => ({ name: each.name, schema: each.parametersJsonSchema }));
  const config = body.toolConfig?.functionCallingConfig ?? {};
  if (partsOf(body.contents.at(-1), 'functionResponse').length || config.mode === 'NONE') return [];
  return callsOf(tools, config.allowedFunctionNames?.[0]).map(({ id, name, args }, i) => (
    { functionCall: { id, name, args }, ...(i === 0 ? { thoughtSignature: 'sig-mock' } : {}) }));
}

/// What was looked for, and found.
const GROUNDING = { webSearchQueries: ['tides', 'tides at noon'], searchEntryPoint: { renderedContent: '<div></div>' },
  groundingChunks: [{ web: { uri: PAGE.url, title: PAGE.title } }],
  groundingSupports: [{ segment: { startIndex: 0, endIndex: 4, text: 'echo' }, groundingChunkIndices: [0] }] };

function answerOf(model, parts, finish, searches) {
  const candidate = { content: { parts, role: 'model' }, index: 0 };
  if (finish) candidate.finishReason = finish;
  if (finish && searches) candidate.groundingMetadata = GROUNDING;
  return { candidates: [candidate], modelVersion: `${model}-001`, responseId: 'mock',
    usageMetadata: { promptTokenCount: 7, cachedContentTokenCount: 3, candidatesTokenCount: 5, thoughtsTokenCount: 4,
      totalTokenCount: 16 } };
}

serve((request, body) => {
  const path = /^\/v1(?:beta)?\/models\/([^:?]+):(generateContent|streamGenerateContent)(\?alt=sse)?$/.exec(request.url);
  if (request.method !== 'POST' || !path) return failed(404, 'Not found');
  const key = request.headers['x-goog-api-key'];
  if (!key || (settings.key && key !== settings.key)) return failed(400, 'API key not valid. Please pass a valid API key.');
  if (settings.error && settings.errorCount-- > 0) return failed(settings.error, 'This error was asked for.');
  const wrong = mistake(body);
  if (wrong) return failed(400, wrong);
  if (settings.malformed === 'html') return { html: true };
  const [, model, method] = path;
  const schema = body.generationConfig?.responseJsonSchema;
  const asked = body.contents[body.contents.length - 1].parts.map(part => part.text ?? part.functionResponse?.response.output ?? '').join('');
  const calls = callParts(body);
  const image = settings.image ? [{ inlineData: { mimeType: 'image/png', data: settings.image } }] : [];
  const text = calls.length ? 'I will look.' : settings.reply ?? (schema ? JSON.stringify(instance(schema, schema)) : `echo: ${asked}`);
  const finish = settings.stop ?? 'STOP';
  const searches = (body.tools ?? []).some(tool => tool.googleSearch);
  if (settings.stop === 'BLOCKED')
    return method === 'generateContent' ? { json: { promptFeedback: { blockReason: 'SAFETY' } } }
      : { events: [`data: ${JSON.stringify({ promptFeedback: { blockReason: 'SAFETY' } })}\r\n\r\n`] };
  if (method === 'generateContent') return { json: answerOf(model, [...(text === '' ? [] : [{ text }]), ...image, ...calls], finish, searches) };
  let parts = [...pieces(text, settings.chunk).map(each => [{ text: each }]), ...image.map(each => [each]), ...calls.map(each => [each])];
  const half = settings.malformed === 'close-mid-stream' || settings.malformed === 'error-mid-stream';
  if (half) parts = parts.slice(0, Math.ceil(parts.length / 2));
  const events = [`data: ${JSON.stringify({ candidates: [{ content: { role: 'model', parts: [{ text: 'Let me think.', thought: true }] },
    index: 0 }], modelVersion: `${model}-001` })}\r\n\r\n`];
  parts.forEach((part, i) => events.push(
    `data: ${JSON.stringify(answerOf(model, part, !half && i + 1 === parts.length ? finish : undefined, searches))}\r\n\r\n`));
  if (parts.length === 0 && !half) events.push(`data: ${JSON.stringify(answerOf(model, [{ text: '' }], finish, searches))}\r\n\r\n`);
  if (settings.malformed === 'garbage') events.splice(2, 0, 'data: {"candidates": [}\r\n\r\n');
  if (settings.malformed === 'error-mid-stream')
    events.push(`data: ${JSON.stringify({ error: { code: 503, message: 'The model is overloaded.', status: 'UNAVAILABLE' } })}\r\n\r\n`);
  return { events, then: settings.malformed === 'close-mid-stream' ? 'close' : 'end' };
});
