#include "detforge/boxes/samplers/base_sampler.h"
#include "detforge/kernels/nms.h"
#include "detforge/ops/spans.h"

namespace detforge {

/// PISA's negatives (arXiv 1904.04821): those that the head takes for objects, first the best of each group that NMS would merge, then
/// the second best, and so on; the rest at random. Weights of their losses fall with the rank and keep the sum of the losses. Positives at
/// random. Asks the head.
class ScoreHLRSampler : public BaseSampler {
 public:
  struct Options : BaseSampler::Options {
    double k = 0.5;
    double bias = 0;
    double score_thr = 0.05;
    double iou_thr = 0.5;
  };
  static Arguments<Options> arguments() {
    return {BaseSampler::arguments(), arg(&Options::k, "k", "exponent of the weights"),
            arg(&Options::bias, "bias", "least weight, before it"),
            arg(&Options::score_thr, "score_thr", "negatives that score more for some class are ranked"),
            arg(&Options::iou_thr, "iou_thr", "overlap of negatives that make a group")};
  }

  ScoreHLRSampler(const Options& options, const BuildContext&) : BaseSampler(options), options_(options) {}

  Chosen sample_pos(const Candidates& candidates, std::int64_t num_expected) const override {
    return {random_choice(candidates.positives(), num_expected)};
  }

  Chosen sample_neg(const Candidates& candidates, std::int64_t wanted) const override {
    const SampleContext& head = candidates.context;
    if (!head.judge || head.bbox_coder == nullptr) throw Error("ScoreHLRSampler needs a head that judges boxes");
    const torch::Tensor negatives = candidates.negatives();
    const std::int64_t num_expected = std::min(negatives.size(0), wanted);
    if (num_expected == 0) return {negatives.slice(0, 0, 0)};
    const torch::NoGradGuard no_grad;
    const torch::Tensor boxes = candidates.priors.index_select(0, negatives);
    const Judgement judged = head.judge(boxes, torch::full_like(negatives, head.num_classes), "loss_cls");
    const auto [score, label] = judged.cls_score.softmax(-1).slice(-1, 0, -1).max(-1);
    const torch::Tensor ranked = (score > options_.score_thr).nonzero().view({-1});
    if (ranked.size(0) == 0) {
      return {negatives.index_select(0, first_of_permutation(negatives, num_expected)), torch::ones({num_expected}, score.options())};
    }
    const torch::Tensor of_class = head.bbox_coder->decode(boxes.index_select(0, ranked), of_labels(judged.bbox_pred, label, ranked));
    const torch::Tensor importance = importances(of_class, score.index_select(0, ranked));
    const torch::Tensor best = std::get<1>(importance.sort(0, /*descending=*/true)).slice(0, 0, num_expected);
    torch::Tensor chosen = ranked.index_select(0, best);
    if (const std::int64_t missing = num_expected - best.size(0); missing > 0) {
      const torch::Tensor others = (score <= options_.score_thr).nonzero().view({-1});
      chosen = torch::cat({chosen, others.index_select(0, first_of_permutation(others, missing))});
    }
    return {negatives.index_select(0, chosen), weights(best.size(0), ranked.size(0), judged.losses.index_select(0, chosen))};
  }

 private:
  static torch::Tensor first_of_permutation(const torch::Tensor& gallery, std::int64_t count) {
    return torch::randperm(gallery.size(0), torch::kLong).slice(0, 0, count).to(gallery.device());
  }

  /// [V, 4] the deltas of the boxes `ranked` [V] for their classes.
  static torch::Tensor of_labels(const torch::Tensor& bbox_pred, const torch::Tensor& label, const torch::Tensor& ranked) {
    const torch::Tensor deltas = bbox_pred.view({bbox_pred.size(0), -1, 4}).index_select(0, ranked);
    if (deltas.size(1) == 1) return deltas.squeeze(1);
    return deltas.index({torch::arange(deltas.size(0), ranked.options()), label.index_select(0, ranked)});
  }

  /// [V] higher for a better rank in the group, then for a higher score.
  torch::Tensor importances(const torch::Tensor& boxes, const torch::Tensor& scores) const {
    const torch::Tensor corners = boxes.to(torch::kCPU, torch::kFloat).contiguous();
    const torch::Tensor scores_on_cpu = scores.to(torch::kCPU, torch::kFloat).contiguous();
    std::vector<kernels::Box> all(static_cast<std::size_t>(corners.size(0)));
    std::copy_n(corners.data_ptr<float>(), corners.numel(), all.empty() ? nullptr : all.front().data());
    const auto groups = kernels::nms_match(all, ops::numbers<float>(scores_on_cpu), static_cast<float>(options_.iou_thr));
    torch::Tensor importance = torch::zeros_like(scores_on_cpu);
    auto values = importance.accessor<float, 1>();
    const auto count = static_cast<float>(scores.size(0));
    for (const auto& group : groups) {
      for (std::size_t rank = 0; rank < group.size(); ++rank) {
        values[group[rank]] = count - static_cast<float>(rank) + scores_on_cpu[group[rank]].item<float>();
      }
    }
    return importance.to(scores.device());
  }

  /// [n] for the losses [n] of the chosen negatives, of which the first `num_ranked` are the best of `num_valid`.
  torch::Tensor weights(std::int64_t num_ranked, std::int64_t num_valid, const torch::Tensor& losses) const {
    const auto bound = static_cast<double>(std::max(losses.size(0), num_valid));
    const torch::Tensor linear = (bound - torch::arange(num_ranked, losses.options())) / bound;
    const torch::Tensor of_rest = linear.min().expand({losses.size(0) - num_ranked});
    const torch::Tensor raw = (options_.bias + (1 - options_.bias) * torch::cat({linear, of_rest})).pow(options_.k);
    return raw * (losses.sum() / (losses * raw).sum());
  }

  Options options_;
};

DETFORGE_REGISTER(bbox_samplers, ScoreHLRSampler,
                  {.name = "ScoreHLRSampler",
                   .python = "mmdet.core.bbox.samplers.score_hlr_sampler.ScoreHLRSampler",
                   .meaning = "negatives that look like objects, ranked"});

}  // namespace detforge
