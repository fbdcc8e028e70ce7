#pragma once

#include "detforge/nn/transformer/detr_transformer_coders.h"
#include "detforge/nn/transformer/transformer.h"

/// What MMDetection 2.8's `Transformer` builds out of its own arguments: today's parts under its names.
namespace detforge::nn::transformer_v2_8 {

std::shared_ptr<DetrTransformerEncoder> encoder(const Transformer::Options& options, const BuildContext& context);
std::shared_ptr<DetrTransformerDecoder> decoder(const Transformer::Options& options, const BuildContext& context);

/// How 2.8 prints the transformer, on one line.
std::string repr(const Transformer::Options& options);

}  // namespace detforge::nn::transformer_v2_8
