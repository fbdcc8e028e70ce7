#include "detforge/boxes/bbox_transforms.h"
#include "detforge/boxes/coders/bbox_coder.h"

namespace detforge {

/// FSAF's code (arXiv 1903.00621): the distances of the box's (top, bottom, left, right) from the prior's centre, in sizes of
/// the prior times `normalizer`.
class TBLRBBoxCoder : public BBoxCoder {
 public:
  using PerSide = std::array<double, 4>;
  struct Options {
    std::variant<double, PerSide> normalizer = 4.0;
    bool clip_border = true;
  };
  static Arguments<Options> arguments() {
    return {arg(&Options::normalizer, "normalizer", "distances are divided by it, or each (top, bottom, left, right) by its own"),
            arg(&Options::clip_border, "clip_border", "limit decoded boxes to the image")};
  }

  TBLRBBoxCoder(const Options& options, const BuildContext&) : clip_border_(options.clip_border) {
    const auto* one = std::get_if<double>(&options.normalizer);
    normalizer_ = one != nullptr ? PerSide{*one, *one, *one, *one} : std::get<PerSide>(options.normalizer);
  }

  torch::Tensor encode(const torch::Tensor& priors, const torch::Tensor& gt, const CoderCall&) const override {
    const auto side = [&](std::int64_t i) { return gt.slice(-1, i, i + 1); };
    const torch::Tensor x = center(priors).slice(-1, 0, 1), y = center(priors).slice(-1, 1, 2);
    const torch::Tensor distances = torch::cat({y - side(1), side(3) - y, x - side(0), side(2) - x}, -1);
    return distances / sizes(priors) / normalizer(distances);
  }

  torch::Tensor decode(const torch::Tensor& priors, const torch::Tensor& predictions, const CoderCall& call) const override {
    const torch::Tensor distances = sizes(priors) * (predictions * normalizer(predictions));
    const auto side = [&](std::int64_t i) { return distances.slice(-1, i, i + 1); };
    const torch::Tensor x = center(priors).slice(-1, 0, 1), y = center(priors).slice(-1, 1, 2);
    const torch::Tensor boxes = torch::cat({x - side(2), y - side(0), x + side(3), y + side(1)}, -1);
    return clip_border_ && call.max_shape ? clip_boxes(boxes, *call.max_shape) : boxes;
  }

 private:
  static torch::Tensor center(const torch::Tensor& boxes) { return (boxes.slice(-1, 0, 2) + boxes.slice(-1, 2, 4)) / 2; }
  /// (height, height, width, width)
  static torch::Tensor sizes(const torch::Tensor& boxes) {
    return (boxes.slice(-1, 2, 4) - boxes.slice(-1, 0, 2)).flip(-1).repeat_interleave(2, -1);
  }
  torch::Tensor normalizer(const torch::Tensor& like) const {
    return torch::tensor(torch::ArrayRef<double>(normalizer_), torch::kDouble).to(like.options());
  }

  PerSide normalizer_;
  bool clip_border_;
};

DETFORGE_REGISTER(bbox_coders, TBLRBBoxCoder,
                  {.name = "TBLRBBoxCoder",
                   .python = "mmdet.core.bbox.coder.tblr_bbox_coder.TBLRBBoxCoder",
                   .meaning = "distances of the sides from the prior's centre, relative to its size"});

}  // namespace detforge
