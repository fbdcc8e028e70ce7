#include "detforge/nn/transformer/detr_transformer_coders.h"

#include "detforge/nn/layers/build_layer.h"

namespace detforge::nn {

Arguments<DetrTransformerEncoder::Options> DetrTransformerEncoder::arguments() {
  return {TransformerLayerSequence::arguments(),
          arg(&Options::post_norm_cfg, "post_norm_cfg", "normalisation of the result, where the layers normalise first")};
}

DetrTransformerEncoder::DetrTransformerEncoder(const Options& options, const BuildContext& context)
    : TransformerLayerSequence("DetrTransformerEncoder", options, context) {
  if (!pre_norm()) return;
  if (!options.post_norm_cfg) throw ArgumentError("post_norm_cfg", "must be given where the layers normalise first");
  post_norm_ = register_module("post_norm", build_norm_layer(*options.post_norm_cfg, embed_dims(), context.child("post_norm_cfg")).layer);
}

DetrTransformerEncoder::DetrTransformerEncoder(std::string python_name, std::shared_ptr<ModuleList<TransformerLayer>> layers,
                                               const std::string& post_norm_name, const std::shared_ptr<Layer>& post_norm)
    : TransformerLayerSequence(std::move(python_name), std::move(layers)) {
  if (post_norm) post_norm_ = register_module(post_norm_name, post_norm);
}

torch::Tensor DetrTransformerEncoder::compute(torch::Tensor query, const TransformerInput& input) {
  const torch::Tensor encoded = TransformerLayerSequence::compute(std::move(query), input);
  return post_norm_ ? post_norm_->forward(encoded) : encoded;
}

Arguments<DetrTransformerDecoder::Options> DetrTransformerDecoder::arguments() {
  return {TransformerLayerSequence::arguments(),
          arg(&Options::post_norm_cfg, "post_norm_cfg", "normalisation of what is handed out; None: none"),
          arg(&Options::return_intermediate, "return_intermediate", "hand out what each layer gives, not the last one alone")};
}

DetrTransformerDecoder::DetrTransformerDecoder(const Options& options, const BuildContext& context)
    : TransformerLayerSequence("DetrTransformerDecoder", options, context), return_intermediate_(options.return_intermediate) {
  if (!options.post_norm_cfg) return;
  post_norm_ = register_module("post_norm", build_norm_layer(*options.post_norm_cfg, embed_dims(), context.child("post_norm_cfg")).layer);
}

DetrTransformerDecoder::DetrTransformerDecoder(std::string python_name, std::shared_ptr<ModuleList<TransformerLayer>> layers,
                                               const std::string& post_norm_name, const std::shared_ptr<Layer>& post_norm,
                                               bool return_intermediate)
    : TransformerLayerSequence(std::move(python_name), std::move(layers)), return_intermediate_(return_intermediate) {
  if (post_norm) post_norm_ = register_module(post_norm_name, post_norm);
}

torch::Tensor DetrTransformerDecoder::compute(torch::Tensor query, const TransformerInput& input) {
  std::vector<torch::Tensor> intermediate;
  for (const auto& layer : layers()) {
    query = layer->forward(query, input);
    if (return_intermediate_) intermediate.push_back(post_norm_ ? post_norm_->forward(query) : query);
  }
  if (return_intermediate_) return torch::stack(intermediate);
  return post_norm_ ? post_norm_->forward(query).unsqueeze(0) : query;
}

DETFORGE_REGISTER(transformer_layer_sequences, DetrTransformerEncoder,
                  {.name = "DetrTransformerEncoder",
                   .python = "mmdet.models.utils.transformer.DetrTransformerEncoder",
                   .meaning = "DETR's encoder (arXiv 2005.12872)",
                   .since = Reference::V2_27});
DETFORGE_REGISTER(transformer_layer_sequences, DetrTransformerDecoder,
                  {.name = "DetrTransformerDecoder",
                   .python = "mmdet.models.utils.transformer.DetrTransformerDecoder",
                   .meaning = "DETR's decoder (arXiv 2005.12872)",
                   .since = Reference::V2_27});

}  // namespace detforge::nn
