#pragma once

#include <array>
#include <span>
#include <vector>

#include "detforge/data/detections.h"
#include "detforge/data/image_meta.h"
#include "detforge/nn/module.h"
#include "detforge/registry/registry.h"

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
  /// Detections per image, best first within what NMS keeps. `rescale` maps boxes back to the original image.
  virtual std::vector<Detections> predict(const HeadOutputs& outputs, std::span<const ImageMeta> metas, bool rescale) = 0;

 protected:
  virtual HeadOutputs compute(const nn::Features& features) = 0;
};

/// The levels in CPU memory, single precision and C order, as the kernels read them.
nn::Features on_cpu(const nn::Features& levels);
/// The numbers of a tensor that `on_cpu` gave, or of one image of it; valid while its storage lives.
std::span<const float> values_of(const torch::Tensor& tensor);
/// The rows of such a tensor of shape [N, 4].
std::span<const std::array<float, 4>> boxes_of(const torch::Tensor& boxes);

/// Dense heads, RoI heads and their box and mask heads share one registry in MMDetection.
Registry<DenseHead>& heads();

/// The head that `config` describes. Throws `Error` with the place in the config.
std::shared_ptr<DenseHead> build_head(const Value& config, const BuildContext& context = {});

}  // namespace detforge
