#include "detforge/models/losses/loss.h"

namespace detforge {

/// 1 - the Dice coefficient of each predicted mask with its target, both [N, …] (V-Net, arXiv 1606.04797).
class DiceLoss : public Loss {
 public:
  struct Options : Loss::Options {
    bool use_sigmoid = true;
    bool activate = true;
    bool naive_dice = false;
    double eps = 1e-3;
  };
  static Arguments<Options> arguments() {
    return {arg(&Options::use_sigmoid, "use_sigmoid", "how predictions become probabilities; a softmax there is not"),
            arg(&Options::activate, "activate", "predictions are no probabilities yet"),
            arg(&Options::reduction, "reduction", "how the masks' losses become one"),
            arg(&Options::naive_dice, "naive_dice", "sums instead of sums of squares in the denominator"),
            arg(&Options::loss_weight, "loss_weight", "factor of the result"),
            arg(&Options::eps, "eps", "keeps divisions finite")};
  }
  DiceLoss(const Options& options, const BuildContext& context)
      : Loss("DiceLoss", options, context), activate_(options.activate), naive_dice_(options.naive_dice), eps_(options.eps) {
    if (options.activate && !options.use_sigmoid) throw ArgumentError("use_sigmoid", "must be True where 'activate' is");
  }

 protected:
  torch::Tensor compute(const torch::Tensor& prediction, const torch::Tensor& target, const LossCall& call) override {
    const torch::Tensor ours = (activate_ ? prediction.sigmoid() : prediction).flatten(1);
    const torch::Tensor wanted = target.flatten(1).to(torch::kFloat);
    const torch::Tensor both = (ours * wanted).sum(1);
    const torch::Tensor dice = naive_dice_ ? (2 * both + eps_) / (ours.sum(1) + wanted.sum(1) + eps_)
                                           : 2 * both / (((ours * ours).sum(1) + eps_) + ((wanted * wanted).sum(1) + eps_));
    return reduce(1 - dice, call.weight, call);
  }

 private:
  bool activate_;
  bool naive_dice_;
  double eps_;
};

DETFORGE_REGISTER(losses, DiceLoss,
                  {.name = "DiceLoss",
                   .python = "mmdet.models.losses.dice_loss.DiceLoss",
                   .meaning = "1 - Dice coefficient of masks",
                   .since = Reference::V2_27});

}  // namespace detforge
