#include "fuzz/config_fuzz.h"

#include <cstddef>
#include <cstdint>

/// Whatever a config file holds: a config or an `Error`, within the limits.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  detforge::fuzz::load_config({reinterpret_cast<const char*>(data), size});
  return 0;
}
