#include "detforge/data/datasets/load_voc.h"
#include "detforge/data/formats/voc_xml.h"

namespace detforge {

/// Pascal VOC 2007 and 2012 (Everingham et al., IJCV 2010). `img_prefix` tells the year, which decides how AP is computed.
class VOCDataset : public AnnotatedDataset {
 public:
  using Options = XMLOptions;
  static Arguments<Options> arguments() { return xml_arguments(); }

  VOCDataset(const Options& options, const BuildContext& context)
      : AnnotatedDataset(options, context, [&](const AnnotatedDataset::Options& joined) {
          const EvaluationRules rules = rules_of(*joined.img_prefix);
          LoadedAnnotations loaded = load_voc(joined, class_names(joined, voc_classes()), options.dialect());
          loaded.rules = rules;
          return loaded;
        }) {}

 private:
  static EvaluationRules rules_of(const std::string& img_prefix) {
    if (img_prefix.find("VOC2007") != std::string::npos) return EvaluationRules::Voc2007;
    if (img_prefix.find("VOC2012") != std::string::npos) return EvaluationRules::Voc2012;
    throw ArgumentError("img_prefix", "must name VOC2007 or VOC2012; XMLDataset with 'classes' reads other folders");
  }
};

DETFORGE_REGISTER(datasets, VOCDataset,
                  {.name = "VOCDataset", .python = "mmdet.datasets.voc.VOCDataset", .meaning = "Pascal VOC 2007 or 2012"});

}  // namespace detforge
