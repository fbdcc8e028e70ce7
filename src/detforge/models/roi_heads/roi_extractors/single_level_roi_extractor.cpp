#include <cmath>

#include "detforge/models/roi_heads/roi_extractors/roi_extractor.h"

namespace detforge {

/// Each region from the one level that fits its size (FPN, arXiv 1612.03144): level l for √(width · height) from
/// `finest_scale` · 2^(l + 1) px on, the first for all below.
class SingleRoIExtractor : public RoIExtractor {
 public:
  struct Options : RoIExtractor::Options {
    double finest_scale = 56;
  };
  static Arguments<Options> arguments() {
    return {RoIExtractor::arguments(),
            arg(&Options::finest_scale, "finest_scale", "half of the size from which the second level is taken")};
  }

  SingleRoIExtractor(const Options& options, const BuildContext& context)
      : RoIExtractor("SingleRoIExtractor", options, context), finest_scale_(options.finest_scale) {
    show_init_cfg(context, options.init_cfg);
  }

 protected:
  torch::Tensor compute(const nn::Features& features, const torch::Tensor& rois, std::optional<double> roi_scale_factor) override {
    // With one level Python leaves `roi_scale_factor` unread.
    if (features.size() == 1) return roi_layer(0).forward(features.front(), rois);
    const torch::Tensor levels = map_roi_levels(rois, static_cast<std::int64_t>(features.size()));
    const torch::Tensor regions = roi_scale_factor ? roi_rescale(rois, *roi_scale_factor) : rois;
    torch::Tensor roi_feats = zero_features(features.front(), rois.size(0));
    for (std::size_t level = 0; level < features.size(); ++level) {
      const torch::Tensor chosen = (levels == static_cast<std::int64_t>(level)).nonzero().squeeze(1);
      if (chosen.size(0) > 0) {
        roi_feats.index_copy_(0, chosen, roi_layer(level).forward(features[level], regions.index_select(0, chosen)));
      } else if (features[level].requires_grad()) {
        // Every level stays in the graph, so that all parameters have gradients.
        roi_feats = roi_feats + features[level].sum() * 0;
      }
    }
    return roi_feats;
  }

 private:
  torch::Tensor map_roi_levels(const torch::Tensor& rois, std::int64_t num_levels) const {
    const torch::Tensor sizes = rois.slice(1, 3, 5) - rois.slice(1, 1, 3);
    const torch::Tensor scale = (sizes.select(1, 0) * sizes.select(1, 1)).sqrt();
    // NaN, of boxes inside out, is no level: the first.
    return (scale / finest_scale_ + 1e-6).log2().floor().nan_to_num(0).clamp(0, num_levels - 1).to(torch::kLong);
  }

  double finest_scale_;
};

DETFORGE_REGISTER(roi_extractors, SingleRoIExtractor,
                  {.name = "SingleRoIExtractor",
                   .python = "mmdet.models.roi_heads.roi_extractors.single_level_roi_extractor.SingleRoIExtractor",
                   .meaning = "each region from the level that fits its size"});

}  // namespace detforge
