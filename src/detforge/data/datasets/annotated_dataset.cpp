#include "detforge/data/datasets/annotated_dataset.h"

#include <algorithm>
#include <filesystem>

#include "detforge/data/formats/voc_xml.h"

namespace detforge {

namespace {

constexpr int most_dropped_in_a_row = 1000;

AnnotatedDataset::Options with_joined_paths(AnnotatedDataset::Options options) {
  const Value* backend = options.file_client_args.find("backend");
  if (backend != nullptr && !(*backend == Value("disk"))) {
    throw ArgumentError("file_client_args", "can only read from 'disk', got backend " + repr(*backend));
  }
  const auto join = [&](std::string& path) { path = (std::filesystem::path(*options.data_root) / path).string(); };
  if (options.data_root) {
    join(options.ann_file);
    if (options.img_prefix) join(*options.img_prefix);
    if (options.seg_prefix) join(*options.seg_prefix);
    if (options.proposal_file) join(*options.proposal_file);
  }
  if (!options.img_prefix) options.img_prefix = "";
  return options;
}

}  // namespace

Arguments<AnnotatedDataset::Options> AnnotatedDataset::arguments() {
  return {arg(&Options::ann_file, "ann_file", required, "file of the annotations, below data_root"),
          arg(&Options::pipeline, "pipeline", required, "the transforms that make a sample").built_by("PIPELINES"),
          arg(&Options::classes, "classes", "names of the classes, or a file with one a line; None: the dataset's own"),
          arg(&Options::data_root, "data_root", "folder before all paths that are not absolute"),
          arg(&Options::img_prefix, "img_prefix", "folder of the images"),
          arg(&Options::seg_prefix, "seg_prefix", "folder of the segmentation maps"),
          arg(&Options::seg_suffix, "seg_suffix", "what their names end in").since_v2_27(),
          arg(&Options::proposal_file, "proposal_file", "boxes proposed for each image: .pkl or .json"),
          arg(&Options::test_mode, "test_mode", "keep every image, and give no annotations to the pipeline"),
          arg(&Options::filter_empty_gt, "filter_empty_gt", "leave out images without objects of the classes, in training"),
          arg(&Options::file_client_args, "file_client_args", "where files come from; the disk").since_v2_27()};
}

AnnotatedDataset::AnnotatedDataset(const Options& options, const BuildContext& context, const Load& load)
    : options_(with_joined_paths(options)) {
  if (!options.pipeline.is_sequence() || !options.pipeline.empty()) {
    pipeline_ = Pipeline::from_config(options.pipeline, context.child("pipeline"));
  }
  loaded_ = load(options_);
  if (loaded_.images.empty() && loaded_.findings.skipped() > 0) loaded_.findings.refuse();
  find_files_with_backslashes();
  if (options_.proposal_file) proposals_ = ProposalFile::read(*options_.proposal_file, loaded_.images.size());
  filter();
}

void AnnotatedDataset::find_files_with_backslashes() {
  const std::filesystem::path folder = *options_.img_prefix;
  for (ImageInfo& image : loaded_.images) {
    if (image.filename.find('\\') == std::string::npos || std::filesystem::exists(folder / image.filename)) continue;
    std::string name = image.filename;
    std::replace(name.begin(), name.end(), '\\', '/');
    const bool is_there = std::filesystem::exists(folder / name);
    loaded_.findings.note(is_there ? "file names have backslashes, as on Windows; the files are found with slashes"
                                   : "file names have backslashes, as on Windows, and no file is found with slashes either",
                          "'" + image.filename + "'", options_.ann_file);
    if (is_there) image.filename = std::move(name);
  }
}

void AnnotatedDataset::filter() {
  for (std::size_t i = 0; i < loaded_.images.size(); ++i) {
    const ImageInfo& image = loaded_.images[i];
    if (!options_.test_mode) {
      if (options_.filter_empty_gt && !loaded_.is_empty.empty() && loaded_.is_empty[i] != 0) continue;
      if (std::min(image.size.width, image.size.height) < loaded_.min_side_px) continue;
      flag_.push_back(image.size.width > image.size.height ? 1 : 0);
    }
    records_.push_back(static_cast<std::uint32_t>(i));
  }
}

std::size_t AnnotatedDataset::objects_of(std::size_t index) const {
  const auto rows = loaded_.columns.of_image(records_[index]);
  return static_cast<std::size_t>(
      std::count_if(rows.begin(), rows.end(), [&](std::uint32_t row) { return loaded_.columns.use(row) == AnnotationUse::Object; }));
}

AnnInfo AnnotatedDataset::annotations(std::size_t index) const {
  const AnnotationColumns& columns = loaded_.columns;
  AnnInfo info;
  info.seg_map = image(index).seg_map;
  for (const std::uint32_t row : columns.of_image(records_[index])) {
    const std::int64_t label = loaded_.labels[static_cast<std::size_t>(columns.category(row))];
    if (columns.use(row) == AnnotationUse::Object) {
      info.bboxes.push_back(columns.box(row));
      info.labels.push_back(label);
      if (columns.has_masks()) info.masks.push_back(columns.mask(row));
      if (!loaded_.is_group_of.empty()) info.is_group_of.push_back(loaded_.is_group_of[row]);
    } else if (columns.use(row) == AnnotationUse::Ignored) {
      info.bboxes_ignore.push_back(columns.box(row));
      if (loaded_.has_labels_of_ignored) info.labels_ignore.push_back(label);
    }
  }
  return info;
}

std::vector<RecordId> AnnotatedDataset::category_ids(std::size_t index) const {
  std::vector<RecordId> ids;
  for (const std::uint32_t row : loaded_.columns.of_image(records_[index])) {
    if (loaded_.columns.use(row) == AnnotationUse::Ignored && !loaded_.counts_ignored) continue;
    ids.push_back(loaded_.category_ids[static_cast<std::size_t>(loaded_.columns.category(row))]);
  }
  return ids;
}

Sample AnnotatedDataset::prepare(std::size_t index) const {
  const ImageInfo& info = image(index);
  Sample sample;
  sample.meta.filename = (std::filesystem::path(img_prefix()) / info.filename).string();
  sample.meta.ori_filename = info.filename;
  sample.img_info = info.size;
  sample.img_prefix = img_prefix();
  sample.seg_prefix = options_.seg_prefix.value_or("");
  if (!options_.test_mode) sample.ann_info = std::make_shared<const AnnInfo>(annotations(index));
  if (proposals_) proposals_->put(records_[index], sample);
  return sample;
}

std::vector<Sample> AnnotatedDataset::get(std::size_t index, Random& random) const {
  if (!pipeline_) return {prepare(index)};
  for (int tries = 0; tries < most_dropped_in_a_row; ++tries) {
    std::vector<Sample> views = pipeline_->run(prepare(index), random);
    if (!views.empty()) return views;
    if (options_.test_mode) throw Error("the pipeline leaves nothing of the image").at(image(index).filename);
    index = another(index, random);
  }
  throw Error("the pipeline left nothing of " + std::to_string(most_dropped_in_a_row) + " samples in a row").at(options_.ann_file);
}

std::size_t AnnotatedDataset::another(std::size_t index, Random& random) const {
  const auto pool = std::count(flag_.begin(), flag_.end(), flag_[index]);
  std::int64_t wanted = random.randint(0, pool);
  std::size_t found = 0;
  while (flag_[found] != flag_[index] || wanted-- > 0) ++found;
  return found;
}

std::vector<std::string> class_names(const AnnotatedDataset::Options& options, const std::vector<std::string>& standard) {
  if (!options.classes) return standard;
  if (const auto* names = std::get_if<std::vector<std::string>>(&*options.classes)) return *names;
  return read_lines(std::get<std::string>(*options.classes));
}

std::int64_t label_of(const std::vector<std::string>& classes, std::string_view name) {
  const auto found = std::find(classes.begin(), classes.end(), name);
  return found == classes.end() ? -1 : found - classes.begin();
}

}  // namespace detforge
