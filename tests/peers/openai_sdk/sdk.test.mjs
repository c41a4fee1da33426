// Runs the official OpenAI SDK against mock_openai (path in $MOCK).
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

const ask = content => ({ model: 'gpt-5-mini', messages: [{ role: 'user', content }] });

test('a plain completion', async () => {
  const client = await clientOf();
  const completion = await client.chat.completions.create(ask('good day'));
  assert.equal(completion.choices[0].message.content, 'echo: good day');
  assert.equal(completion.choices[0].finish_reason, 'stop');
  assert.equal(completion.model, 'gpt-5-mini');
  assert.equal(completion._request_id, 'req_mock');
  assert.ok(completion.usage.total_tokens > 0);
});

test('a stream with usage, cut within characters of several bytes', async () => {
  const text = '안녕하세요, "world"\n';
  const client = await clientOf(['--reply', text, '--chunk', '4']);
  const stream = await client.chat.completions.create(
    { ...ask('hi'), stream: true, stream_options: { include_usage: true } });
  let got = '', pieces = 0, usage = null, reason = null;
  for await (const chunk of stream) {
    if (chunk.choices[0]?.delta?.content) { got += chunk.choices[0].delta.content; pieces++; }
    reason = chunk.choices[0]?.finish_reason ?? reason;
    usage = chunk.usage ?? usage;
  }
  assert.equal(got, text);
  assert.ok(pieces > 4);
  assert.equal(reason, 'stop');
  assert.equal(usage.total_tokens, usage.prompt_tokens + usage.completion_tokens);
});

test('the stream helper sees the whole message', async () => {
  const client = await clientOf(['--reply', 'one two three', '--chunk', '3']);
  const stream = client.chat.completions.stream(ask('hi'));
  const completion = await stream.finalChatCompletion();
  assert.equal(completion.choices[0].message.content, 'one two three');
});

test('json_schema gives an instance of the schema', async () => {
  const client = await clientOf();
  const schema = {
    type: 'object', additionalProperties: false, required: ['urgency', 'count', 'notes'],
    properties: { urgency: { $ref: '#/$defs/Urgency' }, count: { type: 'integer' },
      notes: { type: 'array', items: { type: 'string' } } },
    $defs: { Urgency: { type: 'string', enum: ['low', 'high'] } },
  };
  const completion = await client.chat.completions.parse({
    ...ask('triage'), response_format: { type: 'json_schema', json_schema: { name: 'triage', strict: true, schema } } });
  assert.deepEqual(JSON.parse(completion.choices[0].message.content), { urgency: 'low', count: 1, notes: [] });
});

test('429 is tried again, as retry-after says', async () => {
  const client = await clientOf(['--error', '429:1', '--retry-after', '0.01']);
  const completion = await client.chat.completions.create(ask('again'));
  assert.equal(completion.choices[0].message.content, 'echo: again');
  assert.equal((await client.stats()).requests, 2);
});

test('429 for ever is a RateLimitError', async () => {
  const client = await clientOf(['--error', '429', '--retry-after', '0.01']);
  await assert.rejects(client.chat.completions.create(ask('again')), OpenAI.RateLimitError);
  assert.equal((await client.stats()).requests, 3);
});

test('a wrong key is an AuthenticationError', async () => {
  const client = await clientOf(['--key', 'sk-right']);
  await assert.rejects(client.chat.completions.create(ask('hi')), error =>
    error instanceof OpenAI.AuthenticationError && error.status === 401 && error.code === 'invalid_api_key');
});

test('a request without messages is a BadRequestError', async () => {
  const client = await clientOf();
  await assert.rejects(client.chat.completions.create({ model: 'gpt-5-mini', messages: [] }), OpenAI.BadRequestError);
});

test('a stream that is closed half way is an error', async () => {
  const client = await clientOf(['--malformed', 'close-mid-stream', '--reply', 'a longer text', '--chunk', '2']);
  const stream = await client.chat.completions.create({ ...ask('hi'), stream: true });
  await assert.rejects(async () => { for await (const chunk of stream) assert.ok(chunk.id); });
});

test('a server that is silent runs into the time-out', async () => {
  const client = await clientOf(['--silent'], { timeout: 200, maxRetries: 0 });
  await assert.rejects(client.chat.completions.create(ask('hi')), OpenAI.APIConnectionTimeoutError);
});

const WAV = 'UklGRiQAAABXQVZF';

test('images, sounds and files stand among the text', async () => {
  const client = await clientOf();
  const parts = [{ type: 'text', text: 'What is ' }, { type: 'image_url', image_url: { url: `data:image/png;base64,${PNG}` } },
    { type: 'image_url', image_url: { url: 'https://example.com/cup.jpg', detail: 'low' } },
    { type: 'input_audio', input_audio: { data: WAV, format: 'wav' } },
    { type: 'file', file: { filename: 'a.pdf', file_data: `data:application/pdf;base64,${PDF}` } }, { type: 'text', text: 'this?' }];
  const completion = await client.chat.completions.create(ask(parts));
  assert.equal(completion.choices[0].message.content, 'echo: What is this?');
});

test('media that are not what they say are a BadRequestError', async () => {
  const client = await clientOf();
  for (const part of [{ type: 'image_url', image_url: { url: PNG } }, { type: 'image_url', image_url: { url: 'cup.png' } },
    { type: 'image_url', image_url: { url: `data:image/jpeg;base64,${PNG}` } }, { type: 'image_url', image_url: { url: `data:image/png;base64,${PNG.slice(0, -1)}` } },
    { type: 'input_audio', input_audio: { data: WAV, format: 'ogg' } }, { type: 'file', file: { file_data: `data:application/pdf;base64,${PDF}` } },
    { type: 'video_url', video_url: { url: 'https://example.com/a.mp4' } }])
    await assert.rejects(client.chat.completions.create(ask([part])), OpenAI.BadRequestError, JSON.stringify(part));
});

const tools = TOOLS.map(tool => ({ type: 'function', function: tool }));

test('tools are called side by side, and their results answered', async () => {
  const client = await clientOf();
  const question = { ...ask('Is it raining?'), tools };
  for (const first of [await client.chat.completions.create(question), await client.chat.completions.stream(question).finalChatCompletion()]) {
    const { message, finish_reason: reason } = first.choices[0];
    assert.equal(reason, 'tool_calls');
    assert.deepEqual(message.tool_calls.map(call => [call.function.name, call.function.arguments]), [['weather', '{"city":"text"}'], ['time', '{}']]);
    const results = message.tool_calls.map(call => ({ role: 'tool', tool_call_id: call.id, content: `${call.function.name}: fine` }));
    const said = { role: 'assistant', content: null, tool_calls: message.tool_calls.map(({ id, type, function: { name, arguments: given } }) => ({ id, type, function: { name, arguments: given } })) };
    const messages = [...question.messages, said, ...results];
    assert.equal((await client.chat.completions.create({ ...question, messages })).choices[0].message.content, 'echo: time: fine');
    for (const wrong of [messages.slice(0, 3), messages.slice(0, 2), [...question.messages, ...results]])
      await assert.rejects(client.chat.completions.create({ ...question, messages: wrong }), OpenAI.BadRequestError);
  }
});

test('a tool is chosen, or none', async () => {
  const client = await clientOf();
  const forced = await client.chat.completions.create({ ...ask('hi'), tools, tool_choice: { type: 'function', function: { name: 'time' } } });
  assert.deepEqual(forced.choices[0].message.tool_calls.map(call => call.function.name), ['time']);
  assert.equal((await client.chat.completions.create({ ...ask('hi'), tools, tool_choice: 'none' })).choices[0].message.content, 'echo: hi');
});

test('what is wrong about tools is a BadRequestError', async () => {
  const client = await clientOf();
  const open = { name: 'a', parameters: { type: 'object', properties: {} } };
  for (const more of [{ tools: [] }, { tools: [{ type: 'function', function: { ...open, name: 'a b' } }] }, { tools: [{ type: 'function', function: { ...open, strict: true } }] },
    { tools: [{ type: 'function', ...open }] }, { tools, tool_choice: { type: 'function', function: { name: 'other' } } }, { tool_choice: 'auto' }])
    await assert.rejects(client.chat.completions.create({ ...ask('hi'), ...more }), OpenAI.BadRequestError, JSON.stringify(more));
});

test('models made for it search the web, and no others', async () => {
  const client = await clientOf();
  const question = { ...ask('When is high tide?'), model: 'gpt-5-search-api', web_search_options: {} };
  const completion = await client.chat.completions.create(question);
  assert.equal(completion.choices[0].message.annotations[0].url_citation.url, 'https://example.com/tides');
  let found;
  for await (const chunk of await client.chat.completions.create({ ...question, stream: true }))
    found = chunk.choices[0]?.delta.annotations ?? found;
  assert.equal(found[0].url_citation.title, 'Tides');
  await assert.rejects(client.chat.completions.create({ ...question, model: 'gpt-5-mini' }), OpenAI.BadRequestError);
});
