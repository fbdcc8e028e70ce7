#include "detforge/models/losses/loss.h"

namespace detforge {

/// Kullback–Leibler divergence of a student's softmax from its teacher's, both logits [N, C], at temperature T
/// (arXiv 1503.02531): one number per row, the mean over classes.
class KnowledgeDistillationKLDivLoss : public Loss {
 public:
  struct Options : Loss::Options {
    std::int64_t temperature = 10;
  };
  static Arguments<Options> arguments() {
    return {arg(&Options::reduction, "reduction", "how the rows' losses become one"),
            arg(&Options::loss_weight, "loss_weight", "factor of the result"),
            arg(&Options::temperature, "T", "temperature of both softmaxes").at_least(1)};
  }
  KnowledgeDistillationKLDivLoss(const Options& options, const BuildContext& context)
      : Loss("KnowledgeDistillationKLDivLoss", options, context), temperature_(static_cast<double>(options.temperature)) {}

 protected:
  torch::Tensor compute(const torch::Tensor& prediction, const torch::Tensor& soft_label, const LossCall& call) override {
    const torch::Tensor target = torch::softmax(soft_label / temperature_, 1).detach();
    const torch::Tensor ours = torch::log_softmax(prediction / temperature_, 1);
    const torch::Tensor loss = torch::kl_div(ours, target, at::Reduction::None).mean(1) * (temperature_ * temperature_);
    return reduce(loss, call.weight, call);
  }

 private:
  double temperature_;
};

DETFORGE_REGISTER(losses, KnowledgeDistillationKLDivLoss,
                  {.name = "KnowledgeDistillationKLDivLoss",
                   .python = "mmdet.models.losses.kd_loss.KnowledgeDistillationKLDivLoss",
                   .meaning = "distance of a student's softmax from its teacher's",
                   .since = Reference::V2_27});

}  // namespace detforge
