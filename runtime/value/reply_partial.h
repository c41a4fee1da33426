// A reply that is still coming, as JSON. Internal to runtime/value.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "runtime/value/arena.h"
#include "runtime/value/reply_fit.h"
#include "runtime/value/reply_scanner.h"

namespace chain::value {

/// Keeps the text of what is finished and prints only what has come since; so all snapshots of a reply
/// together cost as much as the reply is long, plus for each snapshot what is needed to close what is open.
class PartialPrinter {
 public:
  PartialPrinter(const ReplyPlan& plan, const ReplyScanner& scanner)
      : plan_(plan),
        types_(plan.types()),
        scanner_(scanner),
        tree_(scanner.tree()),
        fit_(plan, scanner.tree(), arena_, nullptr) {
    fit_.set_partial(true);
  }

  /// The snapshot; empty while there is nothing to show. A scalar that breaks its `where` shows as null.
  const std::string& print(bool growing_text, ConstraintCheck* check);
  /// The same for a reply that is taken as text.
  const std::string& print_text(std::string_view text, bool growing_text);
  /// How many bytes at the front of the last snapshot are those of the one before.
  [[nodiscard]] size_t unchanged() const { return unchanged_; }
  [[nodiscard]] uint64_t steps() const { return steps_ + fit_.steps(); }

 private:
  /// A container that is still open, as far as it is printed.
  struct Level {
    uint32_t node;
    program::TypeId wanted;                     // of the place
    program::TypeId type;                       // what is read there: Record, List or Map
    size_t begin;                               // where its text begins
    size_t done;                                // up to here its text is final
    const ReplyPlan::Record* record = nullptr;  // if it is one
    uint32_t child = ReplyNode::kNone;          // the last one that is printed, or was passed over
    uint32_t expected = 0;                      // Record: the field after the last one
    bool any = false;                           // something is between the brackets
    std::vector<bool> seen;                     // Record: fields that are printed
    bool open = false;                          // a value that is still coming is printed behind `done`,
    uint32_t open_field = ReplyPlan::kNoField;  // for this field, if it is a record's
  };

  /// What stands before a value: whether it has a place, of which type, and for which field of a record.
  struct Item {
    bool has_place = false;
    program::TypeId type;
    uint32_t field = ReplyPlan::kNoField;
  };

  bool choose_root();
  bool promising(uint32_t node) const;
  void close_levels();
  void close_level();
  Level begin_level(uint32_t node, program::TypeId wanted, program::TypeId type);
  void advance(bool growing_text);
  bool visit(Level& level, uint32_t child, bool growing_text);
  Item begin_item(Level& level, uint32_t child);
  static void commit_item(Level& level, uint32_t child, const Item& item, size_t done);
  void print_closed(program::TypeId wanted, uint32_t node, const program::Field* field = nullptr);
  void print_scalar(program::TypeId wanted, uint32_t node, const program::Field* field);
  bool build(program::TypeId wanted, uint32_t node);
  bool holds(const program::Field& field, const std::byte* value);
  const program::Field* field_of(const Level& level, const Item& item) const;
  bool print_open(const Item& item, const program::Field* field, uint32_t node, bool growing_text);
  void close_text(Level& level);

  /// Record, List or Map for a container in a place of type `wanted`; false if that is not (yet) known.
  bool resolve(program::TypeId wanted, uint32_t node, bool open, program::TypeId& type);
  uint32_t promise(program::TypeId type, uint32_t node);
  bool literals_agree(const program::Field& field, uint32_t node);
  bool is_open(uint32_t node) const;
  void truncate(size_t size);

  const ReplyPlan& plan_;
  const program::TypeTable& types_;
  const ReplyScanner& scanner_;
  const ReplyTree& tree_;
  Arena arena_;
  ReplyFit fit_;
  ConstraintCheck* check_ = nullptr;
  std::string out_;
  std::vector<std::byte> place_;  // of the scalar that is being printed
  std::vector<Level> levels_;
  uint32_t root_ = ReplyNode::kNone;
  uint32_t passed_candidates_ = 0;
  bool root_closed_ = false;
  // Text that is growing: its node, how much of it is printed, and where.
  uint32_t text_node_ = ReplyNode::kNone;
  uint32_t text_read_ = 0;
  size_t text_done_ = 0;
  size_t unchanged_ = 0;
  uint64_t steps_ = 0;
};

}  // namespace chain::value
