#include "detforge/models/blocks/merge_cells.h"
#include "detforge/models/necks/level_range.h"
#include "detforge/models/necks/neck.h"
#include "detforge/nn/layers/max_pool2d.h"

namespace detforge {

/// NAS-FPN (arXiv 1904.07392): five levels, [N, in_channels[i], H_i, W_i] of the backbone and pooled ones behind them → five
/// of `out_channels`, merged as the search found best, `stack_times` times.
class NASFPN : public Neck {
 public:
  struct Options {
    std::vector<std::int64_t> in_channels;
    std::int64_t out_channels = 0;
    std::int64_t num_outs = 0;
    std::int64_t stack_times = 0;
    std::int64_t start_level = 0;
    std::int64_t end_level = -1;
    std::variant<bool, std::string> add_extra_convs = false;
    std::optional<ConfigDict> norm_cfg;
    std::optional<Value> init_cfg = Value::dict({{"type", "Caffe2Xavier"}, {"layer", "Conv2d"}});
  };
  static Arguments<Options> arguments();

  NASFPN(const Options& options, const BuildContext& context);

 protected:
  nn::Features compute(const nn::Features& features) override;

 private:
  using Stage = nn::ModuleDict<MergeCell>;
  static std::shared_ptr<Stage> make_stage(const Options& options, const BuildContext& context);

  LevelRange levels_;
  std::shared_ptr<nn::ModuleList<>> lateral_convs_;
  std::shared_ptr<nn::ModuleList<>> extra_downsamples_;
  std::shared_ptr<nn::BaseModuleList<Stage>> fpn_stages_;
};

Arguments<NASFPN::Options> NASFPN::arguments() {
  return {arg(&Options::in_channels, "in_channels", required, "channels of each input level, finest first"),
          arg(&Options::out_channels, "out_channels", required, "channels of every output level").at_least(1),
          arg(&Options::num_outs, "num_outs", required, "number of output levels: 5").one_of({5}),
          arg(&Options::stack_times, "stack_times", required, "how often the levels are merged").at_least(0),
          arg(&Options::start_level, "start_level", "first input level that is used").at_least(0),
          arg(&Options::end_level, "end_level", "last input level that is used, in 2.8 the one after it; -1: all are").at_least(-1),
          arg(&Options::add_extra_convs, "add_extra_convs", "counts for nothing"),
          arg(&Options::norm_cfg, "norm_cfg", "normalisation layer"),
          arg(&Options::init_cfg, "init_cfg", "initialisation").since_v2_27()};
}

NASFPN::NASFPN(const Options& options, const BuildContext& context)
    : Neck("NASFPN"), levels_(level_range(options.in_channels.size(), options.num_outs, options.start_level, options.end_level, context)) {
  const auto conv = [&](std::int64_t in_channels) {
    const nn::ConvModule::Options module{
        .in_channels = in_channels, .out_channels = options.out_channels, .layers = {{}, options.norm_cfg, {}}};
    return std::make_shared<nn::ConvModule>(module, context);
  };
  lateral_convs_ = register_module("lateral_convs", std::make_shared<nn::ModuleList<>>());
  for (std::size_t i = levels_.start; i < levels_.end; ++i) lateral_convs_->append(conv(options.in_channels[i]));
  extra_downsamples_ = register_module("extra_downsamples", std::make_shared<nn::ModuleList<>>());
  for (std::size_t i = 0; i < levels_.extra; ++i) {
    auto downsample = std::make_shared<nn::Sequential>();
    downsample->append(conv(options.out_channels));
    downsample->append(std::make_shared<nn::MaxPool2d>(nn::MaxPool2d::Options{.kernel_size = 2, .stride = 2}));
    extra_downsamples_->append(downsample);
  }
  fpn_stages_ = register_module("fpn_stages", std::make_shared<nn::BaseModuleList<Stage>>());
  for (std::int64_t i = 0; i < options.stack_times; ++i) fpn_stages_->append(make_stage(options, context));
  expect(expected_levels(levels_, options.in_channels));
  show_init_cfg(context, options.init_cfg);
}

std::shared_ptr<NASFPN::Stage> NASFPN::make_stage(const Options& options, const BuildContext& context) {
  using Operation = MergeCell::Operation;
  auto stage = std::make_shared<Stage>();
  // gp_64_4: global pooling of levels 6 and 4 to level 4; and so on.
  const auto cell = [&](const char* name, Operation operation, bool with_out_conv = true) {
    MergeCell::Options merge{.operation = operation, .channels = options.out_channels, .with_out_conv = with_out_conv};
    merge.out_conv.layers.norm_cfg = options.norm_cfg;
    stage->append(name, std::make_shared<MergeCell>(merge, context));
  };
  cell("gp_64_4", Operation::GlobalPooling);
  cell("sum_44_4", Operation::Sum);
  cell("sum_43_3", Operation::Sum);
  cell("sum_34_4", Operation::Sum);
  cell("gp_43_5", Operation::GlobalPooling, /*with_out_conv=*/false);
  cell("sum_55_5", Operation::Sum);
  cell("gp_54_7", Operation::GlobalPooling, /*with_out_conv=*/false);
  cell("sum_77_7", Operation::Sum);
  cell("gp_75_6", Operation::GlobalPooling);
  return stage;
}

nn::Features NASFPN::compute(const nn::Features& features) {
  nn::Features levels;
  for (std::size_t i = 0; i < lateral_convs_->size(); ++i) levels.push_back((*lateral_convs_)[i].forward(features[levels_.start + i]));
  for (const auto& downsample : *extra_downsamples_) levels.push_back(downsample->forward(levels.back()));
  torch::Tensor &p3 = levels[0], &p4 = levels[1], &p5 = levels[2], &p6 = levels[3], &p7 = levels[4];
  for (const auto& stage : *fpn_stages_) {
    const auto merged = [&](const char* name, const torch::Tensor& first, const torch::Tensor& second, const torch::Tensor& like) {
      const std::vector<std::int64_t> size = like.sizes().slice(2).vec();
      return (*stage)[name].forward(first, second, torch::IntArrayRef(size));
    };
    const torch::Tensor middle = merged("sum_44_4", merged("gp_64_4", p6, p4, p4), p4, p4);
    p3 = merged("sum_43_3", middle, p3, p3);
    p4 = merged("sum_34_4", p3, middle, p4);
    p5 = merged("sum_55_5", p5, merged("gp_43_5", p4, p3, p5), p5);
    p7 = merged("sum_77_7", p7, merged("gp_54_7", p5, middle, p7), p7);
    p6 = merged("gp_75_6", p7, p5, p6);
  }
  return levels;
}

DETFORGE_REGISTER(necks, NASFPN,
                  {.name = "NASFPN", .python = "mmdet.models.necks.nas_fpn.NASFPN", .meaning = "NAS-FPN (arXiv 1904.07392)"});

}  // namespace detforge
