#pragma once

#include <cstddef>
#include <span>

#include "detforge/base/error.h"
#include "detforge/checkpoint/checkpoint.h"
#include "detforge/checkpoint/describe.h"

namespace detforge::fuzz {

/// Reads `input` as a checkpoint and looks at all of it; an `Error` is as good as a checkpoint.
inline void read_checkpoint(std::span<const std::byte> input) {
  try {
    const Checkpoint checkpoint = Checkpoint::from_bytes(input, "input");
    static_cast<void>(checkpoint.classes());
    static_cast<void>(describe(checkpoint));
    static_cast<void>(state_dict_hash(checkpoint));
  } catch (const Error&) {
    // What a malformed file is to give.
  }
}

}  // namespace detforge::fuzz
