#include "detforge/data/transforms/transform.h"

namespace detforge {

Registry<Transform>& transforms() {
  static Registry<Transform> registry("PIPELINES");
  return registry;
}

std::vector<std::shared_ptr<Transform>> build_transforms(const Value& list, const BuildContext& context) {
  if (!list.is_sequence()) {
    throw Error("a pipeline is a list of transforms, got " + std::string(list.type_name())).at(list.location()).note(context.path);
  }
  std::vector<std::shared_ptr<Transform>> built;
  for (std::size_t i = 0; i < list.size(); ++i) {
    const BuildContext place{context.reference, context.path + "[" + std::to_string(i) + "]"};
    built.push_back(transforms().build(list[i], place));
  }
  return built;
}

}  // namespace detforge
