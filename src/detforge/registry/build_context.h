#pragma once

#include <string>

namespace detforge {

/// Which MMDetection a model follows where versions differ: printed text, defaults, names.
enum class Reference { V2_8, V2_27 };

/// What a component knows while it is built: the reference version and its place in the model (`model.bbox_head`).
struct BuildContext {
  Reference reference = Reference::V2_8;
  std::string path;

  /// The context of the part that `name` names.
  BuildContext child(const std::string& name) const { return {reference, path.empty() ? name : path + "." + name}; }
};

}  // namespace detforge
