#pragma once

#include <array>
#include <span>
#include <vector>

#include "detforge/data/detections.h"
#include "detforge/models/heads.h"
#include "detforge/models/training/losses.h"
#include "detforge/models/training/targets.h"

namespace detforge {

/// What a head's forward gives: one entry per kind of output (class scores, boxes, …), each with one tensor
/// [N, C, H_i, W_i] per level.
using HeadOutputs = std::vector<nn::Features>;

/// A head that predicts at every place of every level.
class DenseHead : public nn::Module {
 public:
  using nn::Module::Module;
  HeadOutputs forward(const nn::Features& features) {
    return nn::observed(*this, features, [&] { return compute(features); });
  }
  /// How far the outputs are from the ground truth. Throws `Error` for a head that can not be asked so.
  virtual Losses loss(const HeadOutputs& outputs, const Targets& targets);
  /// One training step: forward and loss, unless a head needs more than that.
  virtual Losses forward_train(const nn::Features& features, const Targets& targets) { return loss(forward(features), targets); }

  /// Detections per image, best first within what NMS keeps. `rescale` maps boxes back to the original image.
  virtual std::vector<Detections> predict(const HeadOutputs& outputs, std::span<const ImageMeta> metas, bool rescale) = 0;
  /// The same from features, for heads that do more than a forward.
  virtual std::vector<Detections> simple_test(const nn::Features& features, std::span<const ImageMeta> metas, bool rescale) {
    return predict(forward(features), metas, rescale);
  }
  /// The detections of one image from several views of it, merged as MMDetection's `aug_test` does: features and meta of each view,
  /// every view a batch of one. Throws `Error` for a head that does not merge views.
  virtual Detections aug_predict(std::span<const nn::Features> views, std::span<const ImageMeta> metas, bool rescale);

 protected:
  virtual HeadOutputs compute(const nn::Features& features) = 0;
};

/// A head that adds an L1 loss of its boxes while it is told to: YOLOX in its last epochs.
class ExtraL1Loss {
 public:
  virtual ~ExtraL1Loss() = default;
  virtual void use_l1(bool on) = 0;
};

/// A head that learns otherwise in its first epochs: it is told which one begins, counted from 0.
class EpochAware {
 public:
  virtual ~EpochAware() = default;
  virtual void set_epoch(std::int64_t epoch) = 0;
};

/// A head that learns from what a teacher's head says of the same images, beside the ground truth.
class TaughtHead {
 public:
  virtual ~TaughtHead() = default;
  virtual Losses loss_with_teacher(const HeadOutputs& outputs, const HeadOutputs& teacher_outputs, const Targets& targets) = 0;
};

/// Per image [P, 5]: xyxy px of the network's input, score; best first.
using Proposals = std::vector<torch::Tensor>;

/// What a two-stage detector asks of its `rpn_head`; a head offers it beside `DenseHead`.
class ProposalSource {
 public:
  virtual ~ProposalSource() = default;
  /// The proposals that the head's test_cfg keeps.
  virtual Proposals propose(const nn::Features& features, std::span<const ImageMeta> metas) = 0;
  /// The head's own losses, and the proposals that `proposal_cfg` keeps (the test_cfg where there is none), without gradient.
  virtual std::pair<Losses, Proposals> learn_and_propose(const nn::Features& features, const Targets& targets,
                                                         const std::optional<ConfigDict>& proposal_cfg) = 0;
  /// The proposals of one image from several views, merged.
  virtual torch::Tensor aug_propose(std::span<const nn::Features> views, std::span<const ImageMeta> metas) = 0;
};

/// The levels in CPU memory, single precision and C order, as the kernels read them.
nn::Features on_cpu(const nn::Features& levels);
/// The numbers of a tensor that `on_cpu` gave, or of one image of it; valid while its storage lives.
std::span<const float> values_of(const torch::Tensor& tensor);
/// The rows of such a tensor of shape [N, 4].
std::span<const std::array<float, 4>> boxes_of(const torch::Tensor& boxes);

}  // namespace detforge
