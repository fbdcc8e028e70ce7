#include "detforge/data/transforms/scales.h"
#include "detforge/data/transforms/transform.h"

namespace detforge {

/// Makes several views of one image for testing: each scale, as it is and, with `flip`, in each direction flipped.
/// The views go through `transforms` one by one; without augmentation there is one.
class MultiScaleFlipAug : public Transform {
 public:
  struct Options {
    Value transforms = Value::list();
    std::optional<Scales> img_scale;
    std::optional<std::variant<double, std::vector<double>>> scale_factor;
    bool flip = false;
    std::variant<std::string, std::vector<std::string>> flip_direction = "horizontal";
  };
  static Arguments<Options> arguments() {
    return {arg(&Options::transforms, "transforms", required, "what each view goes through").built_by("PIPELINES"),
            arg(&Options::img_scale, "img_scale", "(long edge, short edge) or a list of them"),
            arg(&Options::scale_factor, "scale_factor", "a factor or a list of them, in place of img_scale"),
            arg(&Options::flip, "flip", "add flipped views"),
            arg(&Options::flip_direction, "flip_direction", "horizontal, vertical, diagonal, or a list of them")};
  }

  MultiScaleFlipAug(const Options& options, const BuildContext& context);
  void apply(Sample& sample, Random& random) const override;

 private:
  std::vector<std::shared_ptr<Transform>> transforms_;
  std::vector<Scale> scales_;
  std::vector<double> factors_;            ///< where there are no scales
  std::vector<std::string> flips_ = {""};  ///< the direction of each view; empty: not flipped
};

MultiScaleFlipAug::MultiScaleFlipAug(const Options& options, const BuildContext& context)
    : transforms_(build_transforms(options.transforms, context.child("transforms"))) {
  if (options.img_scale.has_value() == options.scale_factor.has_value()) {
    throw ArgumentError(options.scale_factor ? "scale_factor" : "img_scale", "exactly one of img_scale and scale_factor must be given");
  }
  if (options.img_scale) {
    scales_ = options.img_scale->all;
  } else if (const auto* one = std::get_if<double>(&*options.scale_factor)) {
    factors_ = {*one};
  } else {
    factors_ = std::get<std::vector<double>>(*options.scale_factor);
  }
  for (const double factor : factors_) {
    if (!(factor > 0)) throw ArgumentError("scale_factor", "must be positive");
  }
  std::vector<std::string> directions;
  if (const auto* one = std::get_if<std::string>(&options.flip_direction)) directions = {*one};
  if (const auto* several = std::get_if<std::vector<std::string>>(&options.flip_direction)) directions = *several;
  for (const std::string& direction : directions) {
    if (direction != "horizontal" && direction != "vertical" && direction != "diagonal") {
      throw ArgumentError("flip_direction", "must be 'horizontal', 'vertical' or 'diagonal', got '" + direction + "'");
    }
  }
  if (options.flip) flips_.insert(flips_.end(), directions.begin(), directions.end());
}

void MultiScaleFlipAug::apply(Sample& sample, Random& random) const {
  const std::size_t sizes = scales_.empty() ? factors_.size() : scales_.size();
  std::vector<Sample> views;
  for (std::size_t i = 0; i < sizes; ++i) {
    for (const std::string& direction : flips_) {
      Sample view = sample;
      if (scales_.empty()) {
        view.wanted_scale_factor = factors_[i];
      } else {
        view.scale = scales_[i];
      }
      view.flip = !direction.empty();
      view.meta.flip_direction = direction;
      for (const auto& transform : transforms_) transform->apply(view, random);
      views.push_back(std::move(view));
    }
  }
  sample.views = std::move(views);
}

DETFORGE_REGISTER(transforms, MultiScaleFlipAug,
                  {.name = "MultiScaleFlipAug",
                   .python = "mmdet.datasets.pipelines.test_time_aug.MultiScaleFlipAug",
                   .meaning = "views of one image at several scales, flipped and not"});

}  // namespace detforge
