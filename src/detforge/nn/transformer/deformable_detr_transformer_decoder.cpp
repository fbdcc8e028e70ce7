#include "detforge/nn/transformer/deformable_detr_transformer_decoder.h"

#include "detforge/nn/transformer/inverse_sigmoid.h"

namespace detforge::nn {

Arguments<DeformableDetrTransformerDecoder::Options> DeformableDetrTransformerDecoder::arguments() {
  return {TransformerLayerSequence::arguments(),
          arg(&Options::return_intermediate, "return_intermediate", "hand out what each layer gives, not the last one alone")};
}

DeformableDetrTransformerDecoder::DeformableDetrTransformerDecoder(const Options& options, const BuildContext& context)
    : TransformerLayerSequence("DeformableDetrTransformerDecoder", options, context), return_intermediate_(options.return_intermediate) {}

torch::Tensor DeformableDetrTransformerDecoder::compute(torch::Tensor, const TransformerInput&) {
  throw Error("DeformableDetrTransformerDecoder needs reference points, which DeformableDetrTransformer has");
}

DeformableDetrTransformerDecoder::Decoded DeformableDetrTransformerDecoder::decode(torch::Tensor query, TransformerInput input,
                                                                                   torch::Tensor reference_points,
                                                                                   const torch::Tensor& valid_ratios,
                                                                                   const std::vector<ImageSize>& spatial_shapes,
                                                                                   const ModuleList<>* reg_branches) {
  SampledLevels sampled{spatial_shapes, {}};
  input.sampled = &sampled;
  std::vector<torch::Tensor> states, references;
  for (std::size_t i = 0; i < layers().size(); ++i) {
    const bool are_boxes = reference_points.size(-1) == 4;
    const torch::Tensor ratios = are_boxes ? torch::cat({valid_ratios, valid_ratios}, -1) : valid_ratios;
    sampled.reference_points = reference_points.unsqueeze(2) * ratios.unsqueeze(1);
    query = layers()[i].forward(query, input);
    if (reg_branches != nullptr) {
      const torch::Tensor change = (*reg_branches)[i].forward(query.transpose(0, 1));
      const torch::Tensor before = inverse_sigmoid(reference_points);
      const torch::Tensor moved = are_boxes ? change + before : torch::cat({change.slice(-1, 0, 2) + before, change.slice(-1, 2)}, -1);
      reference_points = moved.sigmoid().detach();
    }
    if (return_intermediate_ || i + 1 == layers().size()) {
      states.push_back(query);
      references.push_back(reference_points);
    }
  }
  return {torch::stack(states), torch::stack(references)};
}

DETFORGE_REGISTER(transformer_layer_sequences, DeformableDetrTransformerDecoder,
                  {.name = "DeformableDetrTransformerDecoder",
                   .python = "mmdet.models.utils.transformer.DeformableDetrTransformerDecoder",
                   .meaning = "Deformable DETR's decoder (arXiv 2010.04159)",
                   .since = Reference::V2_27});

}  // namespace detforge::nn
