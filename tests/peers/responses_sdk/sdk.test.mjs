// Runs the official OpenAI SDK's `responses` against mock_responses (path in $MOCK).
import assert from 'node:assert/strict';
import { test } from 'node:test';
import OpenAI from 'openai';
import { PDF, PNG, startMock, statsOf, TOOLS } from './start_mock.mjs';

/** Starts a mock with `switches` and gives a client for it. */
async function clientOf(switches = [], options = {}) {
  const url = await startMock(switches);
  const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'sk-test', maxRetries: 2, ...options });
  client.stats = () => statsOf(url);
  return client;
}

const ask = (input, more = {}) => ({ model: 'gpt-5', input, store: false, ...more });

test('a plain response', async () => {
  const client = await clientOf();
  const response = await client.responses.create(ask([{ role: 'system', content: 'Be kind.' }, { role: 'user', content: 'good day' }],
    { temperature: 0.5, max_output_tokens: 100, reasoning: { effort: 'low' } }));
  assert.equal(response.output_text, 'echo: good day');
  assert.equal(response.status, 'completed');
  assert.equal(response.model, 'gpt-5-2026-01-01');
  assert.equal(response._request_id, 'req_mock');
  assert.equal(response.usage.input_tokens_details.cached_tokens, 3);
  assert.equal(response.usage.output_tokens_details.reasoning_tokens, 4);
});

test('a stream, as events and as the helper gathers it', async () => {
  const text = '안녕하세요, "world"\n';
  const client = await clientOf(['--reply', text, '--chunk', '4']);
  let got = '', pieces = 0, last;
  for await (const event of await client.responses.create(ask('hi', { stream: true }))) {
    if (event.type === 'response.output_text.delta') { got += event.delta; pieces++; }
    last = event.type;
  }
  assert.equal(got, text);
  assert.ok(pieces > 3);
  assert.equal(last, 'response.completed');
  const response = await client.responses.stream(ask('hi')).finalResponse();
  assert.equal(response.output_text, text);
  assert.equal(response.usage.output_tokens, 5);
});

test('a schema gives an instance of it', async () => {
  const client = await clientOf();
  const schema = { type: 'object', additionalProperties: false, required: ['urgency'],
    properties: { urgency: { type: 'string', enum: ['low', 'high'] } } };
  const text = { format: { type: 'json_schema', name: 'triage', strict: true, schema } };
  const response = await client.responses.parse(ask('triage', { text }));
  assert.deepEqual(response.output_parsed, { urgency: 'low' });
  const streamed = await client.responses.stream(ask('triage', { text })).finalResponse();
  assert.deepEqual(streamed.output_parsed, { urgency: 'low' });
});

test('an open schema is refused where it is to be strict', async () => {
  const client = await clientOf();
  const text = { format: { type: 'json_schema', name: 'x', strict: true, schema: { type: 'object' } } };
  await assert.rejects(client.responses.create(ask('x', { text })), OpenAI.BadRequestError);
});

test('a refusal stands apart from the answer', async () => {
  const client = await clientOf(['--stop', 'refusal', '--reply', 'I will not.', '--chunk', '3']);
  const response = await client.responses.create(ask('hi'));
  assert.equal(response.output_text, '');
  assert.deepEqual(response.output[1].content, [{ type: 'refusal', refusal: 'I will not.' }]);
  const streamed = await client.responses.stream(ask('hi')).finalResponse();
  assert.equal(streamed.output[1].content[0].refusal, 'I will not.');
});

test('a response may be incomplete', async () => {
  for (const reason of ['max_output_tokens', 'content_filter']) {
    const client = await clientOf(['--stop', reason]);
    assert.equal((await client.responses.create(ask('hi'))).incomplete_details.reason, reason);
    const response = await client.responses.stream(ask('hi')).finalResponse();
    assert.equal(response.status, 'incomplete');
    assert.equal(response.incomplete_details.reason, reason);
  }
});

test('a response may fail', async () => {
  const client = await clientOf(['--stop', 'rate_limit_exceeded']);
  assert.equal((await client.responses.create(ask('hi'))).error.code, 'rate_limit_exceeded');
  const seen = [];
  for await (const event of await client.responses.create(ask('hi', { stream: true }))) seen.push(event);
  assert.equal(seen.at(-1).type, 'response.failed');
  assert.equal(seen.at(-1).response.error.code, 'rate_limit_exceeded');
});

test('429 is tried again, and for ever is a RateLimitError', async () => {
  const once = await clientOf(['--error', '429:1', '--retry-after', '0.01']);
  assert.equal((await once.responses.create(ask('again'))).output_text, 'echo: again');
  assert.equal((await once.stats()).requests, 2);
  const client = await clientOf(['--error', '429', '--retry-after', '0.01']);
  await assert.rejects(client.responses.create(ask('again')), OpenAI.RateLimitError);
});

test('a wrong key is an AuthenticationError', async () => {
  const client = await clientOf(['--key', 'right']);
  await assert.rejects(client.responses.create(ask('hi')), OpenAI.AuthenticationError);
});

test('what the API does not know is a BadRequestError', async () => {
  const client = await clientOf();
  for (const more of [{ stop: ['x'] }, { seed: 1 }, { input: [] }, { max_output_tokens: 1 }, { reasoning: { effort: 'deep' } },
    { input: [{ role: 'person', content: 'hi' }] }, { text: { format: { type: 'json_schema' } } }])
    await assert.rejects(client.responses.create(ask('hi', more)), OpenAI.BadRequestError, JSON.stringify(more));
});

test('an error within a stream is one', async () => {
  const client = await clientOf(['--malformed', 'error-mid-stream', '--reply', 'a longer text', '--chunk', '2']);
  const stream = await client.responses.create(ask('hi', { stream: true }));
  await assert.rejects(async () => { for await (const event of stream) assert.ok(event.type); }, /overloaded/);
});


test('images and files stand among the text', async () => {
  const client = await clientOf();
  const content = [{ type: 'input_text', text: 'What is ' }, { type: 'input_image', detail: 'auto', image_url: `data:image/png;base64,${PNG}` },
    { type: 'input_image', detail: 'low', image_url: 'https://example.com/cup.jpg' },
    { type: 'input_file', filename: 'a.pdf', file_data: `data:application/pdf;base64,${PDF}` },
    { type: 'input_file', file_url: 'https://example.com/a.pdf' }, { type: 'input_text', text: 'this?' }];
  assert.equal((await client.responses.create(ask([{ role: 'user', content }]))).output_text, 'echo: What is this?');
});

test('media that are not what they say are a BadRequestError', async () => {
  const client = await clientOf();
  for (const part of [{ type: 'input_image', image_url: PNG }, { type: 'input_image', image_url: `data:image/gif;base64,${PNG}` },
    { type: 'input_image', image_url: { url: 'https://example.com/cup.jpg' } }, { type: 'image_url', image_url: 'https://example.com/cup.jpg' },
    { type: 'input_file', file_data: `data:application/pdf;base64,${PDF}` }, { type: 'input_audio', data: PDF }])
    await assert.rejects(client.responses.create(ask([{ role: 'user', content: [part] }])), OpenAI.BadRequestError, JSON.stringify(part));
});

const tools = TOOLS.map(({ name, description, parameters }) => ({ type: 'function', name, description, parameters, strict: false }));
const include = ['reasoning.encrypted_content'];

test('tools are called side by side, and their results answered', async () => {
  const client = await clientOf();
  const question = ask([{ role: 'user', content: 'Is it raining?' }], { tools, include });
  for (const first of [await client.responses.create(question), await client.responses.stream(question).finalResponse()]) {
    const calls = first.output.filter(item => item.type === 'function_call');
    assert.deepEqual(calls.map(call => [call.name, call.arguments]), [['weather', '{"city":"text"}'], ['time', '{}']]);
    const results = calls.map(call => ({ type: 'function_call_output', call_id: call.call_id, output: `${call.name}: fine` }));
    const output = first.output.map(({ parsed_arguments, ...item }) => item);
    const last = await client.responses.create({ ...question, input: [...question.input, ...output, ...results] });
    assert.equal(last.output_text, 'echo: time: fine');
    // What was thought before a call is to be shown again; and no call stays open.
    for (const wrong of [[...output.slice(1), ...results], output, results])
      await assert.rejects(client.responses.create({ ...question, input: [...question.input, ...wrong] }), OpenAI.BadRequestError);
  }
});

test('a tool is chosen, or none', async () => {
  const client = await clientOf();
  const forced = await client.responses.create(ask('hi', { tools, tool_choice: { type: 'function', name: 'time' } }));
  assert.deepEqual(forced.output.filter(item => item.type === 'function_call').map(item => item.name), ['time']);
  assert.equal((await client.responses.create(ask('hi', { tools, tool_choice: 'none', prompt_cache_key: 'p' }))).output_text, 'echo: hi');
});

test('what is wrong about tools is a BadRequestError', async () => {
  const client = await clientOf();
  const open = { type: 'function', name: 'a', parameters: { type: 'object', properties: {} } };
  for (const more of [{ tools: [{ ...open, name: 'a b', strict: false }] }, { tools: [{ ...open, strict: true }] }, { tools: [{ type: 'function', function: open }] },
    { tools, tool_choice: { type: 'function', name: 'other' } }, { prompt_cache_key: 'x'.repeat(65) }])
    await assert.rejects(client.responses.create(ask('hi', more)), OpenAI.BadRequestError, JSON.stringify(more));
});

test('the web is searched, whole and as a stream', async () => {
  const client = await clientOf();
  const question = ask('When is high tide?', { tools: [{ type: 'web_search', filters: { allowed_domains: ['example.com'] } }], max_tool_calls: 2 });
  for (const response of [await client.responses.create(question), await client.responses.stream(question).finalResponse()]) {
    assert.equal(response.output_text, 'echo: When is high tide?');
    assert.deepEqual(response.output.filter(item => item.type === 'web_search_call').map(item => item.action.type), ['search', 'open_page']);
    assert.equal(response.output.at(-1).content[0].annotations[0].url, 'https://example.com/tides');
  }
});

test('what is wrong about a search is a BadRequestError', async () => {
  const client = await clientOf();
  const refused = more => assert.rejects(client.responses.create(ask('x', more)), OpenAI.BadRequestError);
  await refused({ tools: [{ type: 'web_search', filters: { allowed_domains: ['https://example.com'] } }] });
  await refused({ tools: [{ type: 'web_search', domains: ['example.com'] }] });
  await refused({ tools: [{ type: 'web_search' }], max_tool_calls: 0 });
});
