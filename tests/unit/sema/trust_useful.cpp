#include "tests/unit/sema/trust_cases.h"

namespace chain::sema::test {

const std::vector<TrustCase>& useful_programs() {
  static const std::vector<TrustCase> all = {
      {"a support bot that replies to its customer", R"(chain main(t: Ticket, customer: string) -> bool {
  let passages = handbook.search(t.body, top: 3)
  let reply = answer(t.body, passages)
  return send(customer, "Dear customer, {{ reply }}")
})"},
      {"an enum decides whom to page", R"(chain main(t: Ticket) -> bool {
  let urgency = classify(t.body)
  return page(urgency, true)
})"},
      {"an enum decides the address", R"(chain main(t: Ticket) -> bool {
  let to = match classify(t.body) { high => "oncall@example.com", low => "queue@example.com" }
  return send(to, t.body)
})"},
      {"a person approves", R"(chain main(t: Ticket) -> bool {
  let to = human.approve(summarize(t.body))
  return send(to, "hi")
})"},
      {"somebody answers for it", R"(chain main(t: Ticket) -> bool {
  return send(trust(t.body, "the form takes addresses of our own staff alone"), "hi")
})"},
      {"a person is asked", R"(chain main(t: Ticket) -> bool {
  let to = human.ask("Who takes care of {{ t.id }}?")
  return send(to, t.body)
})"},
      {"the trusted fields of a record", R"(chain main(t: Ticket) -> bool {
  return refund(t.id, 10)
})"},
      {"the trusted fields of a record made here", R"(chain main(t: Ticket) -> bool {
  let mail = Mail { to: "me@example.com", subject: t.body }
  return send(mail.to, mail.subject)
})"},
      {"a number with both bounds", R"(chain main(t: Ticket) -> bool {
  let verdict = judge(t.body)
  return refund(t.id, verdict.score)
})"},
      {"a literal out of a few", R"(type Team = "billing" | "shipping"
prompt team(text: string) -> Team {
  model: fast
  system: "{{ output.format }}"
  user: "{{ text }}"
}
chain main(t: Ticket) -> bool {
  let chosen = team(t.body)
  return send("{{ chosen }}@example.com", t.body)
})"},
      {"a bool guards a write", R"(prompt is_spam(text: string) -> bool {
  model: fast
  user: "{{ text }}"
}
chain main(t: Ticket) -> bool {
  if is_spam(t.body) { return false }
  return send("queue@example.com", t.body)
})"},
      {"a bool is an argument", R"(chain main(t: Ticket) -> bool {
  return page(high, contains(t.body, "fire"))
})"},
      {"a summary is shown", R"(chain main(t: Ticket) -> string {
  let summary = summarize(t.body)
  return "Ticket {{ t.id }}: {{ summary }}"
})"},
      {"the path of a URL", R"(chain main(t: Ticket) -> string {
  return fetch("search?q={{ t.body }}")
})"},
      {"the input of a command", R"(chain main(t: Ticket) -> int {
  return count("-w", t.body)
})"},
      {"it is remembered", R"(chain main(t: Ticket) -> string {
  notes.remember("{{ t.id }} wrote {{ t.body }}")
  return summarize(notes.recall(t.id) | join(", "))
})"},
      {"many tickets, one after the other", R"(chain main(ts: Ticket[]) -> bool[] {
  return for t in ts { send("{{ t.id }}@tickets.example.com", summarize(t.body)) }
})"},
      {"only the urgent ones", R"(chain main(ts: Ticket[]) -> string[] {
  let judged = for t in ts { judge(t.body) }
  return for v in judged where v.urgency == high { v.text }
})"},
      {"rules of our own, text of theirs", R"(const RULES = "Be brief."
chain main(t: Ticket) -> string {
  return advise(RULES, t.body)
})"},
      {"a tool declared to take it",
       R"(tool log_line(line: untrusted string) -> bool writes = http.post("https://log.example.com", body: line)
chain main(t: Ticket) -> bool {
  return log_line("{{ t.id }}: {{ t.body }}")
})"},
      {"a whole record, to a tool declared to take it",
       R"(tool keep(ticket: untrusted Ticket) -> bool writes = http.put("https://shop.example.com/keep", json: ticket)
chain main(t: Ticket) -> bool {
  return keep(t)
})"},
      {"an agent finds out", R"(agent helper(question: string) -> string within { steps: 5, cost: $0.05 } {
  model: fast
  tools: [handbook.search, fetch, classify]
  memory: notes
  system: "You find out, you do not guess."
}
chain main(t: Ticket) -> string {
  return helper(t.body)
})"},
      {"the list of what was found", R"(chain main(question: string) -> string {
  let found = handbook.search(question)
  return "{% for p in found %}{{ p.source }}: {{ p.text }}{% endfor %}"
})"},
      {"two variables of one loop", R"(chain main(ts: Ticket[]) -> bool {
  var to = "me@example.com"
  var text = ""
  for t in ts {
    if classify(t.body) == high { to = "{{ t.id }}@example.com" }
    text = text + t.body
  }
  return send(to, text)
})"},
      {"a draft is revised, and its judge is trusted", R"(chain main(t: Ticket) -> bool {
  var draft = summarize(t.body)
  var tries = 0
  repeat up to 3 {
    tries = tries + 1
    if classify(draft) == low { break }
    draft = advise("Say it shorter.", draft)
  }
  return send("{{ t.id }}@example.com", "{{ tries }}: {{ draft }}")
})"},
      {"where it was found", R"(chain main(question: string) -> bool {
  let found = handbook.search(question)
  return send("{{ found[0].id }}@docs.example.com", "see {{ found[0].text }}")
})"},
      {"a picture shown to a model, and an enum out of it", R"(prompt seen(photo: image) -> Urgency {
  model: fast
  user: "{{ output.format }} {{ photo }}"
}
chain main(photo: image) -> bool {
  return page(seen(photo), true)
})"},
      {"a host that is written out", R"(chain main(t: Ticket) -> string {
  return image("https://cdn.example.com/{{ t.body }}.jpg").source()
})"},
      {"a function that gives a closed value of it", R"(fn is_long(text: string) -> bool {
  return len(text) > 100
}
chain main(t: Ticket) -> bool {
  return send(if is_long(t.body) { "queue@example.com" } else { "bot@example.com" }, t.body)
})"},
      {"a function that gives its other parameter", R"(fn either(to: string, body: string) -> string {
  return if body == "" { "nobody@example.com" } else { to }
}
chain main(t: Ticket) -> bool {
  return send(either("me@example.com", t.body), t.body)
})"},
      {"the time, chance and the log", R"(chain main(t: Ticket) -> bool {
  log("asked about", t.body)
  let queue = random(1, 3)
  let time = now()
  return send("queue{{ queue }}@{{ time }}.example.com", t.body)
})"},
      {"the trusted part of a member of a union", R"(chain main(v: Mail | Ticket) -> bool {
  return match v {
    Mail m => send(m.to, m.subject)
    Ticket t => send(t.id, "hi")
  }
})"},
      {"a URL that is joined", R"(chain main(t: Ticket) -> string {
  return image("https://cdn.example.com/" + t.body + ".jpg").source()
})"},
      {"a header with a value of somebody else",
       R"(tool look(h: untrusted string) -> string reads = http.get("https://example.com", headers: { "x-note": h })
chain main(t: Ticket) -> bool {
  return if look(t.body) == "1" { send("me@example.com", t.body) } else { false }
})"},
      {"a record that a person has approved", R"(chain main(t: Ticket) -> bool {
  let seen = human.approve(t)
  return send(seen.body, "hi")
})"},
      {"records that a person has approved", R"(chain main(all: Ticket[]) -> bool[] {
  return for t in human.approve(all) { send(t.body, "hi") }
})"},
      {"a record that is trusted for a reason", R"(chain main(t: Ticket) -> bool {
  return send(trust(t, "it comes from our own form").body, "hi")
})"},
      {"an agent that looks things up", R"(agent helper@1.0(question: string) -> string within { steps: 3 } {
  model: fast
  tools: [handbook.search, fetch, summarize, page]
  system: "You look things up."
  user: "{{ question }}"
}

chain main(t: Ticket) -> string {
  return helper(t.body)
})"},
      {"how many there are", R"(chain main(all: Ticket[]) -> bool {
  let urgent = all.filter(t => contains(t.body, "down"))
  return if urgent.len() > 3 { page(high, true) } else { false }
})"},
      {"a model that searches, asked for one of a few answers",
       R"(model web = gemini("gemini-2.5-flash", web_search: true)

prompt look(question: string) -> Urgency {
  model: web
  user: "{{ output.format }} {{ question }}"
}

prompt explain(question: string) -> string {
  model: web
  user: "{{ question }}"
}

chain main(question: string) -> string {
  page(look(question), true)
  return summarize(explain(question))
})"},
      {"a model that does not search in this call",
       R"(model web = gemini("gemini-2.5-flash", web_search: true)

prompt look(question: string) -> string {
  model: web
  user: "{{ question }}"
}

chain main(question: string) -> bool {
  let to = look(question) with { web_search: false }
  return send(to, "hi")
})"},
      {"a loop that tells its model what was found",
       R"(fn say(text: string) -> Message {
  return Message { role: "user", parts: [text] }
}

chain told(messages: messages, tools: Tool[]) -> Message {
  let found = handbook.search("rules", top: 1)
  let rule = Message { role: "system", parts: ["Keep to the rules."] }
  return model.step([rule].concat(messages).concat([say(found[0].text)]), tools)
}

agent clerk(question: string) -> string {
  model: fast
  loop: told
})"},
  };
  return all;
}

}  // namespace chain::sema::test
