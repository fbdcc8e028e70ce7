#include "detforge/data/transforms/transform.h"

namespace detforge {

/// Transforms one after the other.
class Compose : public Transform {
 public:
  struct Options {
    Value transforms = Value::list();
  };
  static Arguments<Options> arguments() {
    return {arg(&Options::transforms, "transforms", required, "the transforms, in order").built_by("PIPELINES")};
  }

  Compose(const Options& options, const BuildContext& context)
      : transforms_(build_transforms(options.transforms, context.child("transforms"))) {}

  void apply(Sample& sample, Random& random) const override {
    for (const auto& transform : transforms_) {
      transform->apply(sample, random);
      if (sample.is_dropped) return;
    }
  }

 private:
  std::vector<std::shared_ptr<Transform>> transforms_;
};

DETFORGE_REGISTER(transforms, Compose,
                  {.name = "Compose", .python = "mmdet.datasets.pipelines.compose.Compose", .meaning = "transforms one after the other"});

}  // namespace detforge
