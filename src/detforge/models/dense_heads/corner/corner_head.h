#pragma once

#include "detforge/models/blocks/bi_corner_pool.h"
#include "detforge/models/dense_heads/corner/corner_targets.h"
#include "detforge/models/dense_heads/parts/dense_box_head.h"
#include "detforge/models/dense_heads/parts/test_cfg.h"
#include "detforge/models/losses/associative_embedding_loss.h"
#include "detforge/nn/layers/containers.h"
#include "detforge/postprocess/corner_detections.h"

namespace detforge {

/// CornerNet's head (arXiv 1808.01244), which finds boxes by their corners. One feature [N, in_channels, H, W] per stack of the backbone →
/// top left and bottom right heat maps [N, num_classes, H, W], embeddings [N, corner_emb_channels, H, W] (no levels where there are
/// none), offsets [N, 2, H, W]; pairs one after the other. Detections come from the last feature.
class CornerHead : public DenseBoxHead {
 public:
  struct Options {
    std::int64_t num_classes = 0;
    std::int64_t in_channels = 0;
    std::int64_t num_feat_levels = 2;
    std::int64_t corner_emb_channels = 1;
    std::optional<ConfigDict> train_cfg;
    std::optional<ConfigDict> test_cfg;
    std::optional<ConfigDict> loss_heatmap = ConfigDict{{"type", "GaussianFocalLoss"}, {"alpha", 2.0}, {"gamma", 4.0}, {"loss_weight", 1}};
    std::optional<ConfigDict> loss_embedding =
        ConfigDict{{"type", "AssociativeEmbeddingLoss"}, {"pull_weight", 0.25}, {"push_weight", 0.25}};
    std::optional<ConfigDict> loss_offset = ConfigDict{{"type", "SmoothL1Loss"}, {"beta", 1.0}, {"loss_weight", 1}};
    std::optional<Value> init_cfg;
  };
  static Arguments<Options> arguments();

  CornerHead(const Options& options, const BuildContext& context) : CornerHead("CornerHead", options, context) {}

  Losses loss(const HeadOutputs& outputs, const Targets& targets) override;
  void init_weights(const nn::PretrainedLoader& load_pretrained) override;

 protected:
  /// The two kinds of corners, in this order wherever there are two of something.
  enum Corner : std::size_t { TopLeft, BottomRight };
  template <class T>
  using PerCorner = std::array<T, 2>;
  using Branch = nn::ModuleList<nn::Sequential>;

  CornerHead(std::string python_name, const Options& options, const BuildContext& context);

  HeadOutputs compute(const nn::Features& features) override;
  std::vector<kernels::Candidates> decode(const HeadOutputs& outputs, std::span<const ImageMeta> metas) override {
    return decode_pairs(outputs, metas, {.heat = 0, .offset = 4, .tie = 2, .tie_is_embedding = true});
  }

  /// One feature's predictions, a pair of each kind.
  struct Prediction {
    PerCorner<torch::Tensor> pool, heat, embedding, offset;  // embeddings undefined where there are none
  };
  /// Throws `Error` where there is no such feature.
  Prediction forward_level(const nn::Features& features, std::size_t level);

  /// Which of the outputs are what; the bottom right one follows each.
  struct OutputOrder {
    std::size_t heat, offset, tie;
    bool tie_is_embedding;  ///< else a centripetal shift
  };
  std::vector<kernels::Candidates> decode_pairs(const HeadOutputs& outputs, std::span<const ImageMeta> metas,
                                                const OutputOrder& order) const;

  CornerTargets targets_of(const nn::Features& heats, const Targets& targets) const;
  /// `det_loss` and `off_loss`, a value per level.
  Losses corner_losses(const HeadOutputs& outputs, std::size_t heat, std::size_t offset, const CornerTargets& targets);
  /// Of one kind of shifts [N, 2, H, W] at the places of corners, the mean of both corners, a value per level.
  static std::vector<torch::Tensor> shift_losses(Loss& loss, const HeadOutputs& outputs, std::size_t shift,
                                                 const PerCorner<torch::Tensor>& wanted, const CornerTargets& targets);

  std::size_t num_levels() const { return pool_[TopLeft]->size(); }
  std::int64_t in_channels() const { return in_channels_; }
  /// A 3×3 convolution and one that predicts.
  std::shared_ptr<nn::Sequential> make_layers(std::int64_t out_channels, const BuildContext& context) const;
  /// Registers a branch for each corner, `tl_…` and `br_…`, with so many channels at every level.
  PerCorner<std::shared_ptr<Branch>> add_branches(const std::string& name, std::int64_t out_channels, const BuildContext& context);
  /// Gives the last or all convolutions of a branch back PyTorch's own initialisation.
  enum class Convolutions { Last, All };
  static void reset(const PerCorner<std::shared_ptr<Branch>>& branches, Convolutions which, std::optional<double> bias = std::nullopt);

 private:
  struct CornerTestCfg : TestCfg {
    postprocess::CornerDetections decoding;
  };
  static std::optional<CornerTestCfg> corner_test_cfg(const std::optional<ConfigDict>& config, const std::string& head,
                                                      const BuildContext& context);
  CornerHead(std::string python_name, const Options& options, const std::optional<CornerTestCfg>& test_cfg, const BuildContext& context);

  std::int64_t num_classes_;
  std::int64_t in_channels_;
  std::optional<postprocess::CornerDetections> decoding_;
  std::shared_ptr<Loss> loss_heatmap_;
  std::shared_ptr<AssociativeEmbeddingLoss> loss_embedding_;
  std::shared_ptr<Loss> loss_offset_;
  PerCorner<std::shared_ptr<nn::ModuleList<BiCornerPool>>> pool_;
  PerCorner<std::shared_ptr<Branch>> heat_;
  PerCorner<std::shared_ptr<Branch>> offset_;
  PerCorner<std::shared_ptr<Branch>> embedding_;  // null without embeddings
};

}  // namespace detforge
