#include "detforge/nn/transformer/positional_encoding.h"

namespace detforge::nn {

/// DETR's encoding by sines and cosines of the row and the column, counted within the image (arXiv 2005.12872).
class SinePositionalEncoding : public PositionalEncoding {
 public:
  struct Options {
    std::int64_t num_feats = 0;
    std::int64_t temperature = 10000;
    bool normalize = false;
    double scale = 6.283185307179586;
    double eps = 1e-6;
    double offset = 0;
    std::optional<Value> init_cfg;
  };
  static Arguments<Options> arguments() {
    return {arg(&Options::num_feats, "num_feats", required, "channels for the row, and as many for the column").at_least(1),
            arg(&Options::temperature, "temperature", "how much longer the longest wave is than the shortest").at_least(1),
            arg(&Options::normalize, "normalize", "count from 0 to scale in every image"),
            arg(&Options::scale, "scale", "of the last row and column, where they are normalised"),
            arg(&Options::eps, "eps", "added to what normalising divides by"),
            arg(&Options::offset, "offset", "added to rows and columns before they are normalised").since_v2_27(),
            arg(&Options::init_cfg, "init_cfg", "initialisation").since_v2_27()};
  }

  SinePositionalEncoding(const Options& options, const BuildContext&)
      : PositionalEncoding("SinePositionalEncoding", options.num_feats), options_(options) {
    if (options.num_feats % 2 != 0) throw ArgumentError("num_feats", "must be even, for sines and cosines");
  }

  std::optional<std::string> own_repr() const override {
    return "SinePositionalEncoding(num_feats=" + std::to_string(options_.num_feats) +
           ", temperature=" + std::to_string(options_.temperature) + ", normalize=" + (options_.normalize ? "True" : "False") +
           ", scale=" + detforge::repr(options_.scale) + ", eps=" + detforge::repr(options_.eps) + ")";
  }

 protected:
  torch::Tensor compute(const torch::Tensor& mask) override {
    const torch::Tensor rows = counted(mask, 1), columns = counted(mask, 2);
    const auto waves = [&](const torch::Tensor& places) {
      return sine_waves(places, num_feats(), static_cast<double>(options_.temperature));
    };
    return torch::cat({waves(rows), waves(columns)}, 3).permute({0, 3, 1, 2});
  }

 private:
  /// The number of pixels of the image up to each one along `axis`, [N, H, W].
  torch::Tensor counted(const torch::Tensor& mask, std::int64_t axis) const {
    const torch::Tensor counts = mask.logical_not().cumsum(axis, torch::kFloat);
    if (!options_.normalize) return counts;
    return (counts + options_.offset) / (counts.narrow(axis, counts.size(axis) - 1, 1) + options_.eps) * options_.scale;
  }

  Options options_;
};

DETFORGE_REGISTER(positional_encodings, SinePositionalEncoding,
                  {.name = "SinePositionalEncoding",
                   .python = "mmdet.models.utils.positional_encoding.SinePositionalEncoding",
                   .meaning = "sines and cosines of row and column"});

}  // namespace detforge::nn
