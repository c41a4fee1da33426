// What kills the programs that this one has started, should it be killed itself. Internal to runtime/process.
#pragma once

#include <sys/types.h>

namespace chain::process {

/// Has the watch ready, before there is anything to watch: it takes a moment to start.
void begin_watch();

/// From here on the process group is killed as soon as this process has ended, however that comes about. From
/// any thread. Where there is no /bin/sh nobody watches.
void watch_over(pid_t group);

/// The group is no more. Before its number is given back to the system: it could be another's then.
void watch_no_more(pid_t group);

}  // namespace chain::process
