#include "detforge/models/roi_heads/mask_heads/mask_target.h"

#include "detforge/models/dense_heads/parts/dense_head.h"

namespace detforge {
namespace {

torch::Tensor targets_of_image(const SamplingResult& sample, const InstanceMasks& masks, const RcnnTrainCfg& config) {
  const nn::Pair size = *config.mask_size;
  const std::int64_t count = sample.pos_bboxes.size(0);
  if (count == 0) return torch::empty({0, size.height, size.width}, sample.pos_bboxes.options());
  if (masks.count() != static_cast<std::size_t>(sample.num_gts)) {
    throw Error("an image has " + std::to_string(sample.num_gts) + " objects, but " + std::to_string(masks.count()) + " masks");
  }
  torch::Tensor boxes = sample.pos_bboxes.detach().to(torch::kCPU, torch::kFloat);
  const torch::Tensor limit = torch::tensor({masks.size().width, masks.size().height}, boxes.options()).repeat(2);
  boxes = torch::minimum(boxes.clamp_min(0), limit).contiguous();
  const torch::Tensor gt_inds = sample.pos_assigned_gt_inds.to(torch::kCPU).contiguous();
  const std::vector<std::size_t> indices(gt_inds.data_ptr<std::int64_t>(), gt_inds.data_ptr<std::int64_t>() + count);
  const ImageSize target_size{size.height, size.width};
  torch::Tensor targets = torch::empty({count, size.height, size.width});
  const std::span<float> values(targets.data_ptr<float>(), static_cast<std::size_t>(targets.numel()));
  if (config.soft_mask_target && masks.bitmaps() != nullptr) {
    const std::vector<float> soft = masks.bitmaps()->crop_and_resize_soft(boxes_of(boxes), target_size, indices);
    std::copy(soft.begin(), soft.end(), values.begin());
  } else {
    const BitmapMasks hard = masks.crop_and_resize(boxes_of(boxes), target_size, indices).to_bitmaps();
    std::copy(hard.pixels().begin(), hard.pixels().end(), values.begin());
  }
  return targets.to(sample.pos_bboxes.device());
}

}  // namespace

torch::Tensor mask_target(std::span<const SamplingResult> samples, std::span<const InstanceMasks> gt_masks, const RcnnTrainCfg& config) {
  if (!config.mask_size) throw Error("the train_cfg of a head with masks needs a 'mask_size'");
  if (gt_masks.size() != samples.size()) {
    throw Error("a head with masks needs masks of the objects to learn from")
        .help("LoadAnnotations(with_mask=True) loads them, Collect's keys keep them: 'gt_masks'");
  }
  std::vector<torch::Tensor> targets;
  for (std::size_t image = 0; image < samples.size(); ++image) {
    targets.push_back(targets_of_image(samples[image], gt_masks[image], config));
  }
  return targets.empty() ? torch::empty({0, config.mask_size->height, config.mask_size->width}) : torch::cat(targets);
}

}  // namespace detforge
