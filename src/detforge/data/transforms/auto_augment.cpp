#include "detforge/data/transforms/transform.h"

namespace detforge {

/// Runs one of several lists of transforms, drawn for each image. Zoph et al., arXiv 1906.11172.
class AutoAugment : public Transform {
 public:
  struct Options {
    std::vector<Value> policies;
  };
  static Arguments<Options> arguments() {
    return {arg(&Options::policies, "policies", required, "lists of transforms of which one is drawn")};
  }

  AutoAugment(const Options& options, const BuildContext& context) {
    if (options.policies.empty()) throw ArgumentError("policies", "must not be empty");
    for (std::size_t i = 0; i < options.policies.size(); ++i) {
      policies_.push_back(build_transforms(options.policies[i], context.child("policies[" + std::to_string(i) + "]")));
      if (policies_.back().empty()) throw ArgumentError("policies", "must not hold an empty list");
    }
  }

  void apply(Sample& sample, Random& random) const override {
    for (const auto& transform : policies_[random.choice(policies_.size())]) {
      transform->apply(sample, random);
      if (sample.is_dropped) return;
    }
  }

 private:
  std::vector<std::vector<std::shared_ptr<Transform>>> policies_;
};

DETFORGE_REGISTER(transforms, AutoAugment,
                  {.name = "AutoAugment",
                   .python = "mmdet.datasets.pipelines.auto_augment.AutoAugment",
                   .meaning = "runs one of several lists of transforms"});

}  // namespace detforge
