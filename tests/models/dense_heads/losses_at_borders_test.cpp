#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <span>

#include "detforge/config/config.h"
#include "detforge/models/dense_heads/parts/dense_head.h"
#include "detforge/models/dense_heads/quality/lad_head.h"

/// Every dense head against features that are no numbers, no images, and images that training meets and papers do not mention: without
/// objects, with one that is larger than the image, at the image's border, or so small that no prior overlaps it.
namespace detforge {
namespace {

constexpr std::int64_t channels = 8, num_classes = 3;
const std::vector<std::int64_t> level_strides = {8, 16, 32, 64, 128};

const std::map<std::string, std::string> heads_by_name = {
    {"AnchorHead", "dict(type='AnchorHead', anchor_generator=retina_anchors, train_cfg=max_iou)"},
    {"RetinaHead", "dict(type='RetinaHead', stacked_convs=1, loss_cls=focal, train_cfg=max_iou)"},
    {"RetinaHeadOnBoxes",
     "dict(type='RetinaHead', stacked_convs=1, loss_cls=focal, reg_decoded_bbox=True, loss_bbox=dict(type='GIoULoss'), "
     "train_cfg=max_iou)"},
    {"FreeAnchorRetinaHead", "dict(type='FreeAnchorRetinaHead', stacked_convs=1, train_cfg=max_iou)"},
    {"PISARetinaHead",
     "dict(type='PISARetinaHead', stacked_convs=1, loss_cls=focal, train_cfg=dict(max_iou, isr=dict(k=2.0, bias=0.0), "
     "carl=dict(k=1.0, bias=0.2)))"},
    {"GARetinaHead",
     "dict(type='GARetinaHead', stacked_convs=1, approx_anchor_generator=approx, square_anchor_generator=square, "
     "loss_cls=focal, train_cfg=dict(max_iou, ga_assigner=approx_max_iou))"},
    {"SABLRetinaHead", "dict(type='SABLRetinaHead', stacked_convs=1, train_cfg=dict(max_iou, assigner=approx_max_iou))"},
    {"FSAFHead",
     "dict(type='FSAFHead', stacked_convs=1, reg_decoded_bbox=True, anchor_generator=dict(type='AnchorGenerator', "
     "octave_base_scale=1, scales_per_octave=1, ratios=[1.0], strides=[8, 16, 32, 64, 128]), "
     "bbox_coder=dict(type='TBLRBBoxCoder', normalizer=4.0), loss_cls=dict(focal, reduction='none'), "
     "loss_bbox=dict(type='IoULoss', eps=1e-6, reduction='none'), train_cfg=dict(max_iou, "
     "assigner=dict(type='CenterRegionAssigner', pos_scale=0.2, neg_scale=0.2, min_pos_iof=0.01)))"},
    {"FCOSHead", "dict(type='FCOSHead', stacked_convs=1, strides=[8, 16, 32, 64, 128], norm_cfg=None)"},
    {"FCOSHeadWithTricks",
     "dict(type='FCOSHead', stacked_convs=1, strides=[8, 16, 32, 64, 128], norm_cfg=None, norm_on_bbox=True, "
     "centerness_on_reg=True, center_sampling=True, loss_bbox=dict(type='GIoULoss'))"},
    {"AutoAssignHead",
     "dict(type='AutoAssignHead', stacked_convs=1, strides=[8, 16, 32, 64, 128], norm_cfg=None, "
     "loss_bbox=dict(type='GIoULoss', loss_weight=5.0))"},
    {"AutoAssignHeadWithForcedPoints",
     "dict(type='AutoAssignHead', stacked_convs=1, strides=[8, 16, 32, 64, 128], norm_cfg=None, "
     "loss_bbox=dict(type='GIoULoss', loss_weight=5.0), force_topk=True)"},
    {"DDODHead",
     "dict(type='DDODHead', stacked_convs=1, norm_cfg=dict(type='GN', num_groups=2), anchor_generator=one_anchor, loss_cls=focal, "
     "loss_bbox=dict(type='GIoULoss'), train_cfg=dict(atss, assigner=dict(type='ATSSAssigner', topk=9, alpha=0.8), "
     "reg_assigner=dict(type='ATSSAssigner', topk=9, alpha=0.5)))"},
    {"ATSSHead",
     "dict(type='ATSSHead', stacked_convs=1, norm_cfg=None, anchor_generator=one_anchor, loss_cls=focal, "
     "loss_bbox=dict(type='GIoULoss'), train_cfg=atss)"},
    {"PAAHead",
     "dict(type='PAAHead', stacked_convs=1, norm_cfg=None, anchor_generator=one_anchor, loss_cls=focal, "
     "loss_bbox=dict(type='GIoULoss'), train_cfg=dict(max_iou, assigner=dict(type='MaxIoUAssigner', pos_iou_thr=0.1, "
     "neg_iou_thr=0.1, min_pos_iou=0, ignore_iof_thr=-1)))"},
    {"GFLHead",
     "dict(type='GFLHead', stacked_convs=1, norm_cfg=None, anchor_generator=one_anchor, "
     "loss_cls=dict(type='QualityFocalLoss', use_sigmoid=True), loss_bbox=dict(type='GIoULoss'), train_cfg=atss)"},
    {"VFNetHead", "dict(type='VFNetHead', stacked_convs=1, norm_cfg=None, strides=[8, 16, 32, 64, 128], train_cfg=atss)"},
    {"FoveaHead", "dict(type='FoveaHead', stacked_convs=1, strides=[8, 16, 32, 64, 128], with_deform=True, deform_groups=1)"},
    {"RepPointsHead",
     "dict(type='RepPointsHead', stacked_convs=1, point_feat_channels=8, train_cfg=dict(init=dict(max_iou, "
     "assigner=dict(type='PointAssigner', scale=4, pos_num=1)), refine=max_iou))"},
    {"RPNHead",
     "dict(type='RPNHead', anchor_generator=retina_anchors, train_cfg=dict(max_iou, sampler=dict(type='RandomSampler', num=16, "
     "pos_fraction=0.5, add_gt_as_proposals=False)))"},
    {"CascadeRPNHead",
     "dict(type='CascadeRPNHead', num_stages=2, stages=[dict(cascade_stage, adapt_cfg=dict(type='dilation', dilation=3), "
     "bridged_feature=True, sampling=False, with_cls=False), dict(cascade_stage, adapt_cfg=dict(type='offset'))], "
     "train_cfg=[dict(max_iou, assigner=dict(type='RegionAssigner', center_ratio=0.2, ignore_ratio=0.5)), max_iou])"},
    {"CornerHead", "dict(type='CornerHead', num_feat_levels=1)"},
    {"CentripetalHead", "dict(type='CentripetalHead', num_feat_levels=1, corner_emb_channels=0)"},
    {"LDHead",
     "dict(type='LDHead', stacked_convs=1, norm_cfg=None, anchor_generator=one_anchor, "
     "loss_cls=dict(type='QualityFocalLoss', use_sigmoid=True), loss_bbox=dict(type='GIoULoss'), "
     "loss_ld=dict(type='KnowledgeDistillationKLDivLoss', loss_weight=0.25, T=10), train_cfg=atss)"},
    {"LADHead",
     "dict(type='LADHead', stacked_convs=1, norm_cfg=None, anchor_generator=one_anchor, loss_cls=focal, "
     "loss_bbox=dict(type='GIoULoss'), train_cfg=dict(max_iou, assigner=dict(type='MaxIoUAssigner', pos_iou_thr=0.1, "
     "neg_iou_thr=0.1, min_pos_iou=0, ignore_iof_thr=-1)))"},
    {"SOLOHead", "dict(solo, type='SOLOHead', loss_mask=dict(type='DiceLoss'))"},
    {"DecoupledSOLOHead", "dict(solo, type='DecoupledSOLOHead', loss_mask=dict(type='DiceLoss', activate=False))"},
    {"DecoupledSOLOLightHead",
     "dict(solo, type='DecoupledSOLOLightHead', loss_mask=dict(type='DiceLoss', activate=False), dcn_cfg=dict(type='DCNv2'))"},
    {"SOLOV2Head",
     "dict(solo, type='SOLOV2Head', loss_mask=dict(type='DiceLoss'), mask_feature_head=dict(feat_channels=8, start_level=0, "
     "end_level=3, out_channels=8, mask_stride=8))"},
    {"YOLOV3Head",
     "dict(type='YOLOV3Head', in_channels=[8] * 5, out_channels=[8] * 5, featmap_strides=[8, 16, 32, 64, 128], "
     "anchor_generator=dict(type='YOLOAnchorGenerator', base_sizes=[[(s, s)] for s in [8, 16, 32, 64, 128]], "
     "strides=[8, 16, 32, 64, 128]), train_cfg=dict(assigner=dict(type='GridAssigner', pos_iou_thr=0.5, neg_iou_thr=0.5, "
     "min_pos_iou=0)))"},
    {"YOLOXHead",
     "dict(type='YOLOXHead', stacked_convs=1, feat_channels=8, strides=[8, 16, 32, 64, 128], "
     "train_cfg=dict(assigner=dict(type='SimOTAAssigner')))"},
};

constexpr const char* shared_parts = R"(
focal = dict(type='FocalLoss', use_sigmoid=True, gamma=2.0, alpha=0.25, loss_weight=1.0)
test_cfg = dict(nms_pre=100, min_bbox_size=0, score_thr=0.05, nms=dict(type='nms', iou_threshold=0.5), max_per_img=20)
rpn_test_cfg = dict(nms_pre=100, min_bbox_size=0, nms=dict(type='nms', iou_threshold=0.7), max_per_img=20)
yolo_test_cfg = dict(test_cfg, conf_thr=0.005)
yolox_test_cfg = dict(score_thr=0.05, nms=dict(type='nms', iou_threshold=0.5))
max_iou = dict(assigner=dict(type='MaxIoUAssigner', pos_iou_thr=0.5, neg_iou_thr=0.4, min_pos_iou=0, ignore_iof_thr=-1),
               allowed_border=-1, pos_weight=-1, debug=False)
approx_max_iou = dict(type='ApproxMaxIoUAssigner', pos_iou_thr=0.5, neg_iou_thr=0.4, min_pos_iou=0.4, ignore_iof_thr=-1)
atss = dict(assigner=dict(type='ATSSAssigner', topk=9), allowed_border=-1, pos_weight=-1, debug=False)
retina_anchors = dict(type='AnchorGenerator', octave_base_scale=4, scales_per_octave=3, ratios=[0.5, 1.0, 2.0],
                      strides=[8, 16, 32, 64, 128])
one_anchor = dict(type='AnchorGenerator', ratios=[1.0], octave_base_scale=8, scales_per_octave=1, strides=[8, 16, 32, 64, 128])
approx = dict(type='AnchorGenerator', octave_base_scale=4, scales_per_octave=3, ratios=[0.5, 1.0, 2.0], strides=[8, 16, 32, 64, 128])
square = dict(type='AnchorGenerator', ratios=[1.0], scales=[4], strides=[8, 16, 32, 64, 128])
corner_test_cfg = dict(corner_topk=10, local_maximum_kernel=3, distance_threshold=0.5, max_per_img=20,
                       nms=dict(type='soft_nms', iou_threshold=0.5, method='gaussian'))
solo_test_cfg = dict(nms_pre=50, score_thr=0.1, mask_thr=0.5, filter_thr=0.05, kernel='gaussian', sigma=2.0, max_per_img=20)
solo = dict(stacked_convs=2, strides=[8, 8, 16, 32, 32], norm_cfg=None, num_grids=[8, 6, 5, 4, 3], loss_cls=focal,
            scale_ranges=((1, 96), (48, 192), (96, 384), (192, 768), (384, 2048)))
cascade_stage = dict(type='StageCascadeRPNHead', in_channels=8, feat_channels=8, reg_decoded_bbox=True,
                     anchor_generator=dict(type='AnchorGenerator', scales=[8], ratios=[1.0], strides=[8, 16, 32, 64, 128]),
                     loss_bbox=dict(type='IoULoss', linear=True, loss_weight=10.0))
head = )";

std::shared_ptr<DenseHead> make_head(const std::string& text, Reference reference) {
  const Value parts = Config::from_text(shared_parts + text + "\n", ".py").root();
  Value config = parts["head"];
  static const std::map<std::string, const char*> own_test_cfgs = {
      {"RPNHead", "rpn_test_cfg"},       {"CascadeRPNHead", "rpn_test_cfg"},
      {"CornerHead", "corner_test_cfg"}, {"CentripetalHead", "corner_test_cfg"},
      {"SOLOHead", "solo_test_cfg"},     {"DecoupledSOLOHead", "solo_test_cfg"},
      {"SOLOV2Head", "solo_test_cfg"},   {"DecoupledSOLOLightHead", "solo_test_cfg"},
      {"YOLOV3Head", "yolo_test_cfg"},   {"YOLOXHead", "yolox_test_cfg"}};
  const std::string type = config["type"].as_string();
  const auto own = own_test_cfgs.find(type);
  config["test_cfg"] = parts[own != own_test_cfgs.end() ? own->second : "test_cfg"];
  if (type != "CascadeRPNHead") {
    if (!config.contains("in_channels")) config["in_channels"] = channels;
    if (type != "RPNHead") config["num_classes"] = num_classes;
    const bool has_own_width = type == "YOLOV3Head" || type == "CornerHead" || type == "CentripetalHead";
    if (!config.contains("feat_channels") && !has_own_width) config["feat_channels"] = channels;
  }
  auto head = build_head<DenseHead>(config, {reference, "model.bbox_head"}, "dense head");
  torch::manual_seed(7);
  const torch::NoGradGuard no_grad;
  for (torch::Tensor& parameter : head->parameters()) parameter.uniform_(-0.1, 0.1);
  head->train();
  return head;
}

nn::Features features(std::int64_t images) {
  nn::Features levels;
  for (const std::int64_t stride : level_strides) levels.push_back(torch::randn({images, channels, 256 / stride, 256 / stride}));
  return levels;
}

/// The pixels inside of the boxes, of which some have none.
BitmapMasks filled(const torch::Tensor& boxes, ImageSize size) {
  torch::Tensor pixels = torch::zeros({boxes.size(0), size.height, size.width}, torch::kByte);
  for (std::int64_t i = 0; i < boxes.size(0); ++i) {
    const auto side = [&](std::int64_t column, std::int64_t last) {
      return std::clamp<std::int64_t>(std::lround(boxes[i][column].item<double>()), 0, last);
    };
    pixels[i].slice(0, side(1, size.height), side(3, size.height)).slice(1, side(0, size.width), side(2, size.width)).fill_(1);
  }
  const std::uint8_t* first = pixels.data_ptr<std::uint8_t>();
  return {std::vector<std::uint8_t>(first, first + pixels.numel()), size};
}

/// One image with these objects beside one with an ordinary object.
Targets targets(const torch::Tensor& boxes) {
  Targets all;
  for (int image = 0; image < 2; ++image) {
    ImageMeta meta;
    meta.img_shape = {240, 250};
    meta.pad_shape = meta.batch_input_shape = {256, 256};
    all.metas.push_back(meta);
  }
  all.gt_bboxes = {boxes, boxes};
  const torch::Tensor labels = torch::ones({boxes.size(0)}, torch::kLong);
  all.gt_labels = {labels, labels};
  all.gt_masks = {filled(boxes, {256, 256}), filled(boxes, {256, 256})};
  return all;
}

/// One training step; heads that need a teacher have one that saw something else.
Losses learn(DenseHead& head, const nn::Features& inputs, const Targets& targets) {
  const auto said_by_teacher = [&] {
    const torch::NoGradGuard no_grad;
    return head.forward(features(2));
  };
  if (auto* taught = dynamic_cast<TaughtHead*>(&head)) return taught->loss_with_teacher(head.forward(inputs), said_by_teacher(), targets);
  if (auto* lad = dynamic_cast<LADHead*>(&head)) {
    return lad->loss_with_assignment(head.forward(inputs), lad->assign(said_by_teacher(), targets));
  }
  return head.forward_train(inputs, targets);
}

using Situation = std::pair<const char*, torch::Tensor>;

std::vector<Situation> situations() {
  return {{"no objects", torch::zeros({0, 4})},
          {"larger than the image", torch::tensor({{-500.0F, -500.0F, 900.0F, 900.0F}})},
          {"at the borders", torch::tensor({{0.0F, 0.0F, 30.0F, 40.0F}, {220.0F, 210.0F, 250.0F, 240.0F}})},
          {"outside of the image", torch::tensor({{300.0F, 310.0F, 400.0F, 380.0F}, {-90.0F, -80.0F, -20.0F, -10.0F}})},
          {"a fraction of a pixel", torch::tensor({{100.2F, 100.2F, 100.4F, 100.4F}})},
          {"twice the same", torch::tensor({{50.0F, 60.0F, 120.0F, 130.0F}, {50.0F, 60.0F, 120.0F, 130.0F}})}};
}

class DenseHeadLosses : public testing::TestWithParam<std::string> {};

TEST_P(DenseHeadLosses, AreFiniteWithFiniteGradients) {
  for (const Reference reference : {Reference::V2_8, Reference::V2_27}) {
    const auto head = make_head(heads_by_name.at(GetParam()), reference);
    for (const auto& [name, boxes] : situations()) {
      SCOPED_TRACE(name);
      head->zero_grad();
      const nn::Features inputs = features(2);
      const Losses losses = learn(*head, inputs, targets(boxes));
      const ParsedLosses parsed = parse_losses(losses);
      for (const auto& [key, value] : parsed.log) EXPECT_TRUE(torch::isfinite(value).item<bool>()) << key << " " << value.item<double>();
      parsed.loss.backward();
      for (const auto& parameter : head->named_parameters()) {
        const torch::Tensor& gradient = parameter.value().grad();
        if (!gradient.defined()) continue;
        EXPECT_TRUE(torch::isfinite(gradient).all().item<bool>()) << parameter.key();
      }
    }
  }
}

std::vector<std::string> head_names() {
  std::vector<std::string> names;
  for (const auto& [name, text] : heads_by_name) names.push_back(name);
  return names;
}

INSTANTIATE_TEST_SUITE_P(All, DenseHeadLosses, testing::ValuesIn(head_names()), [](const auto& test) { return test.param; });

/// What the head finds in features of `images` images.
std::vector<Detections> found_in(const std::string& name, const nn::Features& levels, std::size_t images) {
  const torch::NoGradGuard no_grad;
  const auto head = make_head(heads_by_name.at(name), Reference::V2_27);
  const std::vector<ImageMeta> metas = targets(torch::zeros({0, 4})).metas;
  head->eval();
  return head->simple_test(levels, std::span(metas).first(images), /*rescale=*/false);
}

class DenseHeads : public testing::TestWithParam<std::string> {};

TEST_P(DenseHeads, FindNothingWhereFeaturesAreNotANumber) {
  nn::Features levels = features(2);
  for (torch::Tensor& level : levels) level.fill_(std::numeric_limits<float>::quiet_NaN());
  const std::vector<Detections> found = found_in(GetParam(), levels, 2);
  ASSERT_EQ(found.size(), 2U);
  for (const Detections& image : found) {
    for (const float score : image.scores) EXPECT_FALSE(score > 0) << score;
  }
}

TEST_P(DenseHeads, FindNothingInAnEmptyBatch) { EXPECT_TRUE(found_in(GetParam(), features(0), 0).empty()); }

INSTANTIATE_TEST_SUITE_P(All, DenseHeads, testing::ValuesIn(head_names()), [](const auto& test) { return test.param; });

TEST(DenseHeadLosses, OfAHeadWithoutTrainCfgSayWhatIsMissing) {
  const auto head = make_head("dict(type='RetinaHead')", Reference::V2_8);
  try {
    head->forward_train(features(2), targets(torch::zeros({0, 4})));
    FAIL() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(),
                 "error: the model has no 'train_cfg', which says how RetinaHead learns from objects\n"
                 "  = help: add it beside 'bbox_head' in the config's model: train_cfg=dict(assigner=dict(type='MaxIoUAssigner', …), …)");
  }
}

}  // namespace
}  // namespace detforge
