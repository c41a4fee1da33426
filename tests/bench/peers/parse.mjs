// node parse.mjs usual|broken|stream|sampled FILE...: BAML's parser of models' replies, over the replies in FILEs.
//   usual   the median over the files of the time for each
//   broken  the time for the one file
//   stream  the time to parse the one file's text after each 20 bytes, as it would arrive
//   sampled the same of a text for which that would take an hour: 40 of its steps, evenly apart, times how many there are
import { readFileSync } from 'node:fs';
import { median, report, timeEach } from './measure.mjs';
const { b } = await import('./baml_client/index.js');

const [mode, ...files] = process.argv.slice(2);
const texts = files.map(file => readFileSync(file, 'utf8'));

if (mode === 'usual') {
  const each = [];
  for (const text of texts) each.push((await timeEach(() => b.parse.ReadReview(text), { batches: 5 })).cpu_us);
  report({ impl: 'baml', bad: 0, us: median(each) });
}

const once = { batches: 3, batchMs: 0 };
if (mode === 'broken') {
  const { cpu_us } = await timeEach(() => b.parse.ReadReport(texts[0]), once);
  report({ impl: 'baml', bad: 0, us: cpu_us });
}
if (mode === 'stream') {
  const { cpu_us } = await timeEach(() => {
    for (let end = 20; ; end += 20) {
      b.parseStream.ReadReport(texts[0].slice(0, end));
      if (end >= texts[0].length) return;
    }
  }, { batches: 1, batchMs: 0 });
  report({ impl: 'baml', bad: 0, us: cpu_us });
}
if (mode === 'sampled') {
  const steps = Math.ceil(texts[0].length / 20), taken = 40;
  const { cpu_us } = await timeEach(() => {
    for (let i = 1; i <= taken; i++) b.parseStream.ReadReport(texts[0].slice(0, 20 * Math.round((i * steps) / taken)));
  }, { batches: 1, batchMs: 0 });
  report({ impl: 'baml', bad: 0, us: (cpu_us / taken) * steps });
}
