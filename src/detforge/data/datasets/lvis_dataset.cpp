#include "detforge/data/datasets/load_coco.h"

namespace detforge {

namespace {

/// `COCO_val2014_000000000042.jpg` is called `000000000042.jpg` since 2017. An image of v1 has an address only.
std::string lvis_v05_filename(const CocoImage& image) {
  constexpr std::size_t length = 16;
  const std::string& name = image.file_name.empty() ? image.coco_url : image.file_name;
  return name.starts_with("COCO") && name.size() > length ? name.substr(name.size() - length) : name;
}

/// `http://images.cocodataset.org/train2017/000000391895.jpg`: folder and name.
std::string lvis_v1_filename(const CocoImage& image) {
  constexpr std::string_view server = "http://images.cocodataset.org/";
  std::string name = image.coco_url;
  if (const std::size_t at = name.find(server); at != std::string::npos) name.erase(at, server.size());
  return name;
}

CocoDialect lvis_dialect(std::string (*file_of)(const CocoImage&)) {
  CocoDialect lvis;
  lvis.takes_all_categories = true;
  lvis.file_of = file_of;
  return lvis;
}

}  // namespace

/// LVIS v0.5 (Gupta et al., https://arxiv.org/abs/1908.03195): 1230 categories, of which all are classes; `classes` only names them.
/// Without it the file's names count.
class LVISV05Dataset : public AnnotatedDataset {
 public:
  LVISV05Dataset(const Options& options, const BuildContext& context)
      : AnnotatedDataset(options, context, [](const Options& joined) { return load_coco(joined, lvis_dialect(lvis_v05_filename)); }) {}
};

/// LVIS v1.0: 1203 categories.
class LVISV1Dataset : public AnnotatedDataset {
 public:
  LVISV1Dataset(const Options& options, const BuildContext& context)
      : AnnotatedDataset(options, context, [](const Options& joined) { return load_coco(joined, lvis_dialect(lvis_v1_filename)); }) {}
};

using LVISDataset = LVISV05Dataset;

DETFORGE_REGISTER(datasets, LVISV05Dataset,
                  {.name = "LVISV05Dataset", .python = "mmdet.datasets.lvis.LVISV05Dataset", .meaning = "LVIS v0.5, many rare categories"});
DETFORGE_REGISTER(datasets, LVISDataset,
                  {.name = "LVISDataset", .python = "mmdet.datasets.lvis.LVISV05Dataset", .meaning = "another name of LVISV05Dataset"});
DETFORGE_REGISTER(datasets, LVISV1Dataset,
                  {.name = "LVISV1Dataset", .python = "mmdet.datasets.lvis.LVISV1Dataset", .meaning = "LVIS v1.0, many rare categories"});

}  // namespace detforge
