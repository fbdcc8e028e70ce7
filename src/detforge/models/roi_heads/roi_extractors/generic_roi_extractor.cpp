#include "detforge/models/roi_heads/roi_extractors/roi_extractor.h"
#include "detforge/nn/layers/layer_registries.h"

namespace detforge {

/// Each region from all levels, added or put side by side (GRoIE, arXiv 2004.13665), with a layer before and one after that.
class GenericRoIExtractor : public RoIExtractor {
 public:
  enum class Aggregation { Sum, Concat };
  struct Options : RoIExtractor::Options {
    Aggregation aggregation = Aggregation::Sum;
    std::optional<ConfigDict> pre_cfg;
    std::optional<ConfigDict> post_cfg;
  };
  static Arguments<Options> arguments();

  GenericRoIExtractor(const Options& options, const BuildContext& context)
      : RoIExtractor("GenericRoIExtractor", options, context), aggregation_(options.aggregation) {
    const auto plugin = [&](const char* name, const ConfigDict& config) {
      return register_module(name, nn::plugin_layers().build(config, context.child(name)));
    };
    if (options.post_cfg) post_module_ = plugin("post_module", *options.post_cfg);
    if (options.pre_cfg) pre_module_ = plugin("pre_module", *options.pre_cfg);
    show_init_cfg(context, options.init_cfg);
  }

 protected:
  torch::Tensor compute(const nn::Features& features, const torch::Tensor& rois, std::optional<double> roi_scale_factor) override {
    // One level passes neither layer, as in Python.
    if (features.size() == 1) return roi_layer(0).forward(features.front(), rois);
    const torch::Tensor regions = roi_scale_factor ? roi_rescale(rois, *roi_scale_factor) : rois;
    std::vector<torch::Tensor> of_levels;
    for (std::size_t level = 0; level < features.size(); ++level) {
      const torch::Tensor roi_feats = roi_layer(level).forward(features[level], regions);
      of_levels.push_back(pre_module_ ? pre_module_->forward(roi_feats) : roi_feats);
    }
    torch::Tensor all = of_levels.front();
    if (aggregation_ == Aggregation::Concat) {
      all = torch::cat(of_levels, 1);
      if (all.size(1) != out_channels()) {
        throw Error("GenericRoIExtractor has out_channels=" + std::to_string(out_channels()) + ", but its levels have " +
                    std::to_string(all.size(1)) + " channels together");
      }
    } else {
      for (std::size_t level = 1; level < of_levels.size(); ++level) all = all + of_levels[level];
    }
    return post_module_ ? post_module_->forward(all) : all;
  }

 private:
  Aggregation aggregation_;
  std::shared_ptr<nn::Layer> post_module_;
  std::shared_ptr<nn::Layer> pre_module_;
};

template <>
struct EnumNames<GenericRoIExtractor::Aggregation> {
  using Aggregation = GenericRoIExtractor::Aggregation;
  static constexpr std::array<std::pair<Aggregation, std::string_view>, 2> names = {
      {{Aggregation::Sum, "sum"}, {Aggregation::Concat, "concat"}}};
};

Arguments<GenericRoIExtractor::Options> GenericRoIExtractor::arguments() {
  return {RoIExtractor::arguments(), arg(&Options::aggregation, "aggregation", "how levels become one: sum or concat"),
          arg(&Options::pre_cfg, "pre_cfg", "layer on the features of each level").built_by("PLUGIN_LAYERS"),
          arg(&Options::post_cfg, "post_cfg", "layer on what the levels make together").built_by("PLUGIN_LAYERS")};
}

DETFORGE_REGISTER(roi_extractors, GenericRoIExtractor,
                  {.name = "GenericRoIExtractor",
                   .python = "mmdet.models.roi_heads.roi_extractors.generic_roi_extractor.GenericRoIExtractor",
                   .meaning = "each region from all levels"});

}  // namespace detforge
