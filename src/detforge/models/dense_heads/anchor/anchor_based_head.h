#pragma once

#include "detforge/boxes/prior_generators/prior_generator.h"
#include "detforge/models/dense_heads/anchor/anchor_targets.h"
#include "detforge/models/dense_heads/parts/dense_box_head.h"

namespace detforge {

/// What heads with anchors share whatever their layers and losses: two outputs, class scores [N, A·channels, H_i, W_i] and
/// box codes [N, A·4, H_i, W_i], anchors, targets, decoding.
class AnchorBasedHead : public DenseBoxHead {
 protected:
  struct Parts {
    std::int64_t num_classes = 0;
    bool use_sigmoid_cls = false;  ///< else a softmax with the background as last class
    ConfigDict anchor_generator;
    ConfigDict bbox_coder;
    bool reg_decoded_bbox = false;
    std::string loss_cls;  ///< its type
    Sampling sampling = Sampling::ByVersion;
    std::optional<ConfigDict> train_cfg;
    std::optional<ConfigDict> test_cfg;
  };
  AnchorBasedHead(std::string python_name, const Parts& parts, const BuildContext& context);

  std::int64_t num_classes() const { return num_classes_; }
  bool use_sigmoid_cls() const { return use_sigmoid_cls_; }
  std::int64_t cls_out_channels() const { return use_sigmoid_cls_ ? num_classes_ : num_classes_ + 1; }
  kernels::ScoreActivation activation() const {
    return use_sigmoid_cls_ ? kernels::ScoreActivation::Sigmoid : kernels::ScoreActivation::Softmax;
  }
  bool reg_decoded_bbox() const { return reg_decoded_bbox_; }
  const PriorGenerator& prior_generator() const { return *prior_generator_; }
  const BBoxCoder& bbox_coder() const { return *bbox_coder_; }
  /// Throws `Error` where the model has none.
  const AnchorTrainCfg& train_cfg() const;

  /// What boxes become as targets.
  enum class TargetBoxes { AsTheHeadLearns, AsTheyAre };
  BatchTargets get_targets(const nn::Features& cls_scores, const Targets& targets, bool with_labels = true,
                           TargetBoxes boxes = TargetBoxes::AsTheHeadLearns) const;

  std::vector<kernels::Candidates> decode(const HeadOutputs& outputs, std::span<const ImageMeta> metas) override {
    return decode_anchors(outputs, metas, std::nullopt, selection(activation()));
  }
  /// The same with the output of the index `factors`, [N, A, H_i, W_i], as score factors.
  std::vector<kernels::Candidates> decode_anchors(const HeadOutputs& outputs, std::span<const ImageMeta> metas,
                                                  std::optional<std::size_t> factors, const kernels::SelectionOptions& options) const;
  /// Boxes [n, 4] px of the predictions [n, K] at anchors [n, 4] of a level.
  virtual torch::Tensor decode_boxes(std::size_t /*level*/, const torch::Tensor& anchors, const torch::Tensor& predictions,
                                     const CoderCall& call) const {
    return bbox_coder_->decode(anchors, predictions, call);
  }

 private:
  std::int64_t num_classes_;
  bool use_sigmoid_cls_;
  bool reg_decoded_bbox_;
  std::shared_ptr<BBoxCoder> bbox_coder_;
  std::optional<AnchorTrainCfg> train_cfg_;
  std::shared_ptr<PriorGenerator> prior_generator_;
};

/// Whether a classification loss asks one question per class; else it is a softmax over classes and background.
bool uses_sigmoid(const ConfigDict& loss_cls);

}  // namespace detforge
