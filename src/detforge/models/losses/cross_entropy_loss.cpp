#include "detforge/models/losses/loss.h"

namespace detforge {

/// Cross entropy over classes (softmax), per class (sigmoid), or per pixel of the mask of a box's class.
///
/// Softmax: prediction [N, C], target [N] class indices. Sigmoid: target [N] class indices (C: background) or the
/// prediction's shape. Mask: prediction [N, C, h, w], target [N, h, w], the classes [N] as the call's `weight`, which
/// is MMDetection's third argument there.
class CrossEntropyLoss : public Loss {
 public:
  struct Options : Loss::Options {
    bool use_sigmoid = false;
    bool use_mask = false;
    std::optional<std::vector<double>> class_weight;
    std::optional<std::int64_t> ignore_index;
    bool avg_non_ignore = false;
  };
  static Arguments<Options> arguments() {
    return {arg(&Options::use_sigmoid, "use_sigmoid", "one yes-or-no question per class instead of a softmax"),
            arg(&Options::use_mask, "use_mask", "per pixel of the mask of a box's class"),
            arg(&Options::reduction, "reduction", "how the elements' losses become one"),
            arg(&Options::class_weight, "class_weight", "factor of each class"),
            arg(&Options::ignore_index, "ignore_index", "label that does not count").since_v2_27(),
            arg(&Options::loss_weight, "loss_weight", "factor of the result"),
            arg(&Options::avg_non_ignore, "avg_non_ignore", "average over labels that are not ignored only").since_v2_27()};
  }

  CrossEntropyLoss(const Options& options, const BuildContext& context) : Loss("CrossEntropyLoss", options, context), options_(options) {
    if (options.use_sigmoid && options.use_mask) throw ArgumentError("use_mask", "can not be combined with use_sigmoid");
  }

  std::string extra_repr() const override {
    if (reference() == Reference::V2_8) return {};
    return std::string("avg_non_ignore=") + (options_.avg_non_ignore ? "True" : "False");
  }

 protected:
  torch::Tensor compute(const torch::Tensor& prediction, const torch::Tensor& target, const LossCall& call) override {
    torch::Tensor class_weight;
    if (options_.class_weight) class_weight = torch::tensor(*options_.class_weight, prediction.options());
    if (options_.use_sigmoid) return binary(prediction, target, class_weight, call);
    if (options_.use_mask) return mask(prediction, target, class_weight, call);
    return softmax(prediction, target, class_weight, call);
  }

 private:
  static constexpr std::int64_t never_ignored = -100;

  std::int64_t ignore_index(const LossCall& call) const {
    return call.ignore_index.value_or(options_.ignore_index.value_or(never_ignored));
  }
  /// 2.8 knows no ignored labels: a negative one is background of full weight.
  bool ignores(const LossCall& call) const {
    return reference() == Reference::V2_27 || call.ignore_index.has_value() || options_.ignore_index.has_value();
  }
  bool averages_non_ignored(const LossCall& call) const {
    return options_.avg_non_ignore && !call.avg_factor && reduction(call) == Reduction::Mean;
  }

  torch::Tensor softmax(const torch::Tensor& prediction, const torch::Tensor& label, const torch::Tensor& class_weight,
                        LossCall call) const {
    const std::int64_t ignored = ignore_index(call);
    const torch::Tensor loss = torch::cross_entropy_loss(prediction, label, class_weight, at::Reduction::None, ignored);
    if (averages_non_ignored(call)) call.avg_factor = static_cast<double>((label != ignored).sum().item<std::int64_t>());
    return reduce(loss, call.weight.defined() ? call.weight.to(torch::kFloat) : call.weight, call);
  }

  torch::Tensor binary(const torch::Tensor& prediction, torch::Tensor label, const torch::Tensor& class_weight, LossCall call) const {
    const std::int64_t ignored = ignore_index(call);
    torch::Tensor valid = (label >= 0) & (label != ignored);
    torch::Tensor weight = call.weight;
    if (prediction.dim() != label.dim()) {
      const torch::Tensor classes = torch::arange(prediction.size(-1), label.options());
      valid = valid.view({-1, 1}).expand({label.size(0), prediction.size(-1)});
      label = (label.view({-1, 1}) == classes) & valid;
      if (weight.defined()) weight = weight.view({-1, 1}).expand({weight.size(0), prediction.size(-1)});
    }
    if (ignores(call)) {
      const torch::Tensor mask = valid.to(torch::kFloat);
      weight = weight.defined() ? weight * mask : mask;
    }
    if (averages_non_ignored(call)) call.avg_factor = static_cast<double>(valid.sum().item<std::int64_t>());
    const torch::Tensor loss =
        torch::binary_cross_entropy_with_logits(prediction, label.to(torch::kFloat), {}, class_weight, at::Reduction::None);
    return reduce(loss, weight.defined() ? weight.to(torch::kFloat) : weight, call);
  }

  torch::Tensor mask(const torch::Tensor& prediction, const torch::Tensor& target, const torch::Tensor& class_weight,
                     const LossCall& call) const {
    if (reduction(call) != Reduction::Mean || call.avg_factor) {
      throw Error("CrossEntropyLoss: use_mask knows no other reduction than 'mean'");
    }
    if (call.ignore_index || options_.ignore_index) throw Error("CrossEntropyLoss: use_mask knows no ignore_index");
    if (!call.weight.defined()) throw Error("CrossEntropyLoss: use_mask needs the class of each mask");
    const torch::Tensor rows = torch::arange(prediction.size(0), call.weight.options());
    const torch::Tensor chosen = prediction.index({rows, call.weight}).squeeze(1);
    return torch::binary_cross_entropy_with_logits(chosen, target, class_weight, {}, at::Reduction::Mean).unsqueeze(0);
  }

  Options options_;
};

DETFORGE_REGISTER(losses, CrossEntropyLoss,
                  {.name = "CrossEntropyLoss",
                   .python = "mmdet.models.losses.cross_entropy_loss.CrossEntropyLoss",
                   .meaning = "cross entropy with softmax, sigmoid, or over masks"});

}  // namespace detforge
