// The groups of processes that were started and are not known to have ended. Internal to runtime/process.
#pragma once

#include <sys/types.h>

namespace chain::process {

/// From here on a SIGTERM or SIGHUP that would end this process kills the group first. (SIGKILL leaves nobody
/// time: programs that mind their input go by themselves then.) Beyond 4096 at a time groups are not known.
void remember_group(pid_t group);
/// Before its number can be another's.
void forget_group(pid_t group);

}  // namespace chain::process
