// What was said before a run began.
#pragma once

#include <string>

#include "runtime/program/program.h"

namespace chain::program {

/// One turn of the conversation that a run goes on with.
struct HistoryTurn {
  Role role = Role::User;
  std::string text;
  bool untrusted = false;  // somebody else wrote it, all or in part
};

}  // namespace chain::program
