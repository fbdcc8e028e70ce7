#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "detforge/data/datasets/load_coco.h"
#include "detforge/data/formats/voc_xml.h"
#include "detforge/data/interchange/split_coco.h"

namespace detforge::fuzz {

/// Reads `input` as a dataset: VOC's XML where it begins like one, else COCO's JSON as training and testing and Cityscapes read it, and
/// looks at every row; an `Error` is as good as a dataset.
inline void read_dataset(std::span<const std::byte> input) {
  const std::string_view text(reinterpret_cast<const char*>(input.data()), input.size());
  try {
    if (text.starts_with('<')) {
      static_cast<void>(parse_voc_xml(text, "input"));
      return;
    }
    const JsonDocument document = JsonDocument::parse(text, "input");
    for (const bool is_cityscapes : {false, true}) {
      AnnotatedDataset::Options options;
      options.test_mode = !is_cityscapes;
      CocoDialect dialect;
      dialect.keeps_boxes_outside = dialect.drops_images_of_crowds = is_cityscapes;
      const LoadedAnnotations loaded = load_coco(document, options, dialect);
      static_cast<void>(loaded.findings.text());
      for (std::size_t image = 0; image < loaded.images.size(); ++image) {
        for (const std::uint32_t row : loaded.columns.of_image(image)) {
          static_cast<void>(loaded.labels.at(static_cast<std::size_t>(loaded.columns.category(row))));
          static_cast<void>(loaded.columns.mask(row));
        }
      }
    }
    const std::vector<std::size_t> everywhere(document.root()["images"].size());
    static_cast<void>(split_coco(document, everywhere, 1));
  } catch (const Error&) {
    // What a malformed file is to give.
  }
}

}  // namespace detforge::fuzz
