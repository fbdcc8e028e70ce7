#include "detforge/boxes/coders/bucketing_bbox_coder.h"

#include "detforge/boxes/bbox_transforms.h"

namespace detforge {

Arguments<BucketingBBoxCoder::Options> BucketingBBoxCoder::arguments() {
  return {arg(&Options::num_buckets, "num_buckets", required, "buckets from one side of the prior to the other").at_least(2),
          arg(&Options::scale_factor, "scale_factor", required, "the prior is enlarged by it first"),
          arg(&Options::offset_topk, "offset_topk", "so many of the nearest buckets learn offsets").at_least(1),
          arg(&Options::offset_upperbound, "offset_upperbound", "but the nearest, only where the offset is below it, in buckets"),
          arg(&Options::cls_ignore_neighbor, "cls_ignore_neighbor", "the second nearest bucket is not held wrong"),
          arg(&Options::clip_border, "clip_border", "limit decoded boxes to the image")};
}

BucketingBBoxCoder::BucketingBBoxCoder(const Options& options, const BuildContext&) : options_(options) {
  if (options_.offset_topk > side_num()) throw ArgumentError("offset_topk", "must be at most half of num_buckets");
}

torch::Tensor BucketingBBoxCoder::Grid::middles(const torch::Tensor& bucket) const {
  const torch::Tensor inwards = torch::tensor({1.0, -1.0, 1.0, -1.0}, sides.options()).unsqueeze(-1);
  return sides.unsqueeze(-1) + inwards * ((0.5 + bucket.to(sides.scalar_type())) * buckets.unsqueeze(-1));
}

torch::Tensor BucketingBBoxCoder::swap_middle(const torch::Tensor& sides) {
  return torch::stack({sides.select(-1, 0), sides.select(-1, 2), sides.select(-1, 1), sides.select(-1, 3)}, -1);
}

BucketingBBoxCoder::Grid BucketingBBoxCoder::grid(const torch::Tensor& priors) const {
  const torch::Tensor rescaled = bbox_rescale(priors.slice(-1, 0, 4), options_.scale_factor);
  const torch::Tensor sizes = rescaled.slice(-1, 2, 4) - rescaled.slice(-1, 0, 2);
  return {swap_middle(rescaled), (sizes / static_cast<double>(options_.num_buckets)).repeat_interleave(2, -1)};
}

BucketingBBoxCoder::Targets BucketingBBoxCoder::encode_buckets(const torch::Tensor& priors, const torch::Tensor& gt) const {
  const Grid grid = this->grid(priors);
  const torch::Tensor middles = grid.middles(torch::arange(side_num(), priors.options()));
  const torch::Tensor offsets = (middles - swap_middle(gt).unsqueeze(-1)) / grid.buckets.unsqueeze(-1);
  const auto [distances, nearest] = offsets.abs().topk(options_.offset_topk, -1, /*largest=*/false);
  torch::Tensor learned = (distances < options_.offset_upperbound).to(offsets.scalar_type());
  learned.select(-1, 0).fill_(1);
  const torch::Tensor labels = torch::zeros_like(offsets).scatter_(-1, nearest.slice(-1, 0, 1), 1);
  const torch::Tensor near_but_not_nearest = (offsets.abs() < 1).logical_and(labels == 0);
  const torch::Tensor label_weights =
      options_.cls_ignore_neighbor ? near_but_not_nearest.logical_not().to(offsets.scalar_type()) : torch::ones_like(offsets);
  return {offsets.flatten(1), torch::zeros_like(offsets).scatter_(-1, nearest, learned).flatten(1), labels.flatten(1),
          label_weights.flatten(1)};
}

BucketingBBoxCoder::Boxes BucketingBBoxCoder::decode_buckets(const torch::Tensor& priors, const torch::Tensor& scores,
                                                             const torch::Tensor& offsets, const CoderCall& call) const {
  const std::array<std::int64_t, 3> shape = {priors.size(0), 4, side_num()};
  const auto [best, buckets] = scores.reshape(shape).softmax(-1).topk(2, -1);
  const torch::Tensor bucket = buckets.slice(-1, 0, 1);
  const Grid grid = this->grid(priors);
  const torch::Tensor offset = offsets.reshape(shape).gather(-1, bucket);
  const torch::Tensor sides = (grid.middles(bucket) - offset * grid.buckets.unsqueeze(-1)).squeeze(-1);
  torch::Tensor boxes = swap_middle(sides);
  if (options_.clip_border && call.max_shape) boxes = clip_boxes(boxes, {call.max_shape->height - 1, call.max_shape->width - 1});
  const torch::Tensor neighbours = (buckets.select(-1, 0) - buckets.select(-1, 1)).abs() == 1;
  const torch::Tensor confidence = best.select(-1, 0) + best.select(-1, 1) * neighbours.to(best.scalar_type());
  return {boxes, confidence.mean(-1)};
}

torch::Tensor BucketingBBoxCoder::encode(const torch::Tensor& priors, const torch::Tensor& gt, const CoderCall&) const {
  const Targets targets = encode_buckets(priors, gt);
  return torch::cat({targets.labels, targets.offsets}, -1);
}

torch::Tensor BucketingBBoxCoder::decode(const torch::Tensor& priors, const torch::Tensor& predictions, const CoderCall& call) const {
  const std::vector<torch::Tensor> halves = predictions.chunk(2, -1);
  return decode_buckets(priors, halves[0], halves[1], call).boxes;
}

DETFORGE_REGISTER(bbox_coders, BucketingBBoxCoder,
                  {.name = "BucketingBBoxCoder",
                   .python = "mmdet.core.bbox.coder.bucketing_bbox_coder.BucketingBBoxCoder",
                   .meaning = "the bucket of each side, and where in it"});

}  // namespace detforge
