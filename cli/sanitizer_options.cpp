// Only in builds with a sanitizer.

/// AddressSanitizer's leak checker now and then faults in its own tracer when a process that has opened and
/// closed libraries ends, as a run does with native code; leaks are looked for in the test programs.
extern "C" __attribute__((visibility("default"))) const char* __asan_default_options() {
  return "detect_leaks=0";
}

/// ThreadSanitizer waits a second at exit for races that may still come; tests of Ctrl-C measure the end.
extern "C" __attribute__((visibility("default"))) const char* __tsan_default_options() {
  return "atexit_sleep_ms=0";
}
