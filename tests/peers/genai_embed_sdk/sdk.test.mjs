// Runs Google's official SDK against mock_embed (path in $MOCK).
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { after, test } from 'node:test';
import { ApiError, GoogleGenAI } from '@google/genai';

const children = [];
after(() => children.forEach(child => child.kill('SIGTERM')));

async function clientOf(switches = []) {
  const child = spawn(process.env.MOCK, switches, { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  const port = await new Promise((resolve, reject) => {
    createInterface({ input: child.stdout }).once('line', resolve);
    child.once('exit', code => reject(new Error(`mock_embed ended with ${code}`)));
  });
  return new GoogleGenAI({ apiKey: 'test-key', httpOptions: { baseUrl: `http://127.0.0.1:${port}` } });
}

const model = 'gemini-embedding-001';

test('embeddings of several texts go out as one batch', async () => {
  const client = await clientOf();
  const reply = await client.models.embedContent({ model, contents: ['one', 'three'], config: { outputDimensionality: 2 } });
  assert.deepEqual(reply.embeddings.map(each => each.values[0]), [3, 5]);
  assert.ok(reply.embeddings.every(each => each.values.length === 2));
});

test('an error is told', async () => {
  const client = await clientOf(['--error', '429']);
  await assert.rejects(client.models.embedContent({ model, contents: ['one'] }),
    error => error instanceof ApiError && error.status === 429);
});
