#pragma once

#include "detforge/data/datasets/annotated_dataset.h"

namespace detforge {

/// In what the datasets of VOC's layout differ.
struct VocDialect {
  std::optional<double> min_size_px;  ///< narrower or lower boxes are ignored
  std::string img_subdir = "JPEGImages";
  std::string ann_subdir = "Annotations";
  bool takes_folder_of_file = false;  ///< WIDER Face: the images lie in the folder that the XML names
};

/// Reads the list `ann_file` (or takes the names of the files in that folder) and an XML file for each name below `img_prefix`. An image
/// whose file is wrong is left out, and so is a wrong object; both are found in `findings`. Throws `Error` where there is no list.
LoadedAnnotations load_voc(const AnnotatedDataset::Options& options, const std::vector<std::string>& classes, const VocDialect& dialect);

/// The arguments that such datasets have beyond the common ones.
struct XMLOptions : AnnotatedDataset::Options {
  std::optional<double> min_size;
  std::string img_subdir = "JPEGImages";
  std::string ann_subdir = "Annotations";

  /// Throws `ArgumentError` where they do not fit together.
  VocDialect dialect() const;
};
Arguments<XMLOptions> xml_arguments();

}  // namespace detforge
