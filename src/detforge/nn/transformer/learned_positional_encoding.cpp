#include "detforge/nn/init/weight_init.h"
#include "detforge/nn/layers/embedding.h"
#include "detforge/nn/transformer/positional_encoding.h"

namespace detforge::nn {

/// A learnt encoding of each row and of each column, of maps that have no more of them than `row_num_embed` and `col_num_embed`.
class LearnedPositionalEncoding : public PositionalEncoding {
 public:
  struct Options {
    std::int64_t num_feats = 0;
    std::int64_t row_num_embed = 50;
    std::int64_t col_num_embed = 50;
    std::optional<Value> init_cfg = Value::dict({{"type", "Uniform"}, {"layer", "Embedding"}});
  };
  static Arguments<Options> arguments() {
    return {arg(&Options::num_feats, "num_feats", required, "channels for the row, and as many for the column").at_least(1),
            arg(&Options::row_num_embed, "row_num_embed", "largest number of rows").at_least(1),
            arg(&Options::col_num_embed, "col_num_embed", "largest number of columns").at_least(1),
            arg(&Options::init_cfg, "init_cfg", "initialisation").since_v2_27()};
  }

  LearnedPositionalEncoding(const Options& options, const BuildContext& context)
      : PositionalEncoding("LearnedPositionalEncoding", options.num_feats),
        reference_(context.reference),
        row_embed_(register_module("row_embed", std::make_shared<Embedding>(options.row_num_embed, options.num_feats))),
        col_embed_(register_module("col_embed", std::make_shared<Embedding>(options.col_num_embed, options.num_feats))) {
    show_init_cfg(context, options.init_cfg);
  }

  std::optional<std::string> own_repr() const override {
    return "LearnedPositionalEncoding(num_feats=" + std::to_string(num_feats()) +
           ", row_num_embed=" + std::to_string(row_embed_->weight().size(0)) +
           ", col_num_embed=" + std::to_string(col_embed_->weight().size(0)) + ")";
  }

  /// 2.8's constructor fills the embeddings itself.
  void reset_parameters() override {
    if (reference_ != Reference::V2_8) return;
    uniform_init(*row_embed_);
    uniform_init(*col_embed_);
  }

 protected:
  torch::Tensor compute(const torch::Tensor& mask) override {
    const std::int64_t images = mask.size(0), height = mask.size(1), width = mask.size(2);
    const torch::Tensor &row_embed = row_embed_->weight(), &col_embed = col_embed_->weight();
    if (height > row_embed.size(0) || width > col_embed.size(0)) {
      throw Error("LearnedPositionalEncoding has embeddings for " + std::to_string(row_embed.size(0)) + " rows and " +
                  std::to_string(col_embed.size(0)) + " columns, but the feature map has " + std::to_string(height) + " and " +
                  std::to_string(width))
          .help("raise row_num_embed and col_num_embed, or give smaller images");
    }
    const torch::Tensor rows = row_embed.slice(0, 0, height).unsqueeze(1).expand({height, width, num_feats()});
    const torch::Tensor columns = col_embed.slice(0, 0, width).unsqueeze(0).expand({height, width, num_feats()});
    return torch::cat({columns, rows}, -1).permute({2, 0, 1}).unsqueeze(0).repeat({images, 1, 1, 1});
  }

 private:
  Reference reference_;
  std::shared_ptr<Embedding> row_embed_;
  std::shared_ptr<Embedding> col_embed_;
};

DETFORGE_REGISTER(positional_encodings, LearnedPositionalEncoding,
                  {.name = "LearnedPositionalEncoding",
                   .python = "mmdet.models.utils.positional_encoding.LearnedPositionalEncoding",
                   .meaning = "a learnt vector for each row and each column"});

}  // namespace detforge::nn
