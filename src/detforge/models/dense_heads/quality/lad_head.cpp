#include "detforge/models/dense_heads/quality/lad_head.h"

namespace detforge {

Losses LADHead::loss_with_assignment(const HeadOutputs& outputs, const Assignment& assignment) {
  std::int64_t anchors = 0;
  for (const torch::Tensor& ious : outputs.at(2)) anchors += ious.numel();
  if (assignment.labels.numel() != anchors) {
    throw Error("LADHead's teacher has other anchors").help("give both heads the same anchor_generator, and necks with the same levels");
  }
  return loss_of_assignment(outputs, assignment, BoxWeights::Equal);
}

DETFORGE_REGISTER(heads, LADHead,
                  {.name = "LADHead",
                   .python = "mmdet.models.dense_heads.lad_head.LADHead",
                   .meaning = "PAA's, whose positives a teacher chooses",
                   .since = Reference::V2_27});

}  // namespace detforge
