#include "detforge/nn/transformer/transformer.h"

#include <gtest/gtest.h>

#include <cmath>

#include "detforge/config/config.h"
#include "detforge/nn/init/initializer.h"
#include "detforge/nn/transformer/dropout_layers.h"
#include "detforge/nn/transformer/multihead_attention.h"
#include "detforge/nn/transformer/positional_encoding.h"
#include "detforge/nn/transformer/transformers.h"

namespace detforge::nn {
namespace {

const BuildContext v2_27{Reference::V2_27, "model"};

Value config_of(const std::string& text) { return Config::from_text("config = " + text + "\n", ".py").root()["config"]; }

std::string error_of(const std::function<void()>& build) {
  try {
    build();
  } catch (const Error& error) {
    return error.message();
  }
  return "";
}

void randomize(Module& module) {
  torch::manual_seed(5);
  const torch::NoGradGuard no_grad;
  for (torch::Tensor& parameter : module.parameters()) parameter.uniform_(-0.4, 0.4);
}

TEST(DropPath, LeavesWholeImagesOutAndKeepsTheMean) {
  const auto layer = dropout_layers().build(config_of("dict(type='DropPath', drop_prob=0.25)"));
  EXPECT_EQ(repr(*layer), "DropPath()");
  torch::manual_seed(1);
  const torch::Tensor input = torch::ones({4000, 2, 3}), output = layer->forward(input);
  const torch::Tensor images = output.flatten(1);
  EXPECT_TRUE(torch::equal(std::get<0>(images.min(1)), std::get<0>(images.max(1))));
  EXPECT_NEAR(output.mean().item<double>(), 1, 0.03);
  EXPECT_NEAR(images.max().item<double>(), 1 / 0.75, 1e-6);
  layer->eval();
  EXPECT_TRUE(torch::equal(layer->forward(input), input));
}

TEST(Dropout, HasMmcvsArgumentsAndPyTorchsText) {
  EXPECT_EQ(repr(*dropout_layers().build(config_of("dict(type='Dropout', drop_prob=0.1)"))), "Dropout(p=0.1, inplace=False)");
  EXPECT_EQ(repr(*build_dropout(std::nullopt, {})), "Identity()");
  EXPECT_EQ(error_of([] { dropout_layers().build(config_of("dict(type='DropPath', drop_prob=2)")); }),
            "argument 'drop_prob' of DropPath: must be a probability, between 0 and 1, got 2");
}

TEST(FFN, TakesItsOlderNames) {
  auto ffn = feedforward_networks().build(
      config_of("dict(type='FFN', embed_dims=4, feedforward_channels=6, dropout=0.5, add_residual=False)"), v2_27);
  randomize(*ffn);
  ffn->eval();
  const auto parameters = ffn->named_parameters();
  const torch::Tensor tokens = torch::randn({5, 2, 4});
  const torch::Tensor hidden = torch::linear(tokens, parameters["layers.0.0.weight"], parameters["layers.0.0.bias"]).relu();
  EXPECT_TRUE(torch::allclose(ffn->forward(tokens), torch::linear(hidden, parameters["layers.1.weight"], parameters["layers.1.bias"])));
  EXPECT_NE(repr(*ffn).find("Dropout(p=0.5, inplace=False)"), std::string::npos);
}

TEST(TorchMultiheadAttention, IsPyTorchs) {
  const std::int64_t queries = 5, keys = 7, images = 2, heads = 4, size = 8;
  TorchMultiheadAttention ours({.embed_dim = size, .num_heads = heads});
  torch::nn::MultiheadAttention theirs(torch::nn::MultiheadAttentionOptions(size, heads));
  randomize(ours);
  const torch::NoGradGuard no_grad;
  const auto parameters = ours.named_parameters();
  for (auto& item : theirs->named_parameters()) item.value().copy_(parameters[item.key()]);
  const torch::Tensor query = torch::randn({queries, images, size}), key = torch::randn({keys, images, size}),
                      value = torch::randn({keys, images, size});
  torch::Tensor padding = torch::zeros({images, keys}, torch::kBool), mask = torch::zeros({queries, keys}, torch::kBool);
  padding[1].slice(0, 4).fill_(true);
  mask[2].slice(0, 0, 2).fill_(true);
  // libtorch's own takes a mask of numbers for all heads alone.
  const torch::Tensor added = torch::zeros({queries, keys}).masked_fill(mask, -INFINITY);
  const auto by_head = [&](const torch::Tensor& of_all) { return of_all.unsqueeze(0).repeat({images * heads, 1, 1}); };
  for (const torch::Tensor& key_padding : {torch::Tensor(), padding}) {
    const auto expect = [&](const torch::Tensor& ours_mask, const torch::Tensor& theirs_mask) {
      const torch::Tensor wanted = std::get<0>(theirs->forward(query, key, value, key_padding, /*need_weights=*/false, theirs_mask));
      EXPECT_TRUE(torch::allclose(ours.forward(query, key, value, ours_mask, key_padding), wanted, 1e-5, 1e-6));
    };
    expect({}, {});
    for (const torch::Tensor& ours_mask : {mask, added, by_head(mask), by_head(added)}) expect(ours_mask, added);
  }
}

TEST(MultiheadAttention, WithImagesFirstIsTheSame) {
  const auto build = [](bool batch_first) {
    auto attention = std::make_shared<MultiheadAttention>(
        MultiheadAttention::Options{.embed_dims = 8, .num_heads = 2, .batch_first = batch_first}, v2_27);
    randomize(*attention);
    return attention;
  };
  const auto tokens_first = build(false), images_first = build(true);
  const torch::Tensor query = torch::randn({5, 2, 8}), key = torch::randn({7, 2, 8}), position = torch::randn({5, 2, 8});
  AttentionInput input{.query = query,
                       .key = key,
                       .value = {},
                       .identity = {},
                       .query_pos = position,
                       .key_pos = {},
                       .attn_mask = {},
                       .key_padding_mask = {}};
  const torch::Tensor wanted = tokens_first->forward(input);
  input.query = query.transpose(0, 1);
  input.key = key.transpose(0, 1);
  input.query_pos = position.transpose(0, 1);
  EXPECT_TRUE(torch::allclose(images_first->forward(input), wanted.transpose(0, 1), 1e-5, 1e-6));
}

TEST(SinePositionalEncoding, CountsWithinTheImage) {
  const auto encoding = positional_encodings().build(config_of("dict(type='SinePositionalEncoding', num_feats=4, normalize=True)"));
  torch::Tensor mask = torch::zeros({1, 4, 6}, torch::kBool);
  mask.slice(1, 3).fill_(true);
  mask.slice(2, 4).fill_(true);
  const torch::Tensor encoded = encoding->forward(mask)[0];
  ASSERT_EQ(encoded.sizes().vec(), (std::vector<std::int64_t>{8, 4, 6}));
  const double turn = 2 * M_PI;
  EXPECT_NEAR(encoded[0][1][2].item<double>(), std::sin(2.0 / 3 * turn), 1e-5) << "two of three rows";
  EXPECT_NEAR(encoded[3][1][2].item<double>(), std::cos(2.0 / 3 * turn / 100), 1e-5) << "the longer wave's cosine";
  EXPECT_NEAR(encoded[4][1][2].item<double>(), std::sin(3.0 / 4 * turn), 1e-5) << "three of four columns";
}

TEST(LearnedPositionalEncoding, PutsColumnsBeforeRows) {
  auto encoding = positional_encodings().build(
      config_of("dict(type='LearnedPositionalEncoding', num_feats=2, row_num_embed=3, col_num_embed=4)"), v2_27);
  EXPECT_EQ(repr(*encoding), "LearnedPositionalEncoding(num_feats=2, row_num_embed=3, col_num_embed=4)");
  randomize(*encoding);
  const auto parameters = encoding->named_parameters();
  const torch::Tensor encoded = encoding->forward(torch::zeros({2, 3, 4}, torch::kBool));
  EXPECT_TRUE(torch::equal(encoded[1].select(2, 3).select(1, 2),
                           torch::cat({parameters["col_embed.weight"][3], parameters["row_embed.weight"][2]})));
  EXPECT_EQ(error_of([&] {
              encoding->forward(torch::zeros({1, 4, 4}, torch::kBool));
            }),
            "LearnedPositionalEncoding has embeddings for 3 rows and 4 columns, but the feature map has 4 and 4");
}

std::string attention_of(const std::string& more = "") { return "dict(type='MultiheadAttention', embed_dims=8, num_heads=2" + more + ")"; }

TEST(BaseTransformerLayer, SaysWhatIsWrongWithItsConfig) {
  const auto message = [](const std::string& arguments) {
    return error_of([&] { transformer_layers().build(config_of("dict(type='BaseTransformerLayer', " + arguments + ")"), v2_27); });
  };
  const std::string order = "operation_order=('self_attn', 'norm', 'ffn', 'norm')";
  EXPECT_EQ(message(order), "argument 'attn_cfgs' of BaseTransformerLayer: must be given");
  EXPECT_EQ(message("attn_cfgs=" + attention_of() + ", operation_order=('ffn', 'norm')"),
            "argument 'operation_order' of BaseTransformerLayer: must hold 'self_attn' or 'cross_attn'");
  EXPECT_EQ(message("attn_cfgs=[" + attention_of() + ", " + attention_of() + "], " + order),
            "argument 'attn_cfgs' of BaseTransformerLayer: must hold as many configs as operation_order has places for them, 1, got 2");
  EXPECT_EQ(message("attn_cfgs=" + attention_of() + ", " + order),
            "argument 'ffn_cfgs' of BaseTransformerLayer: must have the embed_dims of the attention, 8, got 256");
  EXPECT_EQ(message("attn_cfgs=" + attention_of(", batch_first=True") + ", " + order),
            "argument 'attn_cfgs' of BaseTransformerLayer: must have the layer's batch_first");
  EXPECT_EQ(message("attn_cfgs=" + attention_of() + ", ffn_dropout=0.1, ffn_cfgs=[dict(embed_dims=8)], " + order),
            "argument 'ffn_cfgs' of BaseTransformerLayer: must be one config where feedforward_channels, ffn_dropout or ffn_num_fcs are "
            "given");
}

TEST(DetrTransformerDecoderLayer, HasSixStepsOfAllKinds) {
  EXPECT_EQ(
      error_of([] {
        transformer_layers().build(config_of("dict(type='DetrTransformerDecoderLayer', attn_cfgs=" + attention_of() +
                                             ", feedforward_channels=4, ffn_cfgs=dict(embed_dims=8), "
                                             "operation_order=('self_attn', 'norm', 'ffn', 'norm'))"),
                                   v2_27);
      }),
      "argument 'operation_order' of DetrTransformerDecoderLayer: must have six entries: 'self_attn', 'cross_attn', 'ffn' and 'norm', "
      "each at least once");
}

TEST(Attentions, SayWhatIsWrongWithTheirConfigs) {
  const auto message = [](const std::string& config) { return error_of([&] { attentions().build(config_of(config), v2_27); }); };
  EXPECT_EQ(message("dict(type='MultiheadAttention', embed_dims=8, num_heads=3)"),
            "argument 'num_heads' of MultiheadAttention: must divide embed_dims");
  EXPECT_EQ(message("dict(type='MultiheadAttention', embed_dims=8, num_heads=2, dropout_layer=None, dropout=0.1)"),
            "argument 'dropout' of MultiheadAttention: has no dropout_layer whose drop_prob it could set");
  EXPECT_EQ(message("dict(type='MultiScaleDeformableAttention', embed_dims=8, num_heads=3)"),
            "argument 'num_heads' of MultiScaleDeformableAttention: must divide embed_dims");
}

TEST(MultiScaleDeformableAttention, SaysWhatItIsNotGiven) {
  const auto attention = attentions().build(config_of("dict(type='MultiScaleDeformableAttention', embed_dims=8, num_heads=2)"), v2_27);
  AttentionInput input;
  input.query = torch::zeros({4, 1, 8});
  EXPECT_EQ(error_of([&] { attention->forward(input); }),
            "MultiScaleDeformableAttention needs maps to read and the places where queries look");
  const SampledLevels one_level{{{2, 2}}, torch::zeros({1, 4, 1, 2})};
  input.sampled = &one_level;
  EXPECT_EQ(error_of([&] { attention->forward(input); }), "MultiScaleDeformableAttention has 4 levels, but is given 1");
}

TEST(TransformerLayerSequence, SaysWhatIsWrongWithItsConfig) {
  const auto message = [](const std::string& arguments) {
    return error_of([&] { transformer_layer_sequences().build(config_of("dict(type='DetrTransformerEncoder'" + arguments + ")"), v2_27); });
  };
  const std::string layer = "dict(type='BaseTransformerLayer', attn_cfgs=" + attention_of() +
                            ", ffn_cfgs=dict(embed_dims=8), operation_order=('norm', 'self_attn', 'norm', 'ffn'))";
  EXPECT_EQ(message(""), "argument 'transformerlayers' of DetrTransformerEncoder: must be given");
  EXPECT_EQ(message(", transformerlayers=" + layer), "argument 'num_layers' of DetrTransformerEncoder: must be at least 1");
  EXPECT_EQ(message(", num_layers=2, transformerlayers=[" + layer + "]"),
            "argument 'transformerlayers' of DetrTransformerEncoder: must hold num_layers configs, 2, got 1");
  EXPECT_EQ(message(", num_layers=1, post_norm_cfg=None, transformerlayers=" + layer),
            "argument 'post_norm_cfg' of DetrTransformerEncoder: must be given where the layers normalise first");
}

TEST(TransformerLayer, TakesAMaskForEachOfItsAttentions) {
  const auto layer = transformer_layers().build(config_of("dict(type='BaseTransformerLayer', attn_cfgs=" + attention_of() +
                                                          ", ffn_cfgs=dict(embed_dims=8), operation_order=('self_attn', 'norm', "
                                                          "'cross_attn', 'norm', 'ffn', 'norm'))"),
                                                v2_27);
  randomize(*layer);
  const torch::Tensor query = torch::randn({4, 1, 8});
  TransformerInput input;
  input.key = input.value = torch::randn({6, 1, 8});
  torch::Tensor hidden = torch::zeros({4, 6}, torch::kBool);
  hidden.slice(1, 3).fill_(true);
  input.attn_masks = {torch::Tensor(), hidden};
  const torch::Tensor masked = layer->forward(query, input);
  input.key = input.value = input.key.slice(0, 0, 3);
  input.attn_masks.clear();
  EXPECT_TRUE(torch::allclose(masked, layer->forward(query, input), 1e-5, 1e-6));
  input.attn_masks = {hidden};
  EXPECT_EQ(error_of([&] { layer->forward(query, input); }), "BaseTransformerLayer has 2 attentions, but is given 1 masks");
}

std::string coder_of(const std::string& type, const std::string& layer, const std::string& order, const std::string& more = "") {
  return "dict(type='" + type + "', num_layers=2, transformerlayers=dict(type='" + layer + "', attn_cfgs=" + attention_of(", dropout=0.1") +
         ", ffn_cfgs=dict(embed_dims=8), feedforward_channels=12, ffn_dropout=0.1, operation_order=" + order + ")" + more + ")";
}

/// The two versions' transformers have the same tensors in the same order but for the places of some, and are the same function.
TEST(Transformer, OfBothVersionsAreOneFunction) {
  for (const bool pre_norm : {false, true}) {
    const std::string flag = pre_norm ? "True" : "False";
    auto older = build_transformer<Transformer>(
        config_of("dict(type='Transformer', embed_dims=8, num_heads=2, num_encoder_layers=2, num_decoder_layers=2, "
                  "feedforward_channels=12, dropout=0.1, pre_norm=" +
                  flag + ", return_intermediate_dec=True)"),
        {}, "transformer");
    const std::string encoder_order = pre_norm ? "('norm', 'self_attn', 'norm', 'ffn')" : "('self_attn', 'norm', 'ffn', 'norm')";
    const std::string decoder_order = pre_norm ? "('norm', 'self_attn', 'norm', 'cross_attn', 'norm', 'ffn')"
                                               : "('self_attn', 'norm', 'cross_attn', 'norm', 'ffn', 'norm')";
    auto newer = build_transformer<Transformer>(
        config_of("dict(type='Transformer', encoder=" + coder_of("DetrTransformerEncoder", "BaseTransformerLayer", encoder_order) +
                  ", decoder=" +
                  coder_of("DetrTransformerDecoder", "DetrTransformerDecoderLayer", decoder_order, ", return_intermediate=True") + ")"),
        v2_27, "transformer");
    randomize(*older);
    older->eval();
    newer->eval();
    const torch::NoGradGuard no_grad;
    const auto parameters = older->named_parameters();
    const std::pair<std::string, std::string> renamed[] = {
        {".attentions.0.", ".self_attn."}, {".attentions.1.", ".multihead_attn."}, {".ffns.0.", ".ffn."}, {".post_norm.", ".norm."}};
    ASSERT_EQ(parameters.size(), newer->named_parameters().size());
    for (auto& item : newer->named_parameters()) {
      std::string name = item.key();
      for (const auto& [from, to] : renamed) {
        if (const std::size_t at = name.find(from); at != std::string::npos) name.replace(at, from.size(), to);
      }
      item.value().copy_(parameters[name]);
    }
    torch::Tensor mask = torch::zeros({2, 3, 4}, torch::kBool);
    mask[1].slice(1, 2).fill_(true);
    const torch::Tensor map = torch::randn({2, 8, 3, 4}), position = torch::randn({2, 8, 3, 4}), queries = torch::randn({5, 8});
    const auto first = older->forward(map, mask, queries, position), second = newer->forward(map, mask, queries, position);
    EXPECT_EQ(first.decoded.sizes().vec(), (std::vector<std::int64_t>{2, 2, 5, 8}));
    EXPECT_TRUE(torch::allclose(first.decoded, second.decoded, 1e-5, 1e-6));
    EXPECT_TRUE(torch::allclose(first.memory, second.memory, 1e-5, 1e-6));
  }
}

TEST(DeformableDetrTransformer, NeedsItsOwnDecoderAndAllThatThisGives) {
  const std::string encoder = coder_of("DetrTransformerEncoder", "BaseTransformerLayer", "('self_attn', 'norm', 'ffn', 'norm')");
  const auto message = [&](const std::string& decoder) {
    const std::string order = "('self_attn', 'norm', 'cross_attn', 'norm', 'ffn', 'norm')";
    return error_of([&] {
      transformers().build(config_of("dict(type='DeformableDetrTransformer', encoder=" + encoder +
                                     ", decoder=" + coder_of(decoder, "DetrTransformerDecoderLayer", order) + ")"),
                           v2_27);
    });
  };
  EXPECT_EQ(message("DetrTransformerDecoder"),
            "argument 'decoder' of DeformableDetrTransformer: must be a DeformableDetrTransformerDecoder");
  EXPECT_EQ(message("DeformableDetrTransformerDecoder"),
            "argument 'decoder' of DeformableDetrTransformer: must have return_intermediate=True");
}

TEST(Transformer, StartsByGlorotsRule) {
  auto transformer = build_transformer<Transformer>(
      config_of("dict(type='Transformer', embed_dims=64, num_heads=2, num_encoder_layers=1, num_decoder_layers=1)"), {}, "transformer");
  torch::manual_seed(2);
  initialize_weights(*transformer);
  const auto parameters = transformer->named_parameters();
  const double bound = std::sqrt(6.0 / (64 + 2048));
  EXPECT_NEAR(parameters["encoder.layers.0.ffn.layers.0.0.weight"].max().item<double>(), bound, 0.01 * bound);
  EXPECT_EQ(parameters["encoder.layers.0.ffn.layers.0.0.bias"].abs().max().item<double>(), 0);
  EXPECT_EQ(parameters["decoder.norm.weight"].min().item<double>(), 1);
}

TEST(Transformer, IsTheKindThatIsAskedFor) {
  const Value config = config_of("dict(type='Transformer', embed_dims=8, num_heads=2, num_encoder_layers=1, num_decoder_layers=1)");
  EXPECT_EQ(error_of([&] { build_transformer<PositionalEncoding>(config, {}, "positional encoding"); }),
            "Transformer is no positional encoding");
}

TEST(Transformer, NeedsBothItsPartsIn2_27) {
  EXPECT_EQ(error_of([] { transformers().build(config_of("dict(type='Transformer')"), v2_27); }),
            "argument 'encoder' of Transformer: must be given");
}

}  // namespace
}  // namespace detforge::nn
