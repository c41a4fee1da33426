# runtime_baseline: the offline model. A library of its own, so that ICU is needed by nothing else here.
chain_library(runtime_baseline
  SOURCES baseline.cpp baseline_answer.cpp baseline_bounds.cpp baseline_evidence.cpp baseline_text.cpp
  LINKS runtime_program
  PRIVATE_LINKS runtime_value ICU::uc nlohmann_json::nlohmann_json)
