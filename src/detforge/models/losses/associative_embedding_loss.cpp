#include "detforge/models/losses/associative_embedding_loss.h"

namespace detforge {

Arguments<AssociativeEmbeddingLoss::Options> AssociativeEmbeddingLoss::arguments() {
  return {arg(&Options::pull_weight, "pull_weight", "factor of the distance within objects"),
          arg(&Options::push_weight, "push_weight", "factor of the closeness between objects")};
}

AssociativeEmbeddingLoss::AssociativeEmbeddingLoss(const Options& options, const BuildContext& context)
    : Loss("AssociativeEmbeddingLoss", {}, context), pull_weight_(options.pull_weight), push_weight_(options.push_weight) {}

torch::Tensor AssociativeEmbeddingLoss::compute(const torch::Tensor&, const torch::Tensor&, const LossCall&) {
  throw Error("AssociativeEmbeddingLoss compares the corners of objects and suits no other head");
}

AssociativeEmbeddingLoss::PullAndPush AssociativeEmbeddingLoss::pull_and_push(const torch::Tensor& top_left,
                                                                              const torch::Tensor& bottom_right,
                                                                              const std::vector<torch::Tensor>& corners) const {
  constexpr double margin = 1;
  torch::Tensor pull = top_left.sum() * 0, push = top_left.sum() * 0;
  for (std::size_t image = 0; image < corners.size(); ++image) {
    const std::int64_t objects = corners[image].size(0);
    if (objects == 0) continue;
    const auto at = [&](const torch::Tensor& embeddings, std::int64_t column) {
      const torch::Tensor map = embeddings[static_cast<std::int64_t>(image)];
      return map.index({torch::indexing::Slice(), corners[image].select(1, column), corners[image].select(1, column + 1)}).t();
    };
    const torch::Tensor first = at(top_left, 0), last = at(bottom_right, 2);
    const torch::Tensor middle = (first + last) / 2;
    pull = pull + pull_weight_ * ((first - middle).square() + (last - middle).square()).sum() / objects;
    if (objects == 1) continue;
    const torch::Tensor apart = (middle.unsqueeze(1) - middle.unsqueeze(0)).sum(-1).abs();
    const torch::Tensor others = 1 - torch::eye(objects, middle.options());
    push = push + push_weight_ * torch::relu(others * (margin - apart)).sum() / (objects * (objects - 1));
  }
  return {pull, push};
}

DETFORGE_REGISTER(losses, AssociativeEmbeddingLoss,
                  {.name = "AssociativeEmbeddingLoss",
                   .python = "mmdet.models.losses.ae_loss.AssociativeEmbeddingLoss",
                   .meaning = "embeddings of an object's corners together, those of others apart"});

}  // namespace detforge
