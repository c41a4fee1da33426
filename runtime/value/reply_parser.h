#pragma once
#include "runtime/value/json.h"
namespace chain::value {
struct ReplyResult { std::string complaint; bool ok() const { return complaint.empty(); } };
class ReplyParser { public:
  ReplyParser(const program::TypeTable& t, program::TypeId id, Arena& a, ConstraintCheck* c) : t_(t), id_(id), a_(a), c_(c) {}
  void feed(std::string_view s) { s_ += s; }
  ReplyResult finish(void* out) { if (t_[id_].kind == program::TypeKind::String) { *static_cast<Text*>(out) = a_.copy(s_); return {}; } auto r = from_json(t_, id_, s_, a_, out, c_); return {r.ok() ? "" : r.sentence()}; }
 private: const program::TypeTable& t_; program::TypeId id_; Arena& a_; ConstraintCheck* c_; std::string s_; };
}
