#pragma once

#include "detforge/boxes/assigners/assigner.h"
#include "detforge/boxes/samplers/sampler.h"
#include "detforge/models/dense_heads/parts/dense_head.h"
#include "detforge/models/losses/loss.h"
#include "detforge/nn/transformer/positional_encoding.h"
#include "detforge/postprocess/query_detections.h"

namespace detforge {

/// What the heads of DETR's family share (arXiv 2005.12872): learnt queries, each of which predicts one object or none, and a loss in which
/// every object takes one query. Q queries, C classes and, without sigmoid, the background as one more.
///
/// Outputs: class scores [layers, N, Q, C] and boxes [layers, N, Q, 4] (centre and size, in sizes of the image) of each layer of a decoder,
/// the last entry of each kind counts.
class QueryHead : public DenseHead {
 public:
  struct Options {
    std::int64_t num_classes = 0;
    std::int64_t in_channels = 0;
    ConfigDict positional_encoding = {{"type", "SinePositionalEncoding"}, {"num_feats", 128}, {"normalize", true}};
    ConfigDict loss_cls = {
        {"type", "CrossEntropyLoss"}, {"bg_cls_weight", 0.1}, {"use_sigmoid", false}, {"loss_weight", 1.0}, {"class_weight", 1.0}};
    ConfigDict loss_bbox = {{"type", "L1Loss"}, {"loss_weight", 5.0}};
    ConfigDict loss_iou = {{"type", "GIoULoss"}, {"loss_weight", 2.0}};
    std::optional<ConfigDict> train_cfg = hungarian_train_cfg();
    std::optional<ConfigDict> test_cfg = ConfigDict{{"max_per_img", 100}};
    // MMDetection's heads derive from AnchorFreeHead, take its arguments, and read none of them.
    std::int64_t feat_channels = 256;
    std::int64_t stacked_convs = 4;
    std::vector<double> strides = {4, 8, 16, 32, 64};
    bool dcn_on_last_conv = false;
    std::variant<bool, std::string> conv_bias = "auto";
    ConfigDict bbox_coder = {{"type", "DistancePointBBoxCoder"}};
    std::optional<ConfigDict> conv_cfg;
    std::optional<ConfigDict> norm_cfg;

    static ConfigDict hungarian_train_cfg();
  };
  static Arguments<Options> arguments();

  using DenseHead::forward;
  /// With the places in the padded batch that images do not cover left out; without `metas` they cover all of it.
  HeadOutputs forward(const nn::Features& features, std::span<const ImageMeta> metas);
  /// Throws `Error` where objects are to be ignored.
  Losses loss(const HeadOutputs& outputs, const Targets& targets) override;
  Losses forward_train(const nn::Features& features, const Targets& targets) override;
  std::vector<Detections> predict(const HeadOutputs& outputs, std::span<const ImageMeta> metas, bool rescale) override;
  std::vector<Detections> simple_test(const nn::Features& features, std::span<const ImageMeta> metas, bool rescale) override;

 protected:
  /// In what the heads of one kind differ.
  struct Traits {
    ConfigDict act_cfg;              ///< of the head's own activation
    bool weighs_background = true;   ///< whether loss_cls has a `class_weight` of all classes and a `bg_cls_weight`
    bool keeps_every_query = false;  ///< predict from all queries in their order, not from the best ones
  };
  QueryHead(std::string python_name, const Options& options, const Traits& traits, const BuildContext& context);

  /// The outputs, where `masks` [N, H_i, W_i] bool are true outside of the images.
  virtual HeadOutputs compute_masked(const nn::Features& features, const nn::Features& masks) = 0;
  HeadOutputs compute(const nn::Features& features) override;

  struct LayerLosses {
    torch::Tensor cls, bbox, iou;
  };
  /// Of one layer: class scores [N, Q, C] and boxes [N, Q, 4], if the objects had the classes `gt_labels`.
  LayerLosses layer_losses(const torch::Tensor& cls_scores, const torch::Tensor& bbox_preds, const std::vector<torch::Tensor>& gt_labels,
                           const Targets& targets);

  std::int64_t cls_out_channels() const { return use_sigmoid_ ? num_classes_ : num_classes_ + 1; }
  bool use_sigmoid() const { return use_sigmoid_; }
  nn::Layer& activate() { return *activate_; }
  nn::PositionalEncoding& positional_encoding() { return *positional_encoding_; }
  /// Throws `ArgumentError` where the encodings are not as long as the transformer's tokens.
  void check_embed_dims(std::int64_t embed_dims) const;

 private:
  struct ImageTargets;
  ImageTargets image_targets(const torch::Tensor& cls_score, const torch::Tensor& bbox_pred, const torch::Tensor& gt_labels,
                             const Targets& targets, std::size_t image) const;

  std::int64_t num_classes_;
  bool use_sigmoid_;
  double bg_cls_weight_ = 0;
  double least_avg_factor_;
  std::optional<postprocess::QueryDetections> detections_;  // none without a test_cfg
  std::shared_ptr<Assigner> assigner_;                      // null without a train_cfg
  std::shared_ptr<Sampler> sampler_;
  std::shared_ptr<Loss> loss_cls_;
  std::shared_ptr<Loss> loss_bbox_;
  std::shared_ptr<Loss> loss_iou_;
  std::shared_ptr<nn::Layer> activate_;
  std::shared_ptr<nn::PositionalEncoding> positional_encoding_;
};

}  // namespace detforge
