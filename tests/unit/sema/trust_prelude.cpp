#include "tests/unit/sema/trust_cases.h"

namespace chain::sema::test {

const std::string& trust_prelude() {
  static const std::string text = R"(import "./lib.chain" as lib

model fast = baseline()
index handbook = documents("docs/**/*.md")
memory notes = local(scope: user)

enum Urgency {
  low
  high
}

type Ticket {
  id: string
  body: untrusted string
  note: untrusted string?
}

type Mail {
  to: string
  subject: string
}

type Verdict {
  text: string
  urgency: Urgency
  score: int where it >= 1 and it <= 5
  amount: money
}

tool send(to: string, text: untrusted string) -> bool writes = http.post("https://mail.example.com/send",
  json: { "to": to, "text": text })
tool refund(order: string, percent: int) -> bool writes = http.post("https://shop.example.com/{{ order }}",
  json: { "percent": percent })
tool archive(ticket: Ticket) -> bool writes = http.put("https://shop.example.com/archive", json: ticket)
tool page(urgency: Urgency, loud: bool) -> bool writes = http.post("https://page.example.com/{{ urgency }}",
  json: { "loud": loud })
tool fetch(path: string) -> string reads = http.get("https://api.example.com/{{ path }}")
tool visit(site: string) -> string reads = http.get("https://{{ site }}/index.html")
tool count(option: string, text: untrusted string) -> int reads = command("wc", option, stdin: text)
tool files(folder: string) -> string[] reads = command("ls", folder: folder)

prompt summarize(text: string) -> string {
  model: fast
  user: "Sum up: {{ text }}"
}

prompt classify(text: string) -> Urgency {
  model: fast
  system: "{{ output.format }}"
  user: "{{ text }}"
}

prompt judge(text: string) -> Verdict {
  model: fast
  system: "{{ output.format }}"
  user: "{{ text }}"
}

prompt advise(rules: string, text: string) -> string {
  model: fast
  system: "{{ rules }}"
  user: "{{ text }}"
}

prompt mimic(style: string) -> string {
  model: fast
  assistant: "{{ style }}"
  user: "Go on."
}

prompt answer(question: string, passages: Passage[]) -> string {
  model: fast
  user: """
    {% for p in passages %}[{{ p.id }}] {{ p.text }}{% endfor %}
    {{ question }}
    """
}

)";
  return text;
}

const std::string& trust_library() {
  static const std::string text =
      R"(tool post(to: string) -> bool writes = http.post("https://lib.example.com", json: { "to": to })

chain mail(to: string) -> bool {
  return post(to)
}

chain same(text: string) -> string {
  return text
}
)";
  return text;
}

}  // namespace chain::sema::test
