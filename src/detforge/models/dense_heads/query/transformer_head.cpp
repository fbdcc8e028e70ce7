#include "detforge/models/dense_heads/query/detr_head.h"
#include "detforge/nn/layers/dropout.h"

namespace detforge {

/// What 2.8 calls DETR's head: there are as many queries as detections, and it hands them out in their order. 2.27 has none, so that its
/// parts are 2.8's whatever the reference.
class TransformerHead : public DETRHead {
 public:
  struct Options : QueryHead::Options {
    std::int64_t num_fcs = 2;
    ConfigDict transformer = {{"type", "Transformer"},
                              {"embed_dims", 256},
                              {"num_heads", 8},
                              {"num_encoder_layers", 6},
                              {"num_decoder_layers", 6},
                              {"feedforward_channels", 2048},
                              {"dropout", 0.1},
                              {"act_cfg", Value::dict({{"type", "ReLU"}, {"inplace", true}})},
                              {"norm_cfg", Value::dict({{"type", "LN"}})},
                              {"num_fcs", 2},
                              {"pre_norm", false},
                              {"return_intermediate_dec", true}};
  };
  static Arguments<Options> arguments() {
    return {QueryHead::arguments(), arg(&Options::num_fcs, "num_fcs", "linear layers before the boxes").at_least(2),
            arg(&Options::transformer, "transformer", "from pixels to queries").built_by("TRANSFORMER")};
  }

  TransformerHead(const Options& options, const BuildContext& context)
      : DETRHead("TransformerHead", of_detr_head(options),
                 {.act_cfg = activation_of_transformer(options.transformer), .keeps_every_query = true}, make_ffn,
                 {Reference::V2_8, context.path}) {
    if (use_sigmoid()) throw ArgumentError("loss_cls", "must have use_sigmoid=False: queries without an object are background");
  }

 private:
  /// FFN as 2.8 has it, on one line.
  class FFNOfV2_8 : public nn::FFN {
   public:
    FFNOfV2_8(const nn::FFN::Options& options, const BuildContext& context) : nn::FFN(options, context), options_(options) {}
    std::optional<std::string> own_repr() const override {
      return "FFN(embed_dims=" + std::to_string(options_.embed_dims) +
             ", feedforward_channels=" + std::to_string(options_.feedforward_channels) + ", num_fcs=" + std::to_string(options_.num_fcs) +
             ", act_cfg=" + detforge::repr(options_.act_cfg) + ", dropout=" + nn::repr(nn::Dropout({.p = options_.ffn_drop})) +
             ", add_residual=" + (options_.add_identity ? "True" : "False") + ")";
    }

   private:
    nn::FFN::Options options_;
  };

  static std::shared_ptr<nn::FFN> make_ffn(const nn::FFN::Options& options, const BuildContext& context) {
    return std::make_shared<FFNOfV2_8>(options, context);
  }

  static DETRHead::Options of_detr_head(const Options& options) {
    const Value* queries = options.test_cfg ? options.test_cfg->find("max_per_img") : nullptr;
    if (queries == nullptr) throw ArgumentError("test_cfg", "must have 'max_per_img', which is the number of queries as well");
    DETRHead::Options detr;
    static_cast<QueryHead::Options&>(detr) = options;
    detr.num_query = Conversion<std::int64_t>::from(*queries);
    detr.num_reg_fcs = options.num_fcs;
    detr.transformer = options.transformer;
    return detr;
  }
};

DETFORGE_REGISTER(heads, TransformerHead,
                  {.name = "TransformerHead",
                   .python = "mmdet.models.dense_heads.transformer_head.TransformerHead",
                   .meaning = "queries that look at all pixels (arXiv 2005.12872)"});

}  // namespace detforge
