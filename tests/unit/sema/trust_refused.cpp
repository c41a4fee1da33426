#include "tests/unit/sema/trust_cases.h"

namespace chain::sema::test {

const std::vector<TrustCase>& refused_programs() {
  static const std::vector<TrustCase> all = {
      {"a field, straight into a tool", R"(chain main(t: Ticket) -> bool {
  return send(t.body, "hi")
})"},
      {"a parameter declared so", R"(chain main(to: untrusted string) -> bool {
  return send(to, "hi")
})"},
      {"a name for a type that says it", R"(type Foreign = untrusted string
chain main(to: Foreign) -> bool {
  return send(to, "hi")
})"},
      {"joined to other text", R"(chain main(t: Ticket) -> bool {
  return send("boss@" + t.body, "hi")
})"},
      {"in a template", R"(chain main(t: Ticket) -> bool {
  let to = "{{ t.body }}@example.com"
  return send(to, "hi")
})"},
      {"in a loop of a template", R"(chain main(ts: Ticket[]) -> bool {
  let to = "{% for t in ts %}{{ t.body }},{% endfor %}"
  return send(to, "hi")
})"},
      {"through a record", R"(chain main(t: Ticket) -> bool {
  let mail = Mail { to: t.body, subject: "hi" }
  return send(mail.to, mail.subject)
})"},
      {"through a record that a branch makes", R"(chain main(t: Ticket, loud: bool) -> bool {
  let mail = if loud { Mail { to: t.body, subject: "HI" } } else { Mail { to: "me@example.com", subject: "hi" } }
  return send(mail.to, mail.subject)
})"},
      {"through a list", R"(chain main(t: Ticket) -> bool {
  let all = ["me@example.com", t.body]
  return send(all[0], "hi")
})"},
      {"element by element", R"(chain main(ts: Ticket[]) -> bool[] {
  let all = for t in ts { t.body }
  return for to in all { send(to, "hi") }
})"},
      {"through a map", R"(chain main(t: Ticket) -> bool {
  let all = { "me": t.body }
  return send(all["me"] ?? "nobody", "hi")
})"},
      {"chosen by an index", R"(chain main(t: Ticket, all: string[]) -> bool {
  return send(all[to_int(t.body) ?? 0], "hi")
})"},
      {"chosen by a key", R"(chain main(t: Ticket, all: map<string>) -> bool {
  return send(all[t.body] ?? "nobody", "hi")
})"},
      {"chosen by a predicate", R"(chain main(t: Ticket, all: string[]) -> bool {
  let chosen = for to in all where contains(t.body, to) { to }
  return send(chosen | join(","), "hi")
})"},
      {"through a function", R"(chain main(t: Ticket) -> bool {
  return send(t.body | trim | lower, "hi")
})"},
      {"through parts of it", R"(chain main(t: Ticket) -> bool {
  return send(t.body.split(" ").first() ?? "", "hi")
})"},
      {"what may be missing", R"(chain main(t: Ticket) -> bool {
  return send(t.note ?? "me@example.com", "hi")
})"},
      {"what is there after all", R"(chain main(t: Ticket) -> bool {
  if t.note { return send(t.note, "hi") }
  return false
})"},
      {"through a prompt", R"(chain main(t: Ticket) -> bool {
  let to = summarize(t.body)
  return send(to, "hi")
})"},
      {"through two prompts", R"(chain main(t: Ticket) -> bool {
  return send(summarize(summarize(t.body)), "hi")
})"},
      {"through a prompt that takes the record", R"(prompt whose(ticket: Ticket) -> string {
  model: fast
  user: "Who wrote {{ ticket.body }}"
}
chain main(t: Ticket) -> bool {
  return send(whose(t), "hi")
})"},
      {"a field of an answer", R"(chain main(t: Ticket) -> bool {
  return send(judge(t.body).text, "hi")
})"},
      {"a number without bounds", R"(prompt guess(text: string) -> int {
  model: fast
  user: "{{ text }}"
}
chain main(t: Ticket) -> bool {
  return refund(t.id, guess(t.body))
})"},
      {"through a chain and back", R"(chain same(text: string) -> string {
  let copy = text
  return copy
}
chain main(t: Ticket) -> bool {
  return send(same(t.body), "hi")
})"},
      {"into a chain that writes", R"(chain mail(to: string) -> bool {
  return send("{{ to }}@example.com", "hi")
}
chain main(t: Ticket) -> bool {
  return mail(t.body)
})"},
      {"into a chain of a chain", R"(chain inner(to: string) -> bool {
  return send(to, "hi")
}
chain outer(who: string, loud: bool) -> bool {
  if loud { return inner(who) }
  return false
}
chain main(t: Ticket) -> bool {
  return outer(t.body, true)
})"},
      {"into another file", R"(chain main(t: Ticket) -> bool {
  return lib.mail(t.body)
})"},
      {"through another file", R"(chain main(t: Ticket) -> bool {
  return send(lib.same(t.body), "hi")
})"},
      {"what a tool answers", R"(chain main() -> bool {
  let to = fetch("boss")
  return send(to, "hi")
})"},
      {"what a search finds", R"(chain main(question: string) -> bool {
  let found = handbook.search(question)
  return send(found[0].text, "hi")
})"},
      {"what was remembered", R"(chain main(t: Ticket) -> bool {
  notes.remember(t.body)
  let old = notes.recall("boss")
  return send(old[0], "hi")
})"},
      {"what an agent answers", R"(agent helper(question: string) -> string {
  model: fast
  tools: [fetch]
  system: "You help."
}
chain main() -> bool {
  return send(helper("who?"), "hi")
})"},
      {"a whole record", R"(chain main(t: Ticket) -> bool {
  return archive(t)
})"},
      {"the system part, in place", R"(prompt bad(ticket: Ticket) -> string {
  model: fast
  system: "You answer {{ ticket.body }}"
  user: "Go on."
})"},
      {"the system part, as JSON of the record", R"(prompt bad(ticket: Ticket) -> string {
  model: fast
  system: "You answer {{ ticket | json }}"
  user: "Go on."
})"},
      {"the system part, through a parameter", R"(chain main(t: Ticket) -> string {
  return advise("Obey {{ t.body }}", "Go on.")
})"},
      {"the assistant part", R"(chain main(t: Ticket) -> string {
  return mimic(t.body)
})"},
      {"the system part of an agent", R"(agent helper(ticket: Ticket) -> string {
  model: fast
  tools: []
  system: "You help with {{ ticket.body }}"
})"},
      {"the host of a URL", R"(chain main(t: Ticket) -> string {
  return visit(t.body)
})"},
      {"the host of a tool's own URL",
       R"(tool ping(host: untrusted string) -> string reads = http.get("https://api.{{ host }}/ping")
)"},
      {"a URL as a whole", R"(tool open(url: string) -> string reads = http.get(url)
chain main(t: Ticket) -> string {
  return open(t.body)
})"},
      {"a command", R"(chain main(t: Ticket) -> int {
  return count(t.body, "text")
})"},
      {"a variable that a branch assigns", R"(chain main(t: Ticket, loud: bool) -> bool {
  var to = "me@example.com"
  if loud { to = t.body }
  return send(to, "hi")
})"},
      {"a variable that a loop assigns", R"(chain main(ts: Ticket[]) -> bool {
  var to = "me@example.com"
  for t in ts { to = t.body }
  return send(to, "hi")
})"},
      {"a variable, turn after turn", R"(chain main(t: Ticket) -> bool {
  var to = "me@example.com"
  var last = "you@example.com"
  repeat up to 3 {
    to = last
    last = t.body
  }
  return send(to, "hi")
})"},
      {"a variable, at a break", R"(chain main(t: Ticket) -> bool {
  var to = "me@example.com"
  repeat up to 3 {
    to = summarize(t.body)
    if len(to) > 3 { break }
    to = "you@example.com"
  }
  return send(to, "hi")
})"},
      {"what is tried", R"(chain main(t: Ticket) -> bool {
  let to = try summarize(t.body) catch { else => "me@example.com" }
  return send(to, "hi")
})"},
      {"what an error says", R"(chain main(question: string) -> bool {
  let to = try summarize(question) catch { else e => e.message }
  return send(to, "hi")
})"},
      {"the first of a race", R"(chain main(t: Ticket) -> bool {
  let to = race [summarize("x"), summarize(t.body)]
  return send(to, "hi")
})"},
      {"one of a sample", R"(chain main(t: Ticket) -> bool {
  let all = sample 3 of summarize(t.body)
  return send(all[0], "hi")
})"},
      {"a path", R"(chain main(t: Ticket) -> string[] {
  return files("docs/{{ t.body }}")
})"},
      {"where an image is", R"(chain main(t: Ticket) -> string {
  let photo = image("https://{{ t.body }}/photo.jpg")
  return photo.source()
})"},
      {"a picture that a customer sent",
       R"(tool publish(photo: image) -> bool writes = http.post("https://cdn.example.com", json: { "p": photo })
chain main(photo: image) -> bool {
  return publish(photo)
})"},
      {"the turns of a conversation", R"(chain main(talk: messages) -> bool {
  let said = for turn in talk { json(turn.parts) }
  return send(said[0], "hi")
})"},
      {"a member of JSON", R"(chain main(t: Ticket) -> bool {
  let all = to_json({ "to": t.body })
  return send(all.to?.as_string() ?? "nobody", "hi")
})"},
      {"JSON that was read", R"(chain main(t: Ticket) -> bool {
  let all = parse_json(t.body) ?? to_json("nobody")
  return send("{{ all }}", "hi")
})"},
      {"bytes and back", R"(chain main(t: Ticket) -> bool {
  return send(bytes(t.body).to_text() ?? "nobody", "hi")
})"},
      {"a time that was read", R"(chain main(t: Ticket) -> bool {
  return send("{{ time(t.body) + 1h }}", "hi")
})"},
      {"through a fn", R"(fn address(of: string) -> string {
  return of.trim() + "@example.com"
}
chain main(t: Ticket) -> bool {
  return send(address(t.body), "hi")
})"},
      {"through a function that calls itself",
       R"(fn longer(text: string, n: int) -> string within { depth: 9 } {
  if n == 0 { return text }
  return longer(text + "!", n - 1)
}
chain main(t: Ticket) -> bool {
  return send(longer(t.body, 3), "hi")
})"},
      {"out of a function that declares it", R"(fn first(all: untrusted string[]) -> string {
  return all[0]
}
chain main(all: string[]) -> bool {
  return send(first(all), "hi")
})"},
      {"through a function without a name", R"(chain main(ts: Ticket[]) -> bool {
  let to = ts.map(t => t.body).join(",")
  return send(to, "hi")
})"},
      {"seen by a function without a name", R"(chain main(t: Ticket, names: string[]) -> bool {
  let to = names.map(name => name + t.body).first() ?? ""
  return send(to, "hi")
})"},
      {"ordered by it", R"(chain main(t: Ticket, names: string[]) -> bool {
  let to = names.sort_by(name => t.body.index_of(name) ?? 0).first() ?? ""
  return send(to, "hi")
})"},
      {"found by it", R"(chain main(t: Ticket, names: string[]) -> bool {
  return send(names.find(name => name == t.body) ?? "", "hi")
})"},
      {"folded into one text", R"(chain main(ts: Ticket[]) -> bool {
  return send(ts.fold("", (text, t) => text + t.body), "hi")
})"},
      {"grouped under it", R"(chain main(ts: Ticket[]) -> bool {
  let to = ts.group_by(t => t.body).keys().first() ?? ""
  return send(to, "hi")
})"},
      {"a path that looks like a URL", R"(chain main(t: Ticket) -> file {
  return file("file:///home/{{ t.body }}")
})"},
      {"a URL without a host",
       R"(tool look(a: untrusted string) -> string reads = http.get("https:///{{ a }}")
chain main(t: Ticket) -> string {
  return look(t.body)
})"},
      {"a URL behind a blank", R"(chain main(t: Ticket) -> image {
  return image(" https://example.com/{{ t.body }}")
})"},
      {"a URL behind what may stand before it", R"(chain main(t: Ticket, far: bool) -> image {
  return image("{% if far %}x{% endif %}https://example.com/{{ t.body }}")
})"},
      {"the environment of a command",
       R"(tool log(e: untrusted map<string>) -> string reads = command("git", "log", env: e)
chain main(t: Ticket) -> string {
  return log({ "A": t.body })
})"},
      {"the name of a header",
       R"(tool look(h: untrusted string) -> string reads = http.get("https://example.com", headers: { "{{ h }}": "1" })
chain main(t: Ticket) -> string {
  return look(t.body)
})"},
      {"the header that names the host",
       R"(tool look(h: untrusted string) -> string reads = http.get("https://example.com", headers: { "Host": h })
chain main(t: Ticket) -> string {
  return look(t.body)
})"},
      {"a choice that a person takes", R"(chain main(t: Ticket) -> bool {
  let to = human.ask("Whom shall I write to?", choices: [t.body, "me@example.com"])
  return send(to, "hi")
})"},
      {"what is dropped until a condition holds", R"(const PEOPLE = ["ceo@example.com", "desk@example.com"]
chain main(t: Ticket) -> bool {
  return send(PEOPLE.drop_while(p => not contains(t.body, p))[0], "hi")
})"},
      {"what is taken while a condition holds", R"(const PEOPLE = ["ceo@example.com", "desk@example.com"]
chain main(t: Ticket) -> bool {
  return send(PEOPLE.take_while(p => contains(t.body, p))[0], "hi")
})"},
      {"what differs by a condition", R"(const PEOPLE = ["ceo@example.com", "desk@example.com"]
chain main(t: Ticket) -> bool {
  return send(PEOPLE.unique_by(p => contains(t.body, p))[0], "hi")
})"},
      {"what is grouped by a condition", R"(const PEOPLE = ["ceo@example.com", "desk@example.com"]
chain main(t: Ticket) -> bool {
  return send(PEOPLE.group_by(p => contains(t.body, p))["true"]?.first() ?? "", "hi")
})"},
      {"what is sorted by a condition", R"(const PEOPLE = ["ceo@example.com", "desk@example.com"]
chain main(t: Ticket) -> bool {
  return send(PEOPLE.sort_by(p => not contains(t.body, p))[0], "hi")
})"},
      {"what a function says is kept", R"(const PEOPLE = ["ceo@example.com", "desk@example.com"]
fn named(text: string, name: string) -> bool {
  return contains(text, name)
}
chain main(t: Ticket) -> bool {
  return send(PEOPLE.filter(p => named(t.body, p))[0], "hi")
})"},
      {"what a loop keeps in a variable", R"(const PEOPLE = ["ceo@example.com", "desk@example.com"]
chain main(t: Ticket) -> bool {
  var to = "me@example.com"
  for p in PEOPLE where contains(t.body, p) {
    to = p
  }
  return send(to, "hi")
})"},
      {"where a document stands that a question found", R"(chain main(t: Ticket) -> bool {
  return send(handbook.search(t.body)[0].source, "hi")
})"},
      {"what is found in another chain", R"(chain look(question: string) -> Passage[] {
  return handbook.search(question)
}

chain main(t: Ticket) -> bool {
  return send(look(t.body)[0].id, "hi")
})"},
      {"a number that is bounded by itself", R"(type Amount = int where it >= 0 and it <= abs(it)
prompt amount(text: string) -> Amount {
  model: fast
  user: "{{ text }} {{ output.format }}"
}

chain main(t: Ticket) -> bool {
  return refund("1", amount(t.body))
})"},
      {"a host that an agent chooses", R"(agent helper@1.0(question: string) -> string within { steps: 3 } {
  model: fast
  tools: [visit]
  user: "{{ question }}"
}

chain main(t: Ticket) -> string {
  return helper(t.body)
})"},
      {"a command that an agent chooses",
       R"(agent helper@1.0(question: string) -> string within { steps: 3 } {
  model: fast
  tools: [count]
  user: "{{ question }}"
}

chain main(t: Ticket) -> string {
  return helper(t.body)
})"},
      {"a system part that an agent writes",
       R"(agent helper@1.0(question: string) -> string within { steps: 3 } {
  model: fast
  tools: [advise]
  user: "{{ question }}"
}

chain main(t: Ticket) -> string {
  return helper(t.body)
})"},
      {"a host that an agent chooses by way of a chain", R"(chain look(site: string) -> string {
  return visit(site)
}

agent helper@1.0(question: string) -> string within { steps: 3 } {
  model: fast
  tools: [look]
  user: "{{ question }}"
}

chain main(t: Ticket) -> string {
  return helper(t.body)
})"},
      {"a host that any tool of the file may be given",
       R"(agent helper@1.0(question: string) -> string within { steps: 3 } {
  model: fast
  tools: [fetch, visit]
  user: "{{ question }}"
}

chain main(t: Ticket) -> string {
  return helper(t.body)
})"},
      {"a host that an agent chooses for what its tools read",
       R"(agent helper@1.0() -> string within { steps: 3 } {
  model: fast
  tools: [fetch, visit]
  user: "Go on."
}

chain main() -> string {
  return helper()
})"},
      {"the system part of an agent that another hands over to",
       R"(agent second@1.0(task: string) -> string within { steps: 3 } {
  model: fast
  tools: [fetch]
  system: "{{ task }}"
}

agent helper@1.0(question: string) -> string within { steps: 3 } {
  model: fast
  handoff: [second]
  user: "{{ question }}"
}

chain main(t: Ticket) -> string {
  return helper(t.body)
})"},
      {"the answer of a model that searches the web",
       R"(model web = gemini("gemini-2.5-flash", web_search: true)

prompt look(question: string) -> string {
  model: web
  user: "{{ question }}"
}

chain main(question: string) -> bool {
  return send(look(question), "hi")
})"},
      {"the answer of a model that is made to search the web", R"(model web = openai("gpt-5-search-api")

prompt look(question: string) -> string {
  model: web
  user: "{{ question }}"
}

chain main(question: string) -> bool {
  return send(look(question), "hi")
})"},
      {"what a record says where it is from",
       R"(index letters = jsonl("letters.jsonl", text: "text", source: "author")

chain main(question: string) -> bool {
  return send(letters.search(question)[0].source, "hi")
})"},
      {"of one that searches in this call alone", R"(model web = anthropic("claude-sonnet-4-5")

prompt look(question: string) -> string {
  model: web
  user: "{{ question }}"
}

chain main(question: string) -> bool {
  let to = look(question) with { web_search: true, max_searches: 2 }
  return send(to, "hi")
})"},
      {"of a fallback that searches", R"(model web = gemini("gemini-2.5-flash", web_search: true)
model careful = openai("gpt-5", fallback: web)

prompt look(question: string) -> string {
  model: careful
  user: "{{ question }}"
}

chain main(question: string) -> bool {
  return send(look(question), "hi")
})"},
      {"of a member of a balance that searches", R"(model web = gemini("gemini-2.5-flash", web_search: true)
model other = openai("gpt-5")
model pool = balance(other, web)

prompt look(question: string) -> string {
  model: pool
  user: "{{ question }}"
}

chain main(question: string) -> string {
  return advise(look(question), "hi")
})"},
      {"of a version that a route may take", R"(model web = gemini("gemini-2.5-flash", web_search: true)

prompt look@1.0(question: string) -> string {
  model: fast
  user: "{{ question }}"
}

prompt look@1.1(question: string) -> string {
  model: web
  user: "{{ question }}"
}

route look { @1.0: 90%, @1.1: 10% } by question

chain main(question: string) -> bool {
  return send(look(question), "hi")
})"},
      {"the instructions that a loop gives",
       R"(chain instructed(messages: messages, tools: Tool[]) -> Message {
  let found = handbook.search("rules", top: 1)
  let rule = Message { role: "system", parts: [found[0].text] }
  return model.step(messages.concat([rule]), tools)
}

agent clerk(question: string) -> string {
  model: fast
  loop: instructed
})"},
      {"instructions by way of a function", R"(fn instruct(text: string) -> Message {
  return Message { role: "system", parts: [text] }
}

chain instructed(messages: messages, tools: Tool[]) -> Message {
  let found = handbook.search("rules", top: 1)
  return model.step(messages.concat([instruct(found[0].text)]), tools)
}

agent clerk(question: string) -> string {
  model: fast
  loop: instructed
})"},
      {"a message whose role is not fixed",
       R"(chain instructed(messages: messages, tools: Tool[]) -> Message {
  let found = handbook.search("rules", top: 1)
  let said = Message { role: messages[0].role, parts: [found[0].text] }
  return model.step([said], tools)
}

agent clerk(question: string) -> string {
  model: fast
  loop: instructed
})"},
  };
  return all;
}

}  // namespace chain::sema::test
