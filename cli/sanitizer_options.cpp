// Only in builds with AddressSanitizer. Its leak checker now and then faults in its own tracer when a process
// that has opened and closed libraries ends, as a run does with native code; leaks are looked for in the test
// programs.
extern "C" __attribute__((visibility("default"))) const char* __asan_default_options() {
  return "detect_leaks=0";
}
