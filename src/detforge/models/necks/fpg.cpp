#include "detforge/models/necks/level_range.h"
#include "detforge/models/necks/neck.h"
#include "detforge/nn/activations/relu.h"
#include "detforge/nn/interpolate.h"
#include "detforge/nn/layers/containers.h"
#include "detforge/nn/layers/conv_module.h"
#include "detforge/nn/layers/max_pool2d.h"

namespace detforge {

/// Feature Pyramid Grids (arXiv 2004.03580): levels [N, in_channels[i], H_i, W_i], finest first → `num_outs` levels of
/// `out_channels`, through a stack of pathways, each level of which is a sum of transitions from the pathway before and from
/// its own neighbour.
class FPG : public Neck {
 public:
  struct Options {
    std::vector<std::int64_t> in_channels;
    std::int64_t out_channels = 0;
    std::int64_t num_outs = 0;
    std::int64_t stack_times = 0;
    std::vector<std::string> paths;
    std::optional<std::variant<std::int64_t, std::vector<std::int64_t>>> inter_channels;
    std::optional<ConfigDict> same_down_trans;
    std::optional<ConfigDict> same_up_trans = ConfigDict{{"type", "conv"}, {"kernel_size", 3}, {"stride", 2}, {"padding", 1}};
    std::optional<ConfigDict> across_lateral_trans = ConfigDict{{"type", "conv"}, {"kernel_size", 1}};
    std::optional<ConfigDict> across_down_trans = ConfigDict{{"type", "conv"}, {"kernel_size", 3}};
    std::optional<ConfigDict> across_up_trans;
    std::optional<ConfigDict> across_skip_trans = ConfigDict{{"type", "identity"}};
    ConfigDict output_trans = {{"type", "last_conv"}, {"kernel_size", 3}};
    std::int64_t start_level = 0;
    std::int64_t end_level = -1;
    bool add_extra_convs = false;
    std::optional<ConfigDict> norm_cfg;
    std::optional<std::vector<std::vector<std::int64_t>>> skip_inds;
    std::optional<Value> init_cfg = default_init_cfg();
  };
  static Arguments<Options> arguments();

  FPG(const Options& options, const BuildContext& context);

 protected:
  nn::Features compute(const nn::Features& features) override;

 private:
  class UpInterpolationConv;
  class LastConv;
  /// The transitions to one level of one pathway, by name; where Python has None, a `NoLayer`. Empty where it is skipped.
  using Transitions = nn::ModuleDict<>;

  static Value default_init_cfg();
  static void check(const Options& options);
  static std::vector<std::int64_t> widths(const Options& options);
  static std::shared_ptr<nn::Layer> make_transition(const std::optional<ConfigDict>& config, std::int64_t in_channels,
                                                    std::int64_t out_channels, const BuildContext& context);
  std::shared_ptr<Transitions> make_transitions(const Options& options, std::size_t level, const BuildContext& context) const;
  bool skips(std::size_t pathway, std::size_t level) const;
  /// One pathway: what each level gives, finest first.
  nn::Features forward_pathway(std::size_t pathway, const nn::Features& before, const nn::Features& first);

  LevelRange levels_;
  std::vector<std::int64_t> widths_;  // of each level inside
  std::vector<std::string> paths_;
  std::vector<std::vector<std::int64_t>> skip_inds_;
  std::shared_ptr<nn::ModuleList<>> lateral_convs_;
  std::shared_ptr<nn::ModuleList<>> extra_downsamples_;
  std::shared_ptr<nn::ModuleList<nn::ModuleList<Transitions>>> fpn_transitions_;
  std::shared_ptr<nn::ModuleList<>> output_transition_;
  std::shared_ptr<nn::ReLU> relu_;
};

/// The ConvModule of a transition, `config` without its type and kernel size; "same" padding unless the config gives one.
static std::shared_ptr<nn::Layer> fpg_conv_module(Value config, std::int64_t in_channels, std::int64_t out_channels,
                                                  const BuildContext& context) {
  config["type"] = "ConvModule";
  return nn::plugin_layers().build(config, context, Value::dict({{"in_channels", in_channels}, {"out_channels", out_channels}}));
}

/// Enlarges, then convolves.
class FPG::UpInterpolationConv : public nn::Layer {
 public:
  UpInterpolationConv(Value config, std::int64_t in_channels, std::int64_t out_channels, const BuildContext& context)
      : Layer("UpInterpolationConv") {
    Value interpolation = Value::dict({{"scale_factor", config.pop("scale_factor", 2)},
                                       {"mode", config.pop("mode", "nearest")},
                                       {"align_corners", config.pop("align_corners", Value())}});
    interpolation_ = nn::Interpolation::from("a transition", interpolation, context);
    const std::int64_t kernel_size = Conversion<std::int64_t>::from(config.pop("kernel_size", 3));
    const Value init_cfg = config.pop("init_cfg", Value());
    config["kernel_size"] = kernel_size;
    config["padding"] = (kernel_size - 1) / 2;
    conv_ = register_module("conv", fpg_conv_module(config, in_channels, out_channels, context));
    show_init_cfg(context, init_cfg);
  }

 protected:
  torch::Tensor compute(const torch::Tensor& input) override { return conv_->forward(interpolation_(input, input.sizes().slice(2))); }

 private:
  nn::Interpolation interpolation_;
  std::shared_ptr<nn::Layer> conv_;
};

/// Convolves what the last pathway gave.
class FPG::LastConv : public nn::Layer {
 public:
  LastConv(Value config, std::int64_t in_channels, std::int64_t out_channels, const BuildContext& context) : Layer("LastConv") {
    const std::int64_t kernel_size = Conversion<std::int64_t>::from(config.pop("kernel_size", 3));
    const Value init_cfg = config.pop("init_cfg", Value());
    config["kernel_size"] = kernel_size;
    config["padding"] = (kernel_size - 1) / 2;
    conv_out_ = register_module("conv_out", fpg_conv_module(config, in_channels, out_channels, context));
    show_init_cfg(context, init_cfg);
  }

 protected:
  torch::Tensor compute(const torch::Tensor& input) override { return conv_out_->forward(input); }

 private:
  std::shared_ptr<nn::Layer> conv_out_;
};

Value FPG::default_init_cfg() {
  const Value norms = Value::list({"_BatchNorm", "_InstanceNorm", "GroupNorm", "LayerNorm"});
  return Value::list(
      {Value::dict({{"type", "Caffe2Xavier"}, {"layer", "Conv2d"}}), Value::dict({{"type", "Constant"}, {"layer", norms}, {"val", 1.0}})});
}

Arguments<FPG::Options> FPG::arguments() {
  return {arg(&Options::in_channels, "in_channels", required, "channels of each input level, finest first"),
          arg(&Options::out_channels, "out_channels", required, "channels of every output level").at_least(1),
          arg(&Options::num_outs, "num_outs", required, "number of output levels").at_least(1),
          arg(&Options::stack_times, "stack_times", required, "number of pathways").at_least(0),
          arg(&Options::paths, "paths", required, "direction of each pathway: 'bu' from fine to coarse, 'td' back"),
          arg(&Options::inter_channels, "inter_channels", "channels inside, of all levels or of each; None: out_channels"),
          arg(&Options::same_down_trans, "same_down_trans", "from the coarser level of the same pathway"),
          arg(&Options::same_up_trans, "same_up_trans", "from the finer level of the same pathway"),
          arg(&Options::across_lateral_trans, "across_lateral_trans", "from the same level of the pathway before"),
          arg(&Options::across_down_trans, "across_down_trans", "from the coarser level of the pathway before"),
          arg(&Options::across_up_trans, "across_up_trans", "from the finer level of the pathway before"),
          arg(&Options::across_skip_trans, "across_skip_trans", "from the same level of the backbone"),
          arg(&Options::output_trans, "output_trans", "from the last pathway to the output"),
          arg(&Options::start_level, "start_level", "first input level that is used").at_least(0),
          arg(&Options::end_level, "end_level", "last input level that is used; -1: all are").at_least(-1),
          arg(&Options::add_extra_convs, "add_extra_convs", "convolutions make the extra levels, else pools"),
          arg(&Options::norm_cfg, "norm_cfg", "counts for nothing"),
          arg(&Options::skip_inds, "skip_inds", "pathways that pass each level by; must be given"),
          arg(&Options::init_cfg, "init_cfg", "initialisation")};
}

std::vector<std::int64_t> FPG::widths(const Options& options) {
  const auto count = static_cast<std::size_t>(options.num_outs);
  if (!options.inter_channels) return std::vector<std::int64_t>(count, options.out_channels);
  if (const auto* width = std::get_if<std::int64_t>(&*options.inter_channels)) return std::vector<std::int64_t>(count, *width);
  const auto& each = std::get<1>(*options.inter_channels);
  if (each.size() != count) throw ArgumentError("inter_channels", "must have num_outs entries, " + std::to_string(count));
  return each;
}

void FPG::check(const Options& options) {
  const auto pathways = static_cast<std::size_t>(options.stack_times), levels = static_cast<std::size_t>(options.num_outs);
  if (options.paths.size() != pathways) throw ArgumentError("paths", "must have stack_times entries, " + std::to_string(pathways));
  for (const std::string& path : options.paths) {
    if (path != "bu" && path != "td") throw ArgumentError("paths", "must hold 'bu' and 'td', got '" + path + "'");
  }
  if (!options.skip_inds || options.skip_inds->size() != levels) {
    throw ArgumentError("skip_inds", "must have num_outs entries, " + std::to_string(levels));
  }
  // A pathway down asks for its steps where the transitions go by level.
  for (std::size_t pathway = 0; pathway < pathways; ++pathway) {
    if (options.paths[pathway] != "td") continue;
    for (std::size_t step = 0; step < levels; ++step) {
      const auto holds = [&](std::size_t entry) {
        const auto& skipped = (*options.skip_inds)[entry];
        return std::find(skipped.begin(), skipped.end(), static_cast<std::int64_t>(pathway)) != skipped.end();
      };
      if (holds(step) != holds(levels - 1 - step)) {
        throw ArgumentError("skip_inds", "must be the same from both ends for pathway " + std::to_string(pathway) + ", which is 'td'");
      }
    }
  }
}

bool FPG::skips(std::size_t pathway, std::size_t level) const {
  const auto& skipped = skip_inds_[level];
  return std::find(skipped.begin(), skipped.end(), static_cast<std::int64_t>(pathway)) != skipped.end();
}

FPG::FPG(const Options& options, const BuildContext& context)
    : Neck("FPG"),
      levels_(level_range(options.in_channels.size(), options.num_outs, options.start_level, options.end_level, context)),
      widths_(widths(options)),
      paths_(options.paths) {
  check(options);
  expect(expected_levels(levels_, options.in_channels));
  skip_inds_ = *options.skip_inds;
  const auto list = [&](const char* name) { return register_module(name, std::make_shared<nn::ModuleList<>>()); };
  lateral_convs_ = list("lateral_convs");
  for (std::size_t i = 0; i < levels_.used(); ++i) {
    lateral_convs_->append(std::make_shared<nn::Conv2d>(
        nn::Conv2d::Options{.in_channels = options.in_channels[levels_.start + i], .out_channels = widths_[i]}));
  }
  extra_downsamples_ = list("extra_downsamples");
  for (std::size_t level = levels_.used(); level < widths_.size(); ++level) {
    if (options.add_extra_convs) {
      extra_downsamples_->append(std::make_shared<nn::Conv2d>(nn::Conv2d::Options{
          .in_channels = widths_[level - 1], .out_channels = widths_[level], .kernel_size = 3, .stride = 2, .padding = 1}));
    } else {
      extra_downsamples_->append(std::make_shared<nn::MaxPool2d>(nn::MaxPool2d::Options{.kernel_size = 1, .stride = 2}));
    }
  }
  fpn_transitions_ = register_module("fpn_transitions", std::make_shared<nn::ModuleList<nn::ModuleList<Transitions>>>());
  for (std::size_t pathway = 0; pathway < paths_.size(); ++pathway) {
    auto transitions = std::make_shared<nn::ModuleList<Transitions>>();
    for (std::size_t level = 0; level < widths_.size(); ++level) {
      transitions->append(skips(pathway, level) ? std::make_shared<Transitions>() : make_transitions(options, level, context));
    }
    fpn_transitions_->append(transitions);
  }
  output_transition_ = list("output_transition");
  for (const std::int64_t width : widths_) {
    output_transition_->append(make_transition(options.output_trans, width, options.out_channels, context));
  }
  relu_ = register_module("relu", std::make_shared<nn::ReLU>(nn::ReLU::Options{.inplace = true}));
  show_init_cfg(context, options.init_cfg);
}

std::shared_ptr<nn::Layer> FPG::make_transition(const std::optional<ConfigDict>& config, std::int64_t in_channels,
                                                std::int64_t out_channels, const BuildContext& context) {
  if (!config) return std::make_shared<nn::NoLayer>();
  Value rest = *config;
  const Value type = rest.pop("type", Value());
  if (python_equal(type, "conv")) return fpg_conv_module(rest, in_channels, out_channels, context);
  if (python_equal(type, "interpolation_conv")) return std::make_shared<UpInterpolationConv>(rest, in_channels, out_channels, context);
  if (python_equal(type, "last_conv")) return std::make_shared<LastConv>(rest, in_channels, out_channels, context);
  throw Error("a transition's 'type' must be 'conv', 'interpolation_conv' or 'last_conv', got " + repr(type))
      .at(config->value().location());
}

std::shared_ptr<FPG::Transitions> FPG::make_transitions(const Options& options, std::size_t level, const BuildContext& context) const {
  auto transitions = std::make_shared<Transitions>();
  const std::size_t last = widths_.size() - 1;
  const std::int64_t width = widths_[level];
  const std::int64_t finer = widths_[level == 0 ? last : level - 1];  // Python's index -1 is the last
  const std::int64_t coarser = level == last ? 0 : widths_[level + 1];
  const auto put = [&](const char* name, bool possible, const std::optional<ConfigDict>& config, std::int64_t in_channels) {
    transitions->append(name, make_transition(possible ? config : std::nullopt, in_channels, width, context));
  };
  put("same_up", level > 0, options.same_up_trans, finer);
  put("same_down", level < last, options.same_down_trans, coarser);
  put("across_lateral", true, options.across_lateral_trans, width);
  put("across_down", level < last, options.across_down_trans, coarser);
  put("across_up", level > 0, options.across_up_trans, finer);
  put("across_skip", true, options.across_skip_trans, finer);
  return transitions;
}

nn::Features FPG::forward_pathway(std::size_t pathway, const nn::Features& before, const nn::Features& first) {
  const bool down = paths_[pathway] == "td";
  const std::size_t last = widths_.size() - 1;
  nn::Features outputs;  // in the order of the pathway
  for (std::size_t step = 0; step < widths_.size(); ++step) {
    // Python asks for the step here, not for its level.
    if (skips(pathway, step)) {
      outputs.push_back(before[step]);
      continue;
    }
    const std::size_t level = down ? last - step : step;
    Transitions& transitions = (*fpn_transitions_)[pathway][level];
    torch::Tensor sum;
    const auto add = [&](const char* name, bool possible, const std::function<const torch::Tensor&()>& source) {
      nn::Layer& transition = transitions[name];
      if (!possible || dynamic_cast<nn::NoLayer*>(&transition) != nullptr) return;
      const torch::Tensor moved = transition.forward(source());
      sum = sum.defined() ? sum + moved : moved;
    };
    add(down ? "same_down" : "same_up", true, [&]() -> const torch::Tensor& { return outputs.back(); });
    add("across_lateral", true, [&]() -> const torch::Tensor& { return before[level]; });
    add("across_up", level > 0, [&]() -> const torch::Tensor& { return before[level - 1]; });
    add("across_down", level < last, [&]() -> const torch::Tensor& { return before[level + 1]; });
    add("across_skip", true, [&]() -> const torch::Tensor& { return first[level]; });
    outputs.push_back(sum);
  }
  if (down) std::reverse(outputs.begin(), outputs.end());
  return outputs;
}

nn::Features FPG::compute(const nn::Features& features) {
  nn::Features first;
  for (std::size_t i = 0; i < lateral_convs_->size(); ++i) first.push_back((*lateral_convs_)[i].forward(features[levels_.start + i]));
  for (const auto& downsample : *extra_downsamples_) first.push_back(downsample->forward(first.back()));
  nn::Features levels = first;
  for (std::size_t pathway = 0; pathway < paths_.size(); ++pathway) levels = forward_pathway(pathway, levels, first);
  for (std::size_t i = 0; i < levels.size(); ++i) levels[i] = (*output_transition_)[i].forward(levels[i]);
  return levels;
}

DETFORGE_REGISTER(necks, FPG,
                  {.name = "FPG",
                   .python = "mmdet.models.necks.fpg.FPG",
                   .meaning = "Feature Pyramid Grids (arXiv 2004.03580)",
                   .since = Reference::V2_27});

}  // namespace detforge
