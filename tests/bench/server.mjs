// The servers that stand in for a model: mock_openai for throughput, and one in this process that notes when a
// request arrives.
import { spawn } from 'node:child_process';
import { createServer } from 'node:http';
import { createInterface } from 'node:readline';

/** Starts mock_openai, which answers every request with `reply` after `latencyMs`. */
export async function startMock(program, reply, latencyMs) {
  const child = spawn(program, ['--port', '0', '--latency', String(latencyMs), '--reply', reply], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const port = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', code => reject(new Error(`${program} ended with ${code}`)));
    createInterface({ input: child.stdout }).once('line', line => resolve(Number(line.trim())));
  });
  child.removeAllListeners('exit');
  return { port, stop: () => child.kill('SIGTERM') };
}

/** Serves `reply`, and remembers in `firstAt` when the first request since `forget` came (as performance.now()). */
export async function startWatch(reply) {
  const watch = { firstAt: 0, forget() { watch.firstAt = 0; } };
  const completion = JSON.stringify({
    id: 'chatcmpl-bench', object: 'chat.completion', created: 1700000000, model: 'gpt-4o-mini',
    choices: [{ index: 0, message: { role: 'assistant', content: reply, refusal: null }, logprobs: null, finish_reason: 'stop' }],
    usage: { prompt_tokens: 24, completion_tokens: 10, total_tokens: 34 },
  });
  const server = createServer((request, response) => {
    watch.firstAt ||= performance.now();
    request.resume().on('end', () => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(completion) });
      response.end(completion);
    });
  });
  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve));
  watch.port = server.address().port;
  watch.stop = () => { server.closeAllConnections?.(); server.close(); };
  return watch;
}
