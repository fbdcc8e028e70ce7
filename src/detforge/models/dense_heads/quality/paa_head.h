#pragma once

#include "detforge/models/dense_heads/quality/atss_head.h"

namespace detforge {

/// PAA's head (arXiv 2007.08103): ATSS's, whose anchors become positive when their losses look so in a mixture of two
/// Gaussians; its third output is the IoU of the box. Detections are moved by score voting.
class PAAHead : public ATSSHead {
 public:
  enum class Covariance { Full, Tied, Diag, Spherical };
  struct Options : ATSSHead::Options {
    std::int64_t topk = 9;
    bool score_voting = true;
    Covariance covariance_type = Covariance::Diag;
  };
  static Arguments<Options> arguments();

  PAAHead(const Options& options, const BuildContext& context) : PAAHead("PAAHead", options, context) {}

  /// What each anchor should say, image by image, once the head's losses have spoken.
  struct Assignment {
    torch::Tensor anchors;        ///< [N·B, 4]
    torch::Tensor labels;         ///< [N·B] int64, num_classes for background
    torch::Tensor label_weights;  ///< [N·B]
    torch::Tensor bbox_targets;   ///< [N·B, 4] px
    std::int64_t num_pos = 0;
    std::int64_t num_images = 0;
  };
  Assignment assign(const HeadOutputs& outputs, const Targets& targets);

  Losses loss(const HeadOutputs& outputs, const Targets& targets) override {
    return loss_of_assignment(outputs, assign(outputs, targets), BoxWeights::Overlaps);
  }
  std::vector<Detections> predict(const HeadOutputs& outputs, std::span<const ImageMeta> metas, bool rescale) override;
  Detections aug_predict(std::span<const nn::Features> views, std::span<const ImageMeta> metas, bool rescale) override {
    return DenseHead::aug_predict(views, metas, rescale);
  }

 protected:
  PAAHead(std::string python_name, const Options& options, const BuildContext& context)
      : ATSSHead(std::move(python_name), options, context),
        topk_(options.topk),
        with_score_voting_(options.score_voting),
        tied_(options.covariance_type == Covariance::Tied) {}

  /// What the boxes' loss is weighted by and averaged over.
  enum class BoxWeights { Overlaps, Equal };
  Losses loss_of_assignment(const HeadOutputs& outputs, const Assignment& assignment, BoxWeights box_weights);

  std::vector<kernels::Candidates> decode(const HeadOutputs& outputs, std::span<const ImageMeta> metas) override;

 private:
  /// Indices into the anchors of the positives that stay, given all [P] with their losses and objects.
  torch::Tensor reassign(const torch::Tensor& losses, const torch::Tensor& pos_inds, const torch::Tensor& pos_gt_inds,
                         std::span<const std::int64_t> level_sizes) const;
  /// Of the candidates of one object, those before the densest of the better component.
  std::vector<std::int64_t> separate(std::vector<std::pair<double, std::int64_t>> candidates) const;

  std::int64_t topk_;
  bool with_score_voting_;
  bool tied_;
};

template <>
struct EnumNames<PAAHead::Covariance> {
  static constexpr std::array<std::pair<PAAHead::Covariance, std::string_view>, 4> names = {
      {{PAAHead::Covariance::Full, "full"},
       {PAAHead::Covariance::Tied, "tied"},
       {PAAHead::Covariance::Diag, "diag"},
       {PAAHead::Covariance::Spherical, "spherical"}}};
};

}  // namespace detforge
