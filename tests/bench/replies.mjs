// node replies.mjs FOLDER: writes the replies that parsers are timed on, always the same ones.
//   usual-NN.txt  what models send for a Review (replies.chain), as it should be and with the usual mistakes
//   broken.txt    a Report of 43 KB: prose and a fence around it, keys without quotes, comments, trailing commas,
//                 single quotes, raw line ends, its end missing
//   stream.txt    a valid Report of 8.4 KB
//   long.txt      a valid Report of 88 KB
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const usual = [
  '{"summary": "Solid build, weak battery.", "score": 7, "verdict": "Wait", "tags": ["battery", "build"], "price": 249.9}',
  '```json\n{\n  "summary": "Does what it says.",\n  "score": 8,\n  "verdict": "Buy",\n  "tags": ["value"],\n  "price": 99.0\n}\n```',
  'Here is my review of the product:\n\n{"summary": "Too loud.", "score": 3, "verdict": "Avoid", "tags": ["noise"], "price": null}\n\nLet me know if you need more.',
  '{"summary": "Good for the price.", "score": 7, "verdict": "Buy", "tags": ["price", "value",], "price": 19.5,}',
  "{'summary': 'Nice colours.', 'score': 6, 'verdict': 'Wait', 'tags': ['display'], 'price': 310}",
  '{summary: "Light and quick.", score: 9, verdict: "Buy", tags: ["weight", "speed"], price: 1200}',
  '{"summary": "Fine.", /* on the whole */ "score": 6, "verdict": "Wait", "tags": [], "price": 45.0 // dollars\n}',
  '{"summary": "Breaks early.", "score": "2", "verdict": "Avoid", "tags": ["quality"], "price": "59.90"}',
  '{"summary": "A classic.", "score": 10, "verdict": "buy", "tags": ["design"], "price": 75}',
  '{"summary": "Hard to get.", "score": 5, "verdict": "Wait", "tags": ["stock"]}',
  'My thinking: the keyboard is good, the trackpad is not.\n```\n{"summary": "Mixed.", "score": 5, "verdict": "Wait", "tags": ["keyboard", "trackpad"], "price": 899.0}\n```',
  '{"summary": "Warm, dry, and well cut.", "score": 8, "verdict": "Buy", "tags": ["fit", "fabric"], "price": 149.0',
];

const nouns = ['lamp', 'kettle', 'chair', 'radio', 'clock', 'shelf', 'mirror', 'carpet'];
const notes = [
  'kept in the back room until the new shelves arrive', 'returned once, found to be in order, sold again',
  'the customer asked for another colour, which is out of stock', 'price agreed by telephone on Monday',
];

/** What the item numbered `i` holds; spelt without randomness, so that every run times the same bytes. */
const item = i => ({ name: `${nouns[i % 8]} ${i}`, note: notes[(i * 7) % 4], count: (i * 13) % 50, price: ((i * 37) % 900) + 0.5 });

/** A Report of items, as long as fits in `bytes`; `write` gives an item's text. */
function reportOf(bytes, open, write, close) {
  let text = open;
  for (let i = 0; ; i++) {
    const next = (i ? ',\n' : '') + write(item(i), i);
    if (text.length + next.length + close.length > bytes) return text + close;
    text += next;
  }
}

const valid = ({ name, note, count, price }) => `    ${JSON.stringify({ name, note, count, price })}`;
const forms = [
  ({ name, note, count, price }) => `    {name: "${name}", note: "${note}", count: ${count}, price: ${price},}`,
  ({ name, note, count, price }) => `    {'name': '${name}', 'note': '${note}', 'count': '${count}', 'price': ${price}} // checked`,
  ({ name, note, count, price }) => `    {"name": "${name}", "note": "${note.replace(', ', ',\n')}", "count": ${count}, "price": "$${price}"}`,
  ({ name, note, count, price }) => `    {"name": "${name}", "note": "the "good" one: ${note}", "count": ${count}, "price": ${price}, "colour": "red"}`,
];

const folder = process.argv[2];
mkdirSync(folder, { recursive: true });
usual.forEach((text, i) => writeFileSync(join(folder, `usual-${String(i).padStart(2, '0')}.txt`), text));
writeFileSync(join(folder, 'stream.txt'), reportOf(8400, '{"title": "Stock", "items": [\n', valid, '\n]}'));
writeFileSync(join(folder, 'long.txt'), reportOf(88000, '{"title": "Stock", "items": [\n', valid, '\n]}'));
writeFileSync(join(folder, 'broken.txt'), reportOf(43000, 'Here is the report that you asked for.\n\n```json\n{title: "Stock", items: [\n', (it, i) => forms[i % 4](it), ''));
