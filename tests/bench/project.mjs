// node project.mjs FOLDER: writes a project of 10,000 lines in 25 files, always the same one: FOLDER/chain/main.chain with what it
// imports, and as many lines of BAML, whose functions are prompts (it has no chains), under FOLDER/baml/baml_src.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const modules = 25;
const linesEach = 400;

/** A type, an enum, a prompt that reads the one and answers with the other, and a chain that calls it. */
const chainPart = (m, i) => `
/// A ticket as queue ${i} of department ${m} has it.
type Ticket${i} {
  id: string
  body: string
  tags: string[]
  price: float where it >= 0.0
  customer: string?
  attempts: int = ${i}
}

enum Urgency${i} {
  low "can wait for days"
  normal
  high as "HIGH" "an outage, or somebody is losing money"
}

/// How soon somebody must look at it.
prompt classify${i}@1.0(ticket: Ticket${i}, tone: string = "plain") -> Urgency${i} {
  model: fast
  repair: 2
  system: """
    You triage tickets of department ${m} in a {{ tone }} tone.
    {{ output.format }}
    """
  user: """
    Ticket {{ ticket.id }}: {{ ticket.body | trim }}
    {% if ticket.customer %}from {{ ticket.customer | upper }}{% endif %}
    {% for tag in ticket.tags %}- {{ loop.index }} {{ tag }}
    {% endfor %}
    """
}

chain handle${i}@1.0(ticket: Ticket${i}, limit: int) -> string {
  let urgency = classify${i}(ticket)
  if ticket.attempts > limit { return "given up" }
  let total = ticket.price * 2.0 + 0.5
  let names = for tag in ticket.tags where len(tag) > 2 { "{{ tag }} {{ urgency }}" }
  let note = match urgency {
    low => "later"
    normal => names | join(", ")
    high => "now: {{ total }}"
  }
  return note + " {{ ticket.attempts + limit }}"
}
`;

const bamlPart = (m, i) => `
/// A ticket as queue ${i} of department ${m} has it.
class Ticket${m}_${i} {
  id string
  body string
  tags string[]
  price float @assert({{ this >= 0.0 }})
  customer string?
  attempts int
}

enum Urgency${m}_${i} {
  Low @description("can wait for days")
  Normal
  High @alias("HIGH") @description("an outage, or somebody is losing money")
}

/// How soon somebody must look at it.
function Classify${m}_${i}(ticket: Ticket${m}_${i}, tone: string) -> Urgency${m}_${i} {
  client Fast
  prompt #"
    You triage tickets of department ${m} in a {{ tone }} tone.
    {{ ctx.output_format }}

    {{ _.role("user") }}
    Ticket {{ ticket.id }}: {{ ticket.body }}
    {% if ticket.customer %}from {{ ticket.customer }}{% endif %}
    {% for tag in ticket.tags %}- {{ loop.index }} {{ tag }}
    {% endfor %}
  "#
}
`;

/** Parts, numbered, until \`lines\` are full. */
function parts(head, part, m) {
  let text = head;
  for (let i = 0; text.split('\n').length <= linesEach; i++) text += part(m, i);
  return text;
}

const folder = process.argv[2];
rmSync(folder, { recursive: true, force: true });
const chains = join(folder, 'chain');
const baml = join(folder, 'baml', 'baml_src');
mkdirSync(chains, { recursive: true });
mkdirSync(baml, { recursive: true });
writeFileSync(join(baml, 'client.baml'), `client<llm> Fast {
  provider openai
  options {
    model "gpt-5-mini"
  }
}
`);
for (let m = 1; m <= modules; m++) {
  const last = m === modules;
  const name = last ? 'main' : `department${m}`;
  const before = m > 1 ? `import "./department${m - 1}.chain" as before\n` : '';
  const call = m > 1 ? `
chain forward@1.0(id: string) -> string {
  return before.handle0(before.Ticket0 { id: id, body: "forwarded", tags: ["x"], price: 1.5 }, ${m})
}
` : '';
  writeFileSync(join(chains, `${name}.chain`), parts(`${before}model fast = openai("gpt-5-mini")\n${call}`, chainPart, m));
  writeFileSync(join(baml, `department${m}.baml`), parts('', bamlPart, m));
}
