#include "detforge/data/datasets/load_voc.h"

namespace detforge {

/// WIDER FACE converted to VOC's layout (Yang et al., CVPR 2016): the images lie in the folders that the XML files name.
class WIDERFaceDataset : public AnnotatedDataset {
 public:
  using Options = XMLOptions;
  static Arguments<Options> arguments() { return xml_arguments(); }

  WIDERFaceDataset(const Options& options, const BuildContext& context)
      : AnnotatedDataset(options, context, [&](const AnnotatedDataset::Options& joined) {
          VocDialect dialect = options.dialect();
          dialect.takes_folder_of_file = true;
          return load_voc(joined, class_names(joined, {"face"}), dialect);
        }) {}
};

DETFORGE_REGISTER(datasets, WIDERFaceDataset,
                  {.name = "WIDERFaceDataset",
                   .python = "mmdet.datasets.wider_face.WIDERFaceDataset",
                   .meaning = "faces, in VOC's XML layout"});

}  // namespace detforge
