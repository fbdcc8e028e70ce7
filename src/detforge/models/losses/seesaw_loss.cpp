#include "detforge/models/losses/accuracy.h"
#include "detforge/models/losses/custom_classifier.h"

namespace detforge {

/// Softmax cross entropy that spares rare classes (arXiv 2008.10032), beside one of object or background: prediction
/// [N, num_classes + 2], the last two of them object and background; target [N], num_classes for background.
class SeesawLoss : public Loss, public CustomClassifier {
 public:
  struct Options : Loss::Options {
    bool use_sigmoid = false;
    double p = 0.8;
    double q = 2.0;
    std::int64_t num_classes = 1203;
    double eps = 1e-2;
    bool return_dict = true;
  };
  static Arguments<Options> arguments() {
    return {arg(&Options::use_sigmoid, "use_sigmoid", "only False").one_of({false}),
            arg(&Options::p, "p", "power of how much rarer a class is; 0: does not count"),
            arg(&Options::q, "q", "power of how wrong a class is; 0: does not count"),
            arg(&Options::num_classes, "num_classes", "number of classes, the background not counted").at_least(1),
            arg(&Options::eps, "eps", "smallest score of the right class that is divided by"),
            arg(&Options::reduction, "reduction", "how the rows' losses become one"),
            arg(&Options::loss_weight, "loss_weight", "factor of the result"),
            arg(&Options::return_dict, "return_dict", "the two losses apart")};
  }
  SeesawLoss(const Options& options, const BuildContext& context) : Loss("SeesawLoss", options, context), options_(options) {
    cum_samples_ = register_buffer("cum_samples", torch::zeros({options.num_classes + 1}));
  }

  std::int64_t cls_channels(std::int64_t num_classes) const override {
    if (num_classes != options_.num_classes) {
      throw Error("SeesawLoss is made for num_classes=" + std::to_string(options_.num_classes) + ", the head for " +
                  std::to_string(num_classes));
    }
    return num_classes + 2;
  }

  torch::Tensor activation(const torch::Tensor& cls_score) const override {
    const torch::Tensor object = torch::softmax(objectness(cls_score), -1);
    return torch::cat({torch::softmax(classes(cls_score), -1) * object.slice(-1, 0, 1), object.slice(-1, 1, 2)}, -1);
  }

  Losses accuracies(const torch::Tensor& cls_score, const torch::Tensor& labels) const override {
    const torch::Tensor positive = labels < options_.num_classes;
    Losses shown;
    shown.set("acc_objectness", accuracy(objectness(cls_score), positive.logical_not().to(torch::kLong)));
    shown.set("acc_classes", accuracy(classes(cls_score).index({positive}), labels.index({positive})));
    return shown;
  }

  Losses losses_of(const torch::Tensor& cls_score, const torch::Tensor& labels, const LossCall& call) override {
    const auto [of_objectness, of_classes] = parts(cls_score, labels, call);
    Losses all;
    if (options_.return_dict) {
      all.set("loss_cls_objectness", of_objectness * options_.loss_weight);
      all.set("loss_cls_classes", of_classes * options_.loss_weight);
    } else {
      all.set("loss_cls", (of_classes + of_objectness) * options_.loss_weight);
    }
    return all;
  }

 protected:
  torch::Tensor compute(const torch::Tensor& cls_score, const torch::Tensor& labels, const LossCall& call) override {
    const auto [of_objectness, of_classes] = parts(cls_score, labels, call);
    return of_classes + of_objectness;
  }

 private:
  struct Parts {
    torch::Tensor objectness;
    torch::Tensor classes;
  };

  torch::Tensor classes(const torch::Tensor& cls_score) const { return cls_score.slice(-1, 0, options_.num_classes); }
  torch::Tensor objectness(const torch::Tensor& cls_score) const { return cls_score.slice(-1, options_.num_classes); }

  Parts parts(const torch::Tensor& cls_score, const torch::Tensor& labels, const LossCall& call) {
    if (cls_score.size(-1) != options_.num_classes + 2) {
      throw Error("SeesawLoss needs " + std::to_string(options_.num_classes + 2) + " scores per row, got " +
                  std::to_string(cls_score.size(-1)));
    }
    {
      const torch::NoGradGuard no_grad;
      cum_samples_ += torch::bincount(labels, {}, options_.num_classes + 1);
    }
    const torch::Tensor weight = call.weight.defined() ? call.weight.to(torch::kFloat) : torch::ones({labels.size(0)}, cls_score.options());
    const torch::Tensor positive = labels < options_.num_classes;
    const torch::Tensor rows = classes(cls_score).index({positive});
    const torch::Tensor of_classes =
        rows.size(0) == 0 ? rows.sum() : reduce(elementwise(rows, labels.index({positive})), weight.index({positive}), call);
    const torch::Tensor background = positive.logical_not().to(torch::kLong);
    return {reduce(torch::cross_entropy_loss(objectness(cls_score), background, {}, at::Reduction::None), weight, call), of_classes};
  }

  /// The cross entropy [N] of rows [N, num_classes], the other classes' scores moved by the logarithm of their factors.
  torch::Tensor elementwise(const torch::Tensor& rows, const torch::Tensor& labels) const {
    torch::Tensor factors = torch::ones_like(rows).detach();
    if (options_.p > 0) {
      const torch::Tensor seen = cum_samples_.slice(0, 0, options_.num_classes).clamp_min(1);
      const torch::Tensor ratios = seen.unsqueeze(0) / seen.index({labels}).unsqueeze(1);
      factors = factors * torch::where(ratios < 1, ratios.pow(options_.p), torch::ones_like(ratios));
    }
    if (options_.q > 0) {
      const torch::Tensor scores = torch::softmax(rows.detach(), 1);
      const torch::Tensor ratios = scores / scores.gather(1, labels.unsqueeze(1)).clamp_min(options_.eps);
      factors = factors * torch::where(ratios > 1, ratios.pow(options_.q), torch::ones_like(ratios));
    }
    const torch::Tensor others = 1 - torch::one_hot(labels, options_.num_classes);
    return torch::cross_entropy_loss(rows + factors.log() * others, labels, {}, at::Reduction::None);
  }

  Options options_;
  torch::Tensor cum_samples_;  // [num_classes + 1]
};

DETFORGE_REGISTER(losses, SeesawLoss,
                  {.name = "SeesawLoss",
                   .python = "mmdet.models.losses.seesaw_loss.SeesawLoss",
                   .meaning = "cross entropy that spares rare classes",
                   .since = Reference::V2_27});

}  // namespace detforge
