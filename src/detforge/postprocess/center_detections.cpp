#include "detforge/postprocess/center_detections.h"

namespace detforge::postprocess {

kernels::Candidates CenterDetections::run(const CenterOutputs& outputs, const ImageMeta& meta, bool rescale) const {
  const Heatmap& map = outputs.heatmap;
  const auto x_px = static_cast<float>(static_cast<double>(meta.batch_input_shape.width) / static_cast<double>(map.width));
  const auto y_px = static_cast<float>(static_cast<double>(meta.batch_input_shape.height) / static_cast<double>(map.height));
  const float top = meta.border[0], left = meta.border[2];
  kernels::Candidates found;
  for (const HeatmapPeak& peak : heatmap_peaks(map, topk, local_maximum_kernel)) {
    const auto value = [&](std::span<const float> of, std::int64_t plane) { return peak.value_of(of, plane, map); };
    const float x = static_cast<float>(peak.column) + value(outputs.offset, 0), y = static_cast<float>(peak.row) + value(outputs.offset, 1);
    const float half_width = value(outputs.wh, 0) / 2, half_height = value(outputs.wh, 1) / 2;
    found.add(
        {(x - half_width) * x_px - left, (y - half_height) * y_px - top, (x + half_width) * x_px - left, (y + half_height) * y_px - top},
        peak.score, peak.label);
  }
  if (rescale) kernels::rescale(found, meta.scale_factor);
  return found;
}

}  // namespace detforge::postprocess
