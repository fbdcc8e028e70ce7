#pragma once

#include <functional>

#include "detforge/kernels/candidates.h"
#include "detforge/kernels/select_scores.h"
#include "detforge/models/dense_heads/parts/dense_head.h"
#include "detforge/models/dense_heads/parts/test_cfg.h"

namespace detforge {

/// A head whose predictions are boxes, each with a class score: it decodes them, and what MMDetection's
/// `get_bboxes` and `aug_test_bboxes` do with them is the same for all.
class DenseBoxHead : public DenseHead {
 public:
  std::vector<Detections> predict(const HeadOutputs& outputs, std::span<const ImageMeta> metas, bool rescale) override;
  Detections aug_predict(std::span<const nn::Features> views, std::span<const ImageMeta> metas, bool rescale) override;

 protected:
  DenseBoxHead(std::string python_name, const std::optional<ConfigDict>& test_cfg, const BuildContext& context);
  /// For heads whose test_cfg has keys of its own.
  DenseBoxHead(std::string python_name, std::optional<TestCfg> test_cfg, Reference reference);

  /// The boxes of each image that are worth NMS, px of the network's input. `outputs` are floats on the CPU.
  virtual std::vector<kernels::Candidates> decode(const HeadOutputs& outputs, std::span<const ImageMeta> metas) = 0;

  /// What `decode` gives for outputs of any device, mapped back to the original images where `rescale` asks for it.
  std::vector<kernels::Candidates> candidates(const HeadOutputs& outputs, std::span<const ImageMeta> metas, bool rescale);

  Reference reference() const { return reference_; }
  /// Throws `Error` where the model has none.
  const TestCfg& test_cfg() const;
  /// How this head's test_cfg and version of MMDetection choose among its scores.
  kernels::SelectionOptions selection(kernels::ScoreActivation activation) const;

 private:
  Reference reference_;
  std::optional<TestCfg> test_cfg_;
};

/// What a head says of the places of its levels: floats on the CPU in any layout, A priors at each place.
struct LevelOutputs {
  const nn::Features& cls_scores;               ///< [N, A·channels, H_i, W_i] before the activation
  const nn::Features& bbox_preds;               ///< [N, A·K, H_i, W_i]
  const nn::Features* score_factors = nullptr;  ///< [N, A, H_i, W_i] before the sigmoid
  std::int64_t channels = 0;                    ///< of the class scores of one prior
};

/// Boxes [n, 4] px of the predictions [n, K] of some priors [n] (indices into those of the level).
using DecodeBoxes = std::function<torch::Tensor(std::size_t level, const torch::Tensor& priors, const torch::Tensor& predictions)>;

/// The selected predictions of one image, level by level, decoded.
kernels::Candidates decode_levels(const LevelOutputs& outputs, std::size_t image, const kernels::SelectionOptions& options,
                                  const DecodeBoxes& decode);

/// Appends the pairs of boxes [n, 4] and classes whose scores [n, classes] are greater than `score_thr`.
void append_above(kernels::Candidates& candidates, const torch::Tensor& boxes, const torch::Tensor& scores, double score_thr);

/// Appends boxes [n, 4] of any device.
void append_boxes(kernels::Candidates& candidates, const torch::Tensor& boxes, std::span<const float> scores,
                  std::span<const std::int64_t> labels);
/// The same with scores [n] and labels [n] int64 on the CPU.
void append_boxes(kernels::Candidates& candidates, const torch::Tensor& boxes, const torch::Tensor& scores, const torch::Tensor& labels);

}  // namespace detforge
