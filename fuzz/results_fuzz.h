#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "detforge/base/error.h"
#include "detforge/eval/coco/coco_evaluation.h"
#include "detforge/eval/lvis/lvis_evaluation.h"
#include "detforge/eval/results/mmdet_results.h"
#include "detforge/eval/voc/voc_annotations.h"

namespace detforge::fuzz {

/// Evaluates `input`: MMDetection's pickle or VOC's XML where it begins like one, else JSON: annotations and, after a line with `---`,
/// results, by COCO's rules and LVIS's; an `Error` is as good as a number.
inline void evaluate_results(std::span<const std::byte> input) {
  constexpr std::string_view divider = "\n---\n";
  const std::string_view text(reinterpret_cast<const char*>(input.data()), input.size());
  try {
    if (text.starts_with('\x80')) {
      static_cast<void>(parse_mmdet_results(input, "input"));
      return;
    }
    if (text.starts_with('<')) {
      AnnotationFindings findings;
      static_cast<void>(parse_voc_annotation(text, voc_classes(), "input", findings));
      return;
    }
    const std::size_t middle = text.find(divider);
    const std::string_view results = middle == std::string_view::npos ? "[]" : text.substr(middle + divider.size());
    for (const CocoType type : {CocoType::Bbox, CocoType::Segm, CocoType::Proposal}) {
      CocoOptions options = default_coco_options(type);
      options.threads = 1;
      static_cast<void>(
          evaluate_coco(JsonDocument::parse(text.substr(0, middle), "annotations"), JsonDocument::parse(results, "results"), options));
    }
    for (const bool with_masks : {false, true}) {
      CocoAnnotations annotations =
          read_coco_annotations(JsonDocument::parse(text.substr(0, middle), "annotations"), with_masks, AnnotationStyle::Lvis);
      CocoResults found = read_coco_results(JsonDocument::parse(results, "results"), annotations, with_masks);
      static_cast<void>(evaluate_lvis(std::move(annotations), std::move(found), {with_masks, 300, 1}));
    }
  } catch (const Error&) {
    // What a malformed file is to give.
  }
}

}  // namespace detforge::fuzz
