// Runs Ollama's official SDK against mock_ollama (path in $MOCK).
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Ollama } from 'ollama';
import { PNG, startMock, TOOLS } from './start_mock.mjs';

/** Starts a mock with `switches` and gives a client for it. */
async function clientOf(switches = [], headers = {}) {
  return new Ollama({ host: await startMock(switches), headers });
}

const model = 'qwen3';
const ask = (content, more = {}) => ({ model, messages: [{ role: 'user', content }], ...more });
const statusOf = async promise => promise.then(() => undefined, error => error.status_code);

/** What a stream gives until it ends or throws. */
async function gather(stream) {
  const seen = { text: '', thinking: '', pieces: 0 };
  try {
    for await (const part of stream) {
      seen.text += part.message.content;
      seen.thinking += part.message.thinking ?? '';
      seen.pieces++;
      seen.last = part;
    }
  } catch (error) {
    seen.error = error;
  }
  return seen;
}

test('a plain chat', async () => {
  const client = await clientOf();
  const response = await client.chat(ask('good day', { messages: [{ role: 'system', content: 'Be kind.' },
    { role: 'user', content: 'good day' }], options: { temperature: 0.5, top_p: 0.9, num_predict: 100, seed: 7, stop: ['x'] } }));
  assert.equal(response.message.content, 'echo: good day');
  assert.equal(response.model, model);
  assert.equal(response.done, true);
  assert.equal(response.done_reason, 'stop');
  assert.equal(response.prompt_eval_count, 7);
  assert.equal(response.eval_count, 5);
});

test('a stream', async () => {
  const text = '안녕하세요, "world"\n';
  const client = await clientOf(['--reply', text, '--chunk', '4']);
  const seen = await gather(await client.chat(ask('hi', { stream: true })));
  assert.equal(seen.error, undefined);
  assert.equal(seen.text, text);
  assert.ok(seen.pieces > 3);
  assert.equal(seen.last.done_reason, 'stop');
  assert.equal(seen.last.eval_count, 5);
});

test('thoughts stand apart from the answer', async () => {
  const client = await clientOf();
  const response = await client.chat(ask('hi', { think: 'low' }));
  assert.equal(response.message.content, 'echo: hi');
  assert.equal(response.message.thinking, 'Let me think.');
  const seen = await gather(await client.chat(ask('hi', { think: true, stream: true })));
  assert.equal(seen.text, 'echo: hi');
  assert.equal(seen.thinking, 'Let me think.');
  const none = await clientOf(['--no-thinking']);
  await assert.rejects(none.chat(ask('hi', { think: true })), /does not support thinking/);
});

test('a schema gives an instance of it', async () => {
  const client = await clientOf();
  const format = { type: 'object', required: ['urgency'], properties: { urgency: { type: 'string', enum: ['low', 'high'] } } };
  const response = await client.chat(ask('triage', { format }));
  assert.deepEqual(JSON.parse(response.message.content), { urgency: 'low' });
  const seen = await gather(await client.chat(ask('triage', { format, stream: true })));
  assert.deepEqual(JSON.parse(seen.text), { urgency: 'low' });
});

test('tools are called side by side, and their results answered', async () => {
  const client = await clientOf();
  const tools = TOOLS.map(tool => ({ type: 'function', function: tool }));
  const response = await client.chat(ask('Is it raining?', { tools }));
  assert.deepEqual(response.message.tool_calls, [{ function: { name: 'weather', arguments: { city: 'text' } } },
    { function: { name: 'time', arguments: {} } }]);
  const streamed = [];
  for await (const part of await client.chat(ask('Is it raining?', { tools, stream: true }))) streamed.push(...(part.message.tool_calls ?? []));
  assert.deepEqual(streamed, response.message.tool_calls);
  const messages = [{ role: 'user', content: 'Is it raining?' }, response.message,
    { role: 'tool', content: 'dry', tool_name: 'weather' }, { role: 'tool', content: 'noon', tool_name: 'time' }];
  const after = await client.chat({ model, messages, tools });
  assert.equal(after.message.content, 'echo: noon');
  const text = { role: 'assistant', content: '', tool_calls: [{ function: { name: 'weather', arguments: '{}' } }] };
  for (const wrong of [[text], [{ role: 'tool', content: 'dry' }]])
    assert.equal(await statusOf(client.chat({ model, messages: [...messages, ...wrong], tools })), 400);
});

test('errors have their status and say what is wrong', async () => {
  for (const status of [400, 429, 500, 503]) {
    const client = await clientOf(['--error', String(status)]);
    assert.equal(await statusOf(client.chat(ask('hi'))), status);
    assert.equal(await statusOf(client.chat(ask('hi', { stream: true }))), status);
  }
  const client = await clientOf(['--error', '404']);
  await assert.rejects(client.chat(ask('hi')), /^ResponseError: model 'qwen3' not found$/);
});

test('a wrong key is refused', async () => {
  assert.equal(await statusOf((await clientOf(['--key', 'right'])).chat(ask('hi'))), 401);
  const client = await clientOf(['--key', 'right'], { Authorization: 'Bearer right' });
  assert.equal((await client.chat(ask('hi'))).message.content, 'echo: hi');
});

test('what the API does not know is refused', async () => {
  const client = await clientOf();
  for (const more of [{ options: { tempo: 1 } }, { options: { seed: 'x' } }, { format: 'xml' }, { think: 'deeply' }, { keep_alive: 'long' }, { tools: [{ type: 'function', function: { name: 'a b', parameters: { type: 'object' } } }] }, { stops: [] },
    { messages: [] }, { messages: [{ role: 'person', content: 'hi' }] }])
    assert.equal(await statusOf(client.chat(ask('hi', more))), 400, JSON.stringify(more));
});

test('a stream that breaks off is an error', async () => {
  for (const [how, message] of [['error-mid-stream', /an error was encountered/], ['end-mid-stream', /Did not receive done/],
    ['close-mid-stream', /terminated|Did not receive done/]]) {
    const client = await clientOf(['--malformed', how, '--reply', 'a longer text', '--chunk', '2']);
    const seen = await gather(await client.chat(ask('hi', { stream: true })));
    assert.match(String(seen.error), message);
    assert.notEqual(seen.text, 'a longer text');
  }
});


test('images go beside the text, as base64 and nothing else', async () => {
  const client = await clientOf();
  const show = images => ask('', { messages: [{ role: 'user', content: 'What is this?', images }] });
  assert.equal((await client.chat(show([PNG]))).message.content, 'echo: What is this?');
  assert.equal((await client.chat(show([Buffer.from(PNG, 'base64')]))).message.content, 'echo: What is this?');
  for (const image of ['https://example.com/cup.jpg', `data:image/png;base64,${PNG}`, 'JVBERi0xLjQK'])
    assert.equal(await statusOf(client.chat(show([image]))), 400, image);
});
