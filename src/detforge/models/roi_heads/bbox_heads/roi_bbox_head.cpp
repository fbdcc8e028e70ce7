#include "detforge/models/roi_heads/bbox_heads/roi_bbox_head.h"

namespace detforge {

BBoxOutputs BBoxOutputs::slice(std::int64_t begin, std::int64_t end) const {
  const auto rows = [&](const torch::Tensor& tensor) { return tensor.defined() ? tensor.slice(0, begin, end) : tensor; };
  BBoxOutputs part{.cls_score = rows(cls_score), .bbox_pred = {}, .shared_feat = rows(shared_feat)};
  for (const torch::Tensor& prediction : bbox_pred) part.bbox_pred.push_back(rows(prediction));
  return part;
}

void append_tensors(const BBoxOutputs& outputs, std::vector<torch::Tensor>& all) {
  if (outputs.cls_score.defined()) all.push_back(outputs.cls_score);
  all.insert(all.end(), outputs.bbox_pred.begin(), outputs.bbox_pred.end());
  if (outputs.shared_feat.defined()) all.push_back(outputs.shared_feat);
}

BBoxOutputs RoIBBoxHead::forward(const torch::Tensor& roi_feats, const torch::Tensor& reg_feats) {
  std::vector<torch::Tensor> inputs = {roi_feats};
  if (reg_feats.defined()) inputs.push_back(reg_feats);
  return nn::observed(*this, inputs, [&] { return compute(roi_feats, reg_feats); });
}

Judgement RoIBBoxHead::judge(const BBoxOutputs& outputs, const torch::Tensor& labels, const std::string& loss_key) {
  return {classification_losses(outputs.cls_score, labels, loss_key), outputs.cls_score,
          outputs.bbox_pred.size() == 1 ? outputs.bbox_pred.front() : torch::Tensor()};
}

std::vector<torch::Tensor> RoIBBoxHead::refine_bboxes(const torch::Tensor& rois, const torch::Tensor& labels, const BBoxOutputs& outputs,
                                                      std::span<const SamplingResult> samples, std::span<const ImageMeta> metas) const {
  std::vector<torch::Tensor> proposals;
  std::int64_t begin = 0;
  for (std::size_t image = 0; image < samples.size(); ++image) {
    const torch::Tensor& is_gt = samples[image].pos_is_gt;
    const std::int64_t positive = is_gt.size(0), end = begin + positive + samples[image].neg_bboxes.size(0);
    const torch::Tensor boxes =
        regress_by_class(rois.slice(0, begin, end).slice(1, 1), labels.slice(0, begin, end), outputs.slice(begin, end), metas[image]);
    const torch::Tensor kept_positive = boxes.slice(0, 0, positive).index({is_gt == 0});
    proposals.push_back(torch::cat({kept_positive, boxes.slice(0, positive)}));
    begin = end;
  }
  return proposals;
}

}  // namespace detforge
