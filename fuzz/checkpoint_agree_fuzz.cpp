#include "fuzz/checkpoint_agree_fuzz.h"

#include <cstdint>
#include <cstdlib>

/// The reader against the writer: its corpus is the reader's, fuzz/corpus/checkpoint.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (!detforge::fuzz::reader_and_writer_agree(std::as_bytes(std::span(data, size)))) std::abort();
  return 0;
}
