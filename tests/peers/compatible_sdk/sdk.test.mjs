// Runs the official OpenAI SDK against mock_compatible (path in $MOCK).
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { after, test } from 'node:test';
import OpenAI from 'openai';

const children = [];
after(() => children.forEach(child => child.kill('SIGTERM')));

/** Starts a mock with `switches` and gives a client for it. */
async function clientOf(switches = []) {
  const child = spawn(process.env.MOCK, switches, { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  const port = await new Promise((resolve, reject) => {
    createInterface({ input: child.stdout }).once('line', resolve);
    child.once('exit', code => reject(new Error(`mock_compatible ended with ${code}`)));
  });
  return new OpenAI({ baseURL: `http://127.0.0.1:${port}/v1`, apiKey: 'sk-test', maxRetries: 0 });
}

const ask = (more = {}) => ({ model: 'some-model', messages: [{ role: 'user', content: 'hi' }], ...more });
const tools = [{ type: 'function', function: { name: 'ping', description: 'Answers.', parameters: { type: 'object', properties: {} } } }];
const statusOf = promise => promise.then(() => undefined, error => error.status);

test('embeddings, in the SDK\'s own encoding and as numbers', async () => {
  const client = await clientOf();
  const input = ['one', 'three', 'seventeen'];
  // Unless told otherwise the SDK asks for base64 and decodes it.
  for (const encoding_format of [undefined, 'float']) {
    const reply = await client.embeddings.create({ model: 'embedder', input, ...(encoding_format && { encoding_format }) });
    const sorted = [...reply.data].sort((a, b) => a.index - b.index);
    assert.deepEqual(sorted.map(each => each.embedding[0]), [3, 5, 9]);
    assert.ok(sorted.every(each => each.embedding.length === 4));
    assert.equal(reply.usage.prompt_tokens, 6);
  }
  const short = await client.embeddings.create({ model: 'embedder', input: 'one', dimensions: 2 });
  assert.equal(short.data[0].embedding.length, 2);
});

test('a chat, a stream with its usage, and several answers', async () => {
  const client = await clientOf();
  const completion = await client.chat.completions.create(ask({ n: 2 }));
  assert.deepEqual(completion.choices.map(each => each.message.content), ['ok', 'ok']);
  const stream = await client.chat.completions.create(ask({ stream: true, stream_options: { include_usage: true } }));
  let text = '', usage;
  for await (const chunk of stream) {
    text += chunk.choices[0]?.delta.content ?? '';
    usage = chunk.usage ?? usage;
  }
  assert.equal(text, 'ok');
  assert.equal(usage.total_tokens, 12);
});

test('tools and the choice of one', async () => {
  const client = await clientOf();
  const tool_choice = { type: 'function', function: { name: 'ping' } };
  const completion = await client.chat.completions.create(ask({ tools, tool_choice }));
  assert.equal(completion.choices[0].message.tool_calls[0].function.name, 'ping');
  assert.equal(completion.choices[0].finish_reason, 'tool_calls');
});

test('what it does not know is refused', async () => {
  const client = await clientOf(['--no-schema', '--no-stream-usage', '--no-tools', '--no-n', '--no-embeddings']);
  const response_format = { type: 'json_schema', json_schema: { name: 'x', schema: { type: 'object' } } };
  assert.equal(await statusOf(client.chat.completions.create(ask({ response_format }))), 400);
  assert.equal(await statusOf(client.chat.completions.create(ask({ stream: true, stream_options: { include_usage: true } }))), 400);
  assert.equal(await statusOf(client.chat.completions.create(ask({ tools }))), 400);
  assert.equal(await statusOf(client.chat.completions.create(ask({ n: 2 }))), 400);
  assert.equal(await statusOf(client.embeddings.create({ model: 'embedder', input: 'one' })), 404);
  assert.equal(await statusOf(client.chat.completions.create(ask())), undefined);
});
