#include "tests/models/roi_heads/small_heads.h"

#include "detforge/config/config.h"
#include "detforge/models/inference/detect_images.h"

namespace detforge::small {
namespace {

const std::string extractor =
    "dict(type='SingleRoIExtractor', roi_layer=dict(type='RoIAlign', output_size=6, sampling_ratio=2), out_channels=8, featmap_strides=[4, "
    "8])";
const std::string generic_extractor =
    "dict(type='GenericRoIExtractor', aggregation='sum', roi_layer=dict(type='RoIAlign', output_size=6, sampling_ratio=2), out_channels=8, "
    "featmap_strides=[4, 8], pre_cfg=dict(type='ConvModule', in_channels=8, out_channels=8, kernel_size=3, padding=1))";
const std::string semantic_extractor =
    "dict(type='SingleRoIExtractor', roi_layer=dict(type='RoIAlign', output_size=6, sampling_ratio=2), out_channels=8, "
    "featmap_strides=[8])";

std::string bbox_head(const std::string& type, const std::string& extras = "") {
  return "dict(type='" + type + "', in_channels=8, fc_out_channels=16, roi_feat_size=6, num_classes=3, " + extras + ")";
}

std::string mask_head(const std::string& type) {
  return "dict(type='" + type + "', num_convs=2, in_channels=8, conv_out_channels=8, num_classes=3)";
}

std::string standard(const std::string& type, const std::string& bbox, const std::string& extras = "",
                     const std::string& of_boxes = extractor) {
  return "dict(type='" + type + "', bbox_roi_extractor=" + of_boxes + ", bbox_head=" + bbox + ", " + extras + ")";
}

std::string cascade(const std::string& type, const std::string& bbox, const std::string& extras = "") {
  return "dict(type='" + type + "', num_stages=2, stage_loss_weights=[1, 0.5], bbox_roi_extractor=" + extractor + ", bbox_head=" + bbox +
         ", " + extras + ")";
}

std::string masks(const std::string& type) { return "mask_roi_extractor=" + extractor + ", mask_head=" + mask_head(type) + ", "; }

const std::string semantic = "semantic_roi_extractor=" + semantic_extractor +
                             ", semantic_head=dict(type='FusedSemanticHead', num_ins=2, fusion_level=1, num_convs=1, in_channels=8, "
                             "conv_out_channels=8, num_classes=4), ";

const std::string sabl =
    "dict(type='SABLHead', num_classes=3, cls_in_channels=8, reg_in_channels=8, roi_feat_size=6, cls_out_channels=16, "
    "reg_offset_out_channels=8, reg_cls_out_channels=8, bbox_coder=dict(type='BucketingBBoxCoder', num_buckets=12, scale_factor=1.7))";

const std::string double_head =
    "dict(type='DoubleConvFCBBoxHead', num_convs=1, num_fcs=1, in_channels=8, conv_out_channels=16, fc_out_channels=16, roi_feat_size=6, "
    "num_classes=3)";

const std::string point_rend =
    "mask_roi_extractor=" + extractor +
    ", mask_head=dict(type='CoarseMaskHead', num_fcs=1, in_channels=8, conv_out_channels=8, fc_out_channels=16, roi_feat_size=6, "
    "num_classes=3), point_head=dict(type='MaskPointHead', num_fcs=1, in_channels=16, fc_channels=8, num_classes=3)";

const std::string maskiou = masks("FCNMaskHead") +
                            "mask_iou_head=dict(type='MaskIoUHead', num_convs=2, num_fcs=1, roi_feat_size=6, in_channels=8, "
                            "conv_out_channels=8, fc_out_channels=16, num_classes=3)";

const std::string grid =
    "grid_roi_extractor=dict(type='SingleRoIExtractor', roi_layer=dict(type='RoIAlign', output_size=8, sampling_ratio=2), out_channels=8, "
    "featmap_strides=[4, 8]), grid_head=dict(type='GridHead', num_convs=2, roi_feat_size=8, in_channels=8, point_feat_channels=4, "
    "norm_cfg=dict(type='GN', num_groups=4))";

const std::string scnet =
    masks("SCNetMaskHead") + semantic +
    "feat_relay_head=dict(type='FeatureRelayHead', in_channels=16, out_conv_channels=8, roi_feat_size=3, scale_factor=2), "
    "glbctx_head=dict(type='GlobalContextHead', num_convs=1, in_channels=8, conv_out_channels=8, num_classes=3)";

torch::Tensor boxes_of_image(std::int64_t count) {
  std::vector<float> rows;
  for (std::int64_t i = 0; i < count; ++i) {
    const auto shift = static_cast<float>(3 * i);
    rows.insert(rows.end(), {4 + shift, 6, 28 + shift, 34});
  }
  return torch::tensor(rows).view({count, 4});
}

}  // namespace

std::vector<HeadCase> head_cases() {
  const std::string agnostic = "reg_class_agnostic=True";
  return {
      {"Standard", standard("StandardRoIHead", bbox_head("Shared2FCBBoxHead"))},
      {"StandardWithMasks", standard("StandardRoIHead", bbox_head("Shared4Conv1FCBBoxHead", "conv_out_channels=8"), masks("FCNMaskHead")),
       false, true},
      {"StandardDecoded",
       standard("StandardRoIHead",
                bbox_head("Shared2FCBBoxHead", "reg_decoded_bbox=True, loss_bbox=dict(type='GIoULoss', loss_weight=10.0)"))},
      {"OfAllLevels", standard("StandardRoIHead", bbox_head("Shared2FCBBoxHead"), "", generic_extractor)},
      {"Sabl", standard("StandardRoIHead", sabl)},
      {"DoubleHead", standard("DoubleHeadRoIHead", double_head, "reg_roi_scale_factor=1.3")},
      {"Pisa", standard("PISARoIHead", bbox_head("Shared2FCBBoxHead")), false, false, "isr=dict(k=2, bias=0), carl=dict(k=1, bias=0.2), "},
      {"Dynamic", standard("DynamicRoIHead", bbox_head("Shared2FCBBoxHead")), false, false,
       "dynamic_rcnn=dict(iou_topk=3, beta_topk=2, update_iter_interval=1, initial_iou=0.4, initial_beta=1.0), "},
      {"MaskScoring", standard("MaskScoringRoIHead", bbox_head("Shared2FCBBoxHead"), maskiou), false, true, "mask_thr_binary=0.5, "},
      {"PointRend", standard("PointRendRoIHead", bbox_head("Shared2FCBBoxHead"), point_rend), false, true,
       "num_points=14, oversample_ratio=3, importance_sample_ratio=0.75, "},
      {"Grid", standard("GridRoIHead", bbox_head("Shared2FCBBoxHead", "with_reg=False"), grid), false, false, "pos_radius=1, "},
      {"Cascade", cascade("CascadeRoIHead", bbox_head("Shared2FCBBoxHead", agnostic)), true},
      {"CascadeWithMasks", cascade("CascadeRoIHead", bbox_head("Shared2FCBBoxHead"), masks("FCNMaskHead")), true, true},
      {"CascadeOfSabl", cascade("CascadeRoIHead", sabl), true},
      {"HybridTaskCascade", cascade("HybridTaskCascadeRoIHead", bbox_head("Shared2FCBBoxHead", agnostic), masks("HTCMaskHead") + semantic),
       true, true},
      {"ScNet", cascade("SCNetRoIHead", bbox_head("SCNetBBoxHead", "num_shared_fcs=2, " + agnostic), scnet), true, true},
  };
}

std::shared_ptr<RoIHead> build(const HeadCase& which, bool with_cfgs) {
  Value config = Config::from_text("head = " + which.config, ".py")["head"];
  if (with_cfgs) {
    // Masks of the size that each head predicts: enlarged twice, or half as large as the features.
    const std::string mask_size = which.name == "PointRend" ? "3" : "12";
    const std::string train =
        "dict(assigner=dict(type='MaxIoUAssigner', pos_iou_thr=0.5, neg_iou_thr=0.5, min_pos_iou=0.5), sampler=dict(type='RandomSampler', "
        "num=16, pos_fraction=0.5), mask_size=" +
        mask_size + ", " + which.train_extras + "pos_weight=-1, debug=False)";
    config["train_cfg"] = Config::from_text("cfg = " + (which.is_cascade ? "[" + train + ", " + train + "]" : train), ".py")["cfg"];
    config["test_cfg"] = Config::from_text(
        "cfg = dict(score_thr=0.05, nms=dict(type='nms', iou_threshold=0.5), max_per_img=5, "
        "mask_thr_binary=0.5, subdivision_steps=2, subdivision_num_points=16, scale_factor=2)",
        ".py")["cfg"];
  }
  auto head = build_head<RoIHead>(config, {Reference::V2_27, "roi_head"}, "RoI head");
  init_random_weights(*head, 5);
  return head;
}

nn::Features features(std::int64_t num_images, double fill) {
  torch::manual_seed(3);
  nn::Features levels = {torch::randn({num_images, 8, 16, 16}), torch::randn({num_images, 8, 8, 8})};
  if (fill != 0) {
    for (torch::Tensor& level : levels) level.fill_(fill);
  }
  return levels;
}

std::vector<ImageMeta> metas(std::size_t num_images) {
  ImageMeta meta;
  meta.ori_shape = {32, 32};
  meta.img_shape = meta.pad_shape = meta.batch_input_shape = {64, 64};
  meta.scale_factor = {2, 2, 2, 2};
  return std::vector<ImageMeta>(num_images, meta);
}

Proposals proposals(std::size_t num_images, std::int64_t count) {
  const torch::Tensor boxes = boxes_of_image(count);
  return Proposals(num_images, torch::cat({boxes, torch::ones({count, 1})}, 1));
}

Targets targets(std::size_t num_images, std::int64_t count) {
  Targets all;
  all.metas = metas(num_images);
  const auto images = static_cast<std::int64_t>(num_images);
  all.gt_semantic_seg = torch::zeros({images, 1, 8, 8}, torch::kLong);
  for (std::size_t i = 0; i < num_images; ++i) {
    all.gt_bboxes.push_back(boxes_of_image(count));
    all.gt_labels.push_back(torch::arange(count, torch::kLong).remainder(3));
    std::vector<std::uint8_t> pixels(static_cast<std::size_t>(count * 64 * 64), 0);
    for (std::size_t k = 0; k < pixels.size(); k += 3) pixels[k] = 1;
    all.gt_masks.emplace_back(BitmapMasks(std::move(pixels), {64, 64}));
  }
  return all;
}

}  // namespace detforge::small
