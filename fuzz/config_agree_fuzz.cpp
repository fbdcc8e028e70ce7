#include "fuzz/config_agree_fuzz.h"

#include <cstdint>
#include <cstdlib>

/// The evaluator against the printed form: its corpus is the config's, fuzz/corpus/config.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (!detforge::fuzz::printed_config_agrees({reinterpret_cast<const char*>(data), size})) std::abort();
  return 0;
}
