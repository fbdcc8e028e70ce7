#include "fuzz/datasets_fuzz.h"

#include <cstdint>

/// Whatever annotation files hold: a dataset or an `Error`, within the limits.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  detforge::fuzz::read_dataset(std::as_bytes(std::span(data, size)));
  return 0;
}
