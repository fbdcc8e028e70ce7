#include "fuzz/checkpoint_fuzz.h"

#include <cstdint>

/// Whatever a checkpoint file holds: its content or an `Error`, within the limits.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  detforge::fuzz::read_checkpoint(std::as_bytes(std::span(data, size)));
  return 0;
}
