#pragma once

#include "detforge/registry/arguments.h"

namespace detforge::nn {

/// The one argument that most activations share.
struct InplaceOptions {
  bool inplace = false;
};

inline Arguments<InplaceOptions> inplace_arguments() {
  return {arg(&InplaceOptions::inplace, "inplace", "overwrite the input instead of allocating")};
}

inline std::string inplace_repr(bool inplace) { return inplace ? "inplace=True" : ""; }

}  // namespace detforge::nn
