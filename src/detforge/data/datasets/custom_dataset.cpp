#include <fmt/format.h>

#include "detforge/data/datasets/annotated_dataset.h"
#include "detforge/data/formats/middle_format.h"

namespace detforge {

/// MMDetection's own middle format: a list of `{filename, width, height, ann: {bboxes, labels, bboxes_ignore, labels_ignore}}`, as JSON
/// or as a pickle with arrays.
class CustomDataset : public AnnotatedDataset {
 public:
  CustomDataset(const Options& options, const BuildContext& context) : AnnotatedDataset(options, context, load) {}

 private:
  static LoadedAnnotations load(const Options& options) {
    LoadedAnnotations loaded;
    loaded.classes = class_names(options, {});
    loaded.counts_ignored = false;
    std::int64_t labels = static_cast<std::int64_t>(loaded.classes.size());
    const auto add = [&](const MiddleRecord& record) {
      const auto position = static_cast<std::uint32_t>(loaded.images.size());
      loaded.images.push_back({position, record.filename, record.size, record.seg_map});
      for (std::size_t i = 0; i < record.bboxes.size(); ++i) {
        if (!loaded.classes.empty() && record.labels[i] >= static_cast<std::int64_t>(loaded.classes.size())) {
          loaded.findings.skip(Error(fmt::format("the label {} is none of the {} classes", record.labels[i], loaded.classes.size()))
                                   .at(fmt::format("[{}].ann.labels[{}]", record.index, i))
                                   .note("in " + options.ann_file));
          continue;
        }
        labels = std::max(labels, record.labels[i] + 1);
        AnnotationColumns::Row row;
        row.image = position;
        row.box = record.bboxes[i];
        row.category = static_cast<std::int32_t>(record.labels[i]);
        row.use = i < record.objects ? AnnotationUse::Object : AnnotationUse::Ignored;
        loaded.columns.add(row);
      }
      loaded.has_labels_of_ignored = loaded.has_labels_of_ignored || record.has_labels_of_ignored;
    };
    read_middle_format(options.ann_file, add, [&](const Error& error) { loaded.findings.skip(error); });
    for (std::int64_t label = 0; label < labels; ++label) loaded.labels.push_back(label);
    loaded.category_ids.assign(loaded.labels.begin(), loaded.labels.end());
    loaded.columns.group(loaded.images.size());
    return loaded;
  }
};

DETFORGE_REGISTER(datasets, CustomDataset,
                  {.name = "CustomDataset",
                   .python = "mmdet.datasets.custom.CustomDataset",
                   .meaning = "images with boxes in MMDetection's own format"});

}  // namespace detforge
