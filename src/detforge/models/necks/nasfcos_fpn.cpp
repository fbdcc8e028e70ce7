#include "detforge/models/blocks/merge_cells.h"
#include "detforge/models/necks/level_range.h"
#include "detforge/models/necks/neck.h"
#include "detforge/nn/init/weight_init.h"

namespace detforge {

/// NAS-FCOS's neck (arXiv 1906.04423): three levels of the backbone, [N, in_channels[i], H_i, W_i], merged as the search
/// found best, and strided convolutions behind them → `num_outs` levels of `out_channels`.
class NASFCOS_FPN : public Neck {
 public:
  struct Options {
    std::vector<std::int64_t> in_channels;
    std::int64_t out_channels = 0;
    std::int64_t num_outs = 0;
    std::int64_t start_level = 1;
    std::int64_t end_level = -1;
    bool add_extra_convs = false;
    std::optional<ConfigDict> conv_cfg;
    std::optional<ConfigDict> norm_cfg;
    std::optional<Value> init_cfg;
  };
  static Arguments<Options> arguments();

  NASFCOS_FPN(const Options& options, const BuildContext& context);
  /// The cells keep mmcv's own initialisation: Python looks for their convolution by a wrong name.
  void init_weights(const nn::PretrainedLoader& load_pretrained) override;

 protected:
  nn::Features compute(const nn::Features& features) override;

 private:
  /// A cell of the search: which two of the features so far it joins.
  struct Cell {
    const char* name;
    std::size_t first;
    std::size_t second;
    bool convolves_second;
  };
  static constexpr std::array<Cell, 7> kCells = {{{"c22_1", 2, 2, true},
                                                  {"c22_2", 2, 2, true},
                                                  {"c32", 3, 2, false},
                                                  {"c02", 0, 2, false},
                                                  {"c42", 4, 2, true},
                                                  {"c36", 3, 6, true},
                                                  {"c61", 6, 1, true}}};

  LevelRange levels_;
  std::shared_ptr<nn::ModuleList<>> adapt_convs_;
  std::shared_ptr<nn::ModuleDict<MergeCell>> fpn_;
  std::shared_ptr<nn::ModuleList<>> extra_downsamples_;
};

Arguments<NASFCOS_FPN::Options> NASFCOS_FPN::arguments() {
  return {arg(&Options::in_channels, "in_channels", required, "channels of each input level, finest first: 4 or more"),
          arg(&Options::out_channels, "out_channels", required, "channels of every output level").at_least(1),
          arg(&Options::num_outs, "num_outs", required, "number of output levels").at_least(3),
          arg(&Options::start_level, "start_level", "first input level that is used").at_least(0),
          arg(&Options::end_level, "end_level", "last input level that is used, in 2.8 the one after it; -1: all are").at_least(-1),
          arg(&Options::add_extra_convs, "add_extra_convs", "counts for nothing"),
          arg(&Options::conv_cfg, "conv_cfg", "convolution of the cells' inputs; None: Conv2d"),
          arg(&Options::norm_cfg, "norm_cfg", "normalisation of the cells' inputs"),
          arg(&Options::init_cfg, "init_cfg", "must be None").since_v2_27()};
}

NASFCOS_FPN::NASFCOS_FPN(const Options& options, const BuildContext& context)
    : Neck("NASFCOS_FPN"),
      levels_(level_range(options.in_channels.size(), options.num_outs, options.start_level, options.end_level, context)) {
  if (options.init_cfg && !options.init_cfg->is_none()) throw ArgumentError("init_cfg", "must be None: this neck fills itself");
  if (options.in_channels.size() < 4 || levels_.used() < 3) throw ArgumentError("in_channels", "must have 4 levels, and 3 of them used");
  expect(expected_levels(levels_, options.in_channels));
  const ConfigDict bn = {{"type", "BN"}}, relu = {{"type", "ReLU"}, {"inplace", false}};
  adapt_convs_ = register_module("adapt_convs", std::make_shared<nn::ModuleList<>>());
  for (std::size_t i = levels_.start; i < levels_.end; ++i) {
    const nn::ConvModule::Options adapt{
        .in_channels = options.in_channels[i], .out_channels = options.out_channels, .bias = false, .layers = {{}, bn, relu}};
    adapt_convs_->append(std::make_shared<nn::ConvModule>(adapt, context));
  }
  fpn_ = register_module("fpn", std::make_shared<nn::ModuleDict<MergeCell>>());
  for (const Cell& cell : kCells) {
    const MergeCell::Options merge{
        .operation = MergeCell::Operation::Concat,
        .channels = options.out_channels,
        .out_conv = {.groups = options.out_channels, .bias = false, .layers = {{}, bn, {}}, .order = {"norm", "act", "conv"}},
        .with_input1_conv = true,
        .with_input2_conv = cell.convolves_second,
        .input_layers = {options.conv_cfg, options.norm_cfg, {}}};
    fpn_->append(cell.name, std::make_shared<MergeCell>(merge, context));
  }
  extra_downsamples_ = register_module("extra_downsamples", std::make_shared<nn::ModuleList<>>());
  for (std::size_t i = 0; i < levels_.extra; ++i) {
    const nn::ConvModule::Options down{.in_channels = options.out_channels,
                                       .out_channels = options.out_channels,
                                       .kernel_size = 3,
                                       .stride = 2,
                                       .padding = 1,
                                       .layers = {{}, {}, i == 0 ? std::nullopt : std::optional(relu)},
                                       .order = {"act", "norm", "conv"}};
    extra_downsamples_->append(std::make_shared<nn::ConvModule>(down, context));
  }
}

void NASFCOS_FPN::init_weights(const nn::PretrainedLoader& load_pretrained) {
  Neck::init_weights(load_pretrained);
  for (torch::nn::Module* list :
       {static_cast<torch::nn::Module*>(adapt_convs_.get()), static_cast<torch::nn::Module*>(extra_downsamples_.get())}) {
    for (const auto& module : list->modules()) {
      if (auto* conv = dynamic_cast<nn::Conv2d*>(module.get())) nn::caffe2_xavier_init(*conv);
    }
  }
}

nn::Features NASFCOS_FPN::compute(const nn::Features& features) {
  nn::Features found;
  for (std::size_t i = 0; i < adapt_convs_->size(); ++i) found.push_back((*adapt_convs_)[i].forward(features[levels_.start + i]));
  for (const Cell& cell : kCells) found.push_back((*fpn_)[cell.name].forward(found.at(cell.first), found.at(cell.second)));
  const auto bilinear = [](const torch::Tensor& level, const torch::Tensor& like) {
    return torch::upsample_bilinear2d(level, like.sizes().slice(2), /*align_corners=*/false);
  };
  nn::Features outputs;
  for (const std::size_t level : {1U, 2U, 3U}) {
    const torch::Tensor& cell = found[10 - level];
    outputs.push_back(bilinear(cell + bilinear(found[5], cell), features[level]));
  }
  for (const auto& downsample : *extra_downsamples_) outputs.push_back(downsample->forward(outputs.back()));
  return outputs;
}

DETFORGE_REGISTER(necks, NASFCOS_FPN,
                  {.name = "NASFCOS_FPN",
                   .python = "mmdet.models.necks.nasfcos_fpn.NASFCOS_FPN",
                   .meaning = "NAS-FCOS's neck (arXiv 1906.04423)"});

}  // namespace detforge
