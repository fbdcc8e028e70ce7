#include "detforge/data/datasets/load_voc.h"

namespace detforge {

/// Images with one XML file each, in VOC's layout, of any classes. Boxes become 0-based; difficult ones are ignored.
class XMLDataset : public AnnotatedDataset {
 public:
  using Options = XMLOptions;
  static Arguments<Options> arguments() { return xml_arguments(); }

  XMLDataset(const Options& options, const BuildContext& context)
      : AnnotatedDataset(options, context, [&](const AnnotatedDataset::Options& joined) {
          const std::vector<std::string> classes = class_names(joined, {});
          if (classes.empty()) throw ArgumentError("classes", "must name the classes, since XMLDataset has none of its own");
          return load_voc(joined, classes, options.dialect());
        }) {}
};

DETFORGE_REGISTER(datasets, XMLDataset,
                  {.name = "XMLDataset",
                   .python = "mmdet.datasets.xml_style.XMLDataset",
                   .meaning = "images with boxes in VOC's XML layout"});

}  // namespace detforge
