#include "fuzz/results_fuzz.h"

#include <cstdint>

/// Whatever files of annotations and results hold: numbers or an `Error`, within the limits.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  detforge::fuzz::evaluate_results(std::as_bytes(std::span(data, size)));
  return 0;
}
