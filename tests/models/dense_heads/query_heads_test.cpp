#include <gtest/gtest.h>

#include <set>

#include "detforge/config/config.h"
#include "detforge/models/dense_heads/query/query_head.h"
#include "detforge/nn/init/initializer.h"

/// The heads of DETR's family; what the whole detectors of the reference data do not reach.
namespace detforge {
namespace {

const BuildContext v2_27{Reference::V2_27, "model.bbox_head"};

Value config_of(const std::string& text) { return Config::from_text("head = " + text + "\n", ".py").root()["head"]; }

std::string error_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.message();
  }
  return "";
}

std::string deformable_head(const std::string& more) {
  const std::string deformable = "dict(type='MultiScaleDeformableAttention', embed_dims=256, num_levels=2, num_points=2)";
  const std::string plain = "dict(type='MultiheadAttention', embed_dims=256, num_heads=8)";
  const std::string encoder =
      "dict(type='DetrTransformerEncoder', num_layers=1, transformerlayers=dict(type='BaseTransformerLayer', attn_cfgs=" + deformable +
      ", feedforward_channels=32, operation_order=('self_attn', 'norm', 'ffn', 'norm')))";
  const std::string decoder =
      "dict(type='DeformableDetrTransformerDecoder', num_layers=2, return_intermediate=True, "
      "transformerlayers=dict(type='DetrTransformerDecoderLayer', attn_cfgs=[" +
      plain + ", " + deformable +
      "], feedforward_channels=32, operation_order=('self_attn', 'norm', 'cross_attn', 'norm', 'ffn', 'norm')))";
  return "dict(type='DeformableDETRHead', num_classes=3, in_channels=8, num_query=5, num_reg_fcs=1, loss_cls=dict(type='FocalLoss', "
         "loss_weight=1.0), positional_encoding=dict(type='SinePositionalEncoding', num_feats=128, normalize=True, offset=-0.5), "
         "transformer=dict(type='DeformableDetrTransformer', num_feature_levels=2, two_stage_num_proposals=5, encoder=" +
         encoder + ", decoder=" + decoder + ")" + more + ")";
}

std::shared_ptr<QueryHead> build(const std::string& text) { return build_head<QueryHead>(config_of(text), v2_27, "head of queries"); }

/// sin(k² / 1000 + shift) over the elements k.
torch::Tensor wave(std::int64_t count, std::int64_t shift) {
  return (torch::arange(count, torch::kDouble).square() * 0.001 + static_cast<double>(shift)).sin();
}

/// The i-th tensor of the state_dict is the wave shifted by i, times 0.9, or times 1.5 / √columns where it has any.
void fill_by_rule(nn::Module& module) {
  const torch::NoGradGuard no_grad;
  std::set<const void*> filled;  // shared layers have their first name's values
  std::int64_t i = 0;
  for (const nn::NamedTensor& entry : nn::state_dict(module)) {
    const std::int64_t place = i++;
    if (!filled.insert(entry.tensor.data_ptr()).second) continue;
    const double scale = entry.tensor.dim() == 1 ? 0.9 : 1.5 / std::sqrt(static_cast<double>(entry.tensor.size(1)));
    entry.tensor.copy_((wave(entry.tensor.numel(), place) * scale).view_as(entry.tensor));
  }
}

nn::Features features() {
  nn::Features levels;
  for (const ImageSize size : {ImageSize{4, 6}, ImageSize{2, 3}}) {
    const torch::Tensor map = wave(2 * 256 * size.height * size.width, size.height);
    levels.push_back(map.view({2, 256, size.height, size.width}).to(torch::kFloat));
  }
  return levels;
}

std::vector<ImageMeta> metas() {
  std::vector<ImageMeta> all(2);
  for (ImageMeta& meta : all) meta.batch_input_shape = meta.pad_shape = {32, 48};
  all[0].img_shape = {32, 48};
  all[1].img_shape = {20, 40};
  return all;
}

struct Wanted {
  std::vector<std::int64_t> shape;
  double sum, abs_sum;
  std::vector<float> first, last;
};

void expect_output(const torch::Tensor& ours, const Wanted& wanted) {
  EXPECT_EQ(ours.sizes().vec(), wanted.shape);
  EXPECT_NEAR(ours.to(torch::kDouble).sum().item<double>(), wanted.sum, 1e-4 * wanted.abs_sum);
  EXPECT_NEAR(ours.to(torch::kDouble).abs().sum().item<double>(), wanted.abs_sum, 1e-4 * wanted.abs_sum);
  const torch::Tensor flat = ours.flatten();
  EXPECT_TRUE(torch::allclose(flat.slice(0, 0, 4), torch::tensor(wanted.first), 1e-4, 1e-4)) << flat.slice(0, 0, 4);
  EXPECT_TRUE(torch::allclose(flat.slice(0, -4), torch::tensor(wanted.last), 1e-4, 1e-4)) << flat.slice(0, -4);
}

/// Computed with MMDetection 2.27's DeformableDETRHead and DeformableDetrTransformer on mmcv 1.7.2.
TEST(DeformableDETRHead, GivesPythonsOutputsWithAndWithoutRefinementAndInTwoStages) {
  const torch::NoGradGuard no_grad;
  const std::vector<std::pair<std::string, std::vector<Wanted>>> cases = {
      {"",
       {{{2, 2, 5, 3},
         72.508469,
         280.938553,
         {13.155504F, 1.486772F, 0.600584F, 13.155991F},
         {1.20316F, -10.435015F, 1.245925F, 1.196255F}},
        {{2, 2, 5, 4}, 57.622126, 57.622126, {0.935419F, 0.61281F, 0.837249F, 0.739565F}, {0.950717F, 0.658712F, 0.530401F, 0.48287F}}}},
      {", with_box_refine=True",
       {{{2, 2, 5, 3}, 173.786775, 173.786775, {13.155504F, 1.486772F, 0.600584F, 13.155991F}, {0.185725F, 1.649457F, 0.317901F, 0.18997F}},
        {{2, 2, 5, 4}, 55.912638, 55.912638, {0.935419F, 0.61281F, 0.837249F, 0.739565F}, {0.987074F, 0.315807F, 0.644861F, 0.522355F}}}},
      {", with_box_refine=True, as_two_stage=True",
       {{{2, 2, 5, 3},
         135.699312,
         164.160518,
         {11.675339F, 1.490047F, 0.511854F, 11.675212F},
         {0.591563F, -1.413689F, 0.68421F, 0.591563F}},
        {{2, 2, 5, 4}, 45.503845, 45.503845, {0.993983F, 0.091635F, 0.276869F, 0.406079F}, {0.999999F, 0.999995F, 0.999988F, 0.999981F}},
        {{2, 30, 3},
         -835.586391,
         835.586391,
         {-11.67457F, -1.660272F, -0.720872F, -11.923375F},
         {-0.805425F, -11.611253F, -1.646641F, -0.869784F}},
        {{2, 30, 4}, 100.728365, 100.728365, {0.198963F, 0.076184F, 0.08329F, 0.095874F}, {0.923513F, 0.549767F, 0.168251F, 0.197779F}}}}};
  for (const auto& [more, wanted] : cases) {
    SCOPED_TRACE("deformable_head(" + more + ")");
    const auto head = build(deformable_head(more));
    head->eval();
    fill_by_rule(*head);
    const HeadOutputs outputs = head->forward(features(), metas());
    ASSERT_EQ(outputs.size(), wanted.size());
    for (std::size_t i = 0; i < wanted.size(); ++i) expect_output(outputs[i].front(), wanted[i]);
  }
}

Targets one_object_and_none() {
  Targets targets;
  targets.metas = metas();
  targets.gt_bboxes = {torch::tensor({{4.0F, 6.0F, 20.0F, 30.0F}}), torch::zeros({0, 4})};
  targets.gt_labels = {torch::tensor({2}, torch::kLong), torch::zeros({0}, torch::kLong)};
  return targets;
}

TEST(DeformableDETRHead, LearnsFromPixelsInTwoStages) {
  const auto head = build(deformable_head(", with_box_refine=True, as_two_stage=True"));
  torch::manual_seed(1);
  nn::initialize_weights(*head);
  const Losses losses = head->forward_train(features(), one_object_and_none());
  std::vector<std::string> names;
  for (const Losses::Entry& entry : losses.entries()) names.push_back(entry.name);
  EXPECT_EQ(names, (std::vector<std::string>{"enc_loss_cls", "enc_loss_bbox", "enc_loss_iou", "loss_cls", "loss_bbox", "loss_iou",
                                             "d0.loss_cls", "d0.loss_bbox", "d0.loss_iou"}));
  parse_losses(losses).loss.backward();
  for (const auto& item : head->named_parameters()) {
    const torch::Tensor& gradient = item.value().grad();
    ASSERT_TRUE(gradient.defined()) << item.key();
    EXPECT_TRUE(gradient.isfinite().all().item<bool>()) << item.key();
  }
}

TEST(DeformableDETRHead, BeginsWithBoxesAroundItsReferencePoints) {
  const auto head = build(deformable_head(""));
  torch::manual_seed(1);
  nn::initialize_weights(*head);
  head->eval();
  const torch::NoGradGuard no_grad;
  const HeadOutputs outputs = head->forward(features(), metas());
  const torch::Tensor sides = outputs[1].front().slice(-1, 2);
  EXPECT_TRUE(torch::allclose(sides, torch::full_like(sides, 1 / (1 + std::exp(2.0)))));
  EXPECT_LT(outputs[0].front().sigmoid().mean().item<double>(), 0.05);
}

TEST(QueryHead, WithoutMetasImagesFillTheBatch) {
  const torch::NoGradGuard no_grad;
  const auto head = build(deformable_head(""));
  head->eval();
  fill_by_rule(*head);
  std::vector<ImageMeta> whole = metas();
  for (ImageMeta& meta : whole) meta.img_shape = meta.batch_input_shape;
  EXPECT_TRUE(torch::allclose(head->forward(features())[0].front(), head->forward(features(), whole)[0].front()));
}

TEST(QueryHead, KeepsTheBestPairsOfQueryAndClass) {
  const torch::NoGradGuard no_grad;
  const auto head = build(deformable_head(", test_cfg=dict(max_per_img=3)"));
  const torch::Tensor scores = torch::tensor({{-1.0F, 2.0F, -9.0F}, {0.0F, -9.0F, 3.0F}}).view({1, 1, 2, 3});
  const torch::Tensor boxes = torch::tensor({{0.5F, 0.5F, 0.5F, 0.5F}, {0.25F, 0.5F, 1.0F, 0.5F}}).view({1, 1, 2, 4});
  ImageMeta meta = metas()[0];
  meta.scale_factor = {2, 2, 2, 2};
  const Detections found = head->predict({{scores}, {boxes}}, std::vector<ImageMeta>{meta}, /*rescale=*/true).front();
  EXPECT_EQ(found.labels, (std::vector<std::int64_t>{2, 1, 0}));
  ASSERT_EQ(found.size(), 3U);
  EXPECT_FLOAT_EQ(found.scores[0], 1 / (1 + std::exp(-3.0F)));
  EXPECT_EQ(found.boxes_xyxy[0], (BoxXyxy{0, 4, 18, 12})) << "limited to the image, and in the original's pixels";
  EXPECT_EQ(found.boxes_xyxy[1], (BoxXyxy{6, 4, 18, 12}));
  EXPECT_EQ(found.boxes_xyxy[2], found.boxes_xyxy[0]);
}

TEST(QueryHead, SaysWhatIsWrongWithItsConfig) {
  const auto message = [](const std::string& text) { return error_of([&] { build(text); }); };
  EXPECT_EQ(message(deformable_head(", as_two_stage=True")),
            "argument 'with_box_refine' of DeformableDETRHead: must be True where as_two_stage is");
  EXPECT_EQ(message(deformable_head(", loss_bbox=dict(type='L1Loss', loss_weight=2.0)")),
            "argument 'loss_bbox' of DeformableDETRHead: must have the 'loss_weight' 5.0, which is the weight of the assigner's reg_cost, "
            "got 2.0");
  EXPECT_EQ(message("dict(type='DETRHead', num_classes=3, in_channels=8)"), "argument 'transformer' of DETRHead: must be given");
  EXPECT_EQ(message("dict(type='TransformerHead', num_classes=3, in_channels=8, positional_encoding=dict(type='SinePositionalEncoding', "
                    "num_feats=64))"),
            "argument 'positional_encoding' of TransformerHead: must have half of the transformer's embed_dims as num_feats, 256 / 2, got "
            "64");
  EXPECT_EQ(message("dict(type='TransformerHead', num_classes=3, in_channels=8, test_cfg=None)"),
            "argument 'test_cfg' of TransformerHead: must have 'max_per_img', which is the number of queries as well");
  EXPECT_EQ(message("dict(type='TransformerHead', num_classes=3, in_channels=8, loss_cls=dict(type='CrossEntropyLoss', class_weight=1, "
                    "loss_weight=1.0))"),
            "argument 'loss_cls' of TransformerHead: must have a float as 'class_weight', of all classes, and as 'bg_cls_weight'");
}

TEST(DeformableDETRHead, SaysHowManyLevelsItHas) {
  const auto head = build(deformable_head(""));
  EXPECT_EQ(error_of([&] { head->forward({features().front()}); }),
            "DeformableDetrTransformer has num_feature_levels=2, but is given 1 levels");
}

TEST(QueryHead, SaysWhatItsModelLacks) {
  const auto head = build(deformable_head(", train_cfg=None, test_cfg=None"));
  const HeadOutputs outputs = {{torch::zeros({1, 1, 2, 3})}, {torch::zeros({1, 1, 2, 4})}};
  EXPECT_EQ(error_of([&] { head->loss(outputs, one_object_and_none()); }),
            "the model has no 'train_cfg', which says how DeformableDETRHead learns from objects");
  EXPECT_EQ(error_of([&] { head->predict(outputs, metas(), /*rescale=*/false); }),
            "the model has no 'test_cfg', which says what DeformableDETRHead keeps of its predictions");
}

TEST(QueryHead, KnowsNoRegionsToIgnore) {
  const auto head = build(deformable_head(""));
  fill_by_rule(*head);
  Targets targets = one_object_and_none();
  targets.gt_bboxes_ignore = {torch::zeros({1, 4}), torch::zeros({0, 4})};
  EXPECT_EQ(error_of([&] { head->forward_train(features(), targets); }), "DeformableDETRHead knows no regions to ignore");
}

}  // namespace
}  // namespace detforge
