#include "tests/data/datasets/build.h"

/// COCO's layout and its dialects: what is wrong with a file is said, and left out as MMDetection leaves it out.
namespace detforge {
namespace {

using testing_support::dataset_of;
using testing_support::error_of;
using testing_support::Folder;

constexpr const char* categories = R"("categories": [{"id": 3, "name": "cat"}, {"id": 9, "name": "dog"}])";
constexpr const char* images = R"("images": [{"id": 7, "file_name": "a.jpg", "height": 50, "width": 60},
                                             {"id": 5, "file_name": "b.v2.jpg", "height": 80, "width": 40}])";

std::string annotation(int id, const std::string& rest) {
  return R"({"id": )" + std::to_string(id) + R"(, "image_id": 7, "category_id": 3, "area": 100, )" + rest + "}";
}
const std::string good = annotation(1, R"("bbox": [1, 2, 10, 20], "segmentation": [[1, 2, 11, 2, 11, 22]], "iscrowd": 0)");

std::string file(const std::string& annotations) {
  return std::string("{") + images + ", " + categories + R"(, "annotations": [)" + annotations + "]}";
}

std::shared_ptr<Dataset> coco(const std::string& text, const std::string& arguments = "", const std::string& classes = "['cat', 'dog']") {
  const Folder folder({{"a.json", text}});
  return dataset_of(folder.path(), "type='CocoDataset', ann_file='a.json', img_prefix='photos', classes=" + classes + ", " + arguments);
}

/// One annotation that is wrong beside one that is not: `message @ place` of what was left out.
std::string skipped(const std::string& record) {
  const auto dataset = coco(file(good + ", " + record));
  EXPECT_EQ(dataset->annotations(0).bboxes.size(), 1U);
  if (dataset->findings().skipped() != 1) return "nothing";
  const Diagnostic& first = dataset->findings().first_skipped().front();
  return first.message + " @ " + first.place;
}

/// The text without the folder of the annotation file.
std::string without_folder(std::string text) {
  for (std::size_t end = text.find("/a.json"); end != std::string::npos; end = text.find("/a.json", end)) {
    const std::size_t begin = text.rfind(' ', end) + 1;
    text.erase(begin, end + 1 - begin);
    end = begin;
  }
  return text;
}

/// What is noted of such an annotation.
std::string noted(const std::string& record) {
  const auto dataset = coco(file(good + ", " + record));
  EXPECT_EQ(dataset->annotations(0).bboxes.size(), 1U);
  return without_folder(dataset->findings().text());
}

TEST(CocoDataset, GivesWhatAPipelineStartsFrom) {
  const auto dataset = coco(file(good), "seg_prefix='maps', filter_empty_gt=False");
  ASSERT_EQ(dataset->size(), 2U);
  EXPECT_EQ(dataset->flag(), (std::vector<std::uint8_t>{1, 0}));
  const Sample sample = dataset->prepare(0);
  EXPECT_TRUE(sample.meta.filename.ends_with("/photos/a.jpg")) << sample.meta.filename;
  EXPECT_EQ(sample.meta.ori_filename, "a.jpg");
  EXPECT_TRUE(sample.seg_prefix.ends_with("/maps"));
  EXPECT_EQ(sample.img_info, (ImageSize{50, 60}));
  EXPECT_EQ(sample.ann_info->bboxes, (std::vector<BoxXyxy>{{1, 2, 11, 22}}));
  EXPECT_EQ(std::get<Polygons>(sample.ann_info->masks[0]), (Polygons{{1, 2, 11, 2, 11, 22}}));
  EXPECT_EQ(dataset->annotations(1).seg_map, "b.v2.png");
  EXPECT_EQ(dataset->objects_of(0), 1U);
  EXPECT_EQ(dataset->get(1, *std::make_unique<NumpyRandom>(1)).front().meta.ori_filename, "b.v2.jpg");
}

TEST(CocoDataset, InTestModeKeepsImagesAndGivesNoAnnotations) {
  const auto dataset = coco(file(good), "test_mode=True");
  EXPECT_EQ(dataset->size(), 2U);
  EXPECT_TRUE(dataset->flag().empty());
  EXPECT_EQ(dataset->prepare(0).ann_info, nullptr);
  EXPECT_EQ(dataset->annotations(0).bboxes.size(), 1U);
}

TEST(CocoDataset, LeavesOutImagesWithoutAnnotationsInTraining) {
  EXPECT_EQ(coco(file(good))->size(), 1U);
  EXPECT_EQ(coco(file(""))->size(), 0U);
  EXPECT_EQ(coco(file(""), "filter_empty_gt=False")->size(), 2U);
  const std::string of_another = R"({"id": 2, "image_id": 5, "category_id": 9, "area": 100, "bbox": [1, 2, 10, 20]})";
  EXPECT_EQ(coco(file(good + ", " + of_another), "", "['dog']")->image(0).id, 5);
}

TEST(CocoDataset, LeavesOutSmallImagesInTraining) {
  const std::string small = R"({"images": [{"id": 7, "file_name": "a.jpg", "height": 31, "width": 60}], )" + std::string(categories) + "}";
  EXPECT_EQ(coco(small, "filter_empty_gt=False")->size(), 0U);
  EXPECT_EQ(coco(small, "test_mode=True")->size(), 1U);
}

TEST(CocoDataset, TakesCrowdsForIgnoredAndPassesOverIgnore) {
  const std::string crowd =
      annotation(2, R"("bbox": [2, 2, 10, 10], "iscrowd": 1, "segmentation": {"size": [50, 60], "counts": [2999, 1]})");
  const std::string ignored = annotation(3, R"("bbox": [3, 2, 10, 10], "ignore": 1)");
  const auto dataset = coco(file(good + ", " + crowd + ", " + ignored));
  const AnnInfo info = dataset->annotations(0);
  EXPECT_EQ(info.bboxes, (std::vector<BoxXyxy>{{1, 2, 11, 22}}));
  EXPECT_EQ(info.bboxes_ignore, (std::vector<BoxXyxy>{{2, 2, 12, 12}}));
  EXPECT_EQ(dataset->category_ids(0), (std::vector<RecordId>{3, 3, 3}));
  EXPECT_TRUE(dataset->findings().empty()) << dataset->findings().text();
}

TEST(CocoDataset, SaysWhichRecordsItLeavesOut) {
  EXPECT_EQ(skipped(annotation(2, R"("bbox": [1, 2, 3])")), "must be 4 numbers, not 3 @ annotations[1].bbox");
  EXPECT_EQ(skipped(annotation(2, R"("bbox": [1, 2, 3, "4"])")), "must be a number, not a text @ annotations[1].bbox[3]");
  EXPECT_EQ(skipped(annotation(2, R"("bbox": [1, 2, 1e30, 4])")), "lies beyond any image @ annotations[1].bbox");
  EXPECT_EQ(skipped(annotation(2, R"("iscrowd": 0)")), "has no 'bbox' @ annotations[1]");
  EXPECT_EQ(skipped("3"), "must be an object, not a number @ annotations[1]");
}

/// What is noted of an annotation whose box is kept all the same.
std::string noted_of_kept(const std::string& record) {
  const auto dataset = coco(file(good + ", " + record));
  EXPECT_EQ(dataset->findings().skipped(), 0U);
  EXPECT_EQ(dataset->annotations(0).bboxes, (std::vector<BoxXyxy>{{1, 2, 11, 22}, {2, 2, 12, 12}})) << record;
  return without_folder(dataset->findings().text());
}

TEST(CocoDataset, KeepsBoxesWhateverTheirMasksAre) {
  const auto with = [](const std::string& segmentation) {
    return noted_of_kept(annotation(2, R"("bbox": [2, 2, 10, 10], "segmentation": )" + segmentation));
  };
  const auto left_out = [](const std::string& why) {
    return "masks that can not be read are left out, their boxes stay (1): annotations[1].segmentation" + why + " in a.json\n";
  };
  EXPECT_EQ(with(R"("none")"), left_out(" (must be a list, not a text)"));
  EXPECT_EQ(with("[1, 2, 3, 4]"), left_out("[0] (must be a list, not a number)"));
  EXPECT_EQ(with("[null]"), left_out("[0] (must be a list, not null)"));
  EXPECT_EQ(with(R"([["1", 2]])"), left_out("[0][0] (must be a number, not a text)"));
  EXPECT_EQ(with(R"({"size": [50, 60], "counts": [1, 2]})"),
            left_out(" (the counts of a mask sum to 3, not to the 3000 pixels of 50 x 60)"));
  EXPECT_EQ(with("[[]]"), "masks have polygons of fewer than three points (1): annotations[1].segmentation in a.json\n");
  EXPECT_EQ(with("[[1, 2, 3, 4]]"), "masks have polygons of fewer than three points (1): annotations[1].segmentation in a.json\n");
  EXPECT_EQ(with(R"([{"size": [50, 60], "counts": [2999, 1]}])"), "") << "a list of RLEs";
  EXPECT_EQ(with("[]"), "");
}

TEST(CocoDataset, KeepsBoxesWithoutWhatBoxesDoNotNeed) {
  const std::string begin = R"({"image_id": 7, "category_id": 3, "bbox": [2, 2, 10, 10])";
  EXPECT_EQ(noted_of_kept(begin + R"(, "id": 2})"), "annotations without 'area' get width × height (1): annotations[1] in a.json\n");
  EXPECT_EQ(noted_of_kept(begin + R"(, "id": 2, "area": "100"})"),
            "areas that are no number become width × height (1): annotations[1].area in a.json\n");
  EXPECT_EQ(noted_of_kept(begin + R"(, "area": 100})"), "annotations have no 'id' (1): annotations[1] in a.json\n");
  EXPECT_EQ(noted_of_kept(begin + R"(, "id": 2, "area": 100, "iscrowd": "no"})"),
            "'iscrowd' that is neither a number nor a truth value counts as 0 (1): annotations[1].iscrowd in a.json\n");
}

TEST(CocoDataset, TakesTextsAndLargeNumbersForIds) {
  const auto dataset = coco(R"({"images": [{"id": "a/7", "file_name": "a.jpg", "height": 50, "width": 60},
                                          {"id": 18446744073709551615, "file_name": "b.jpg", "height": 50, "width": 60}],
                               "categories": [{"id": "c", "name": "cat"}, {"id": 18446744073709551614, "name": "dog"}],
                               "annotations": [{"id": "x", "image_id": "a/7", "category_id": "c", "bbox": [1, 2, 10, 10], "area": 100},
                                 {"id": 18446744073709551615, "image_id": 18446744073709551615, "category_id": 18446744073709551614,
                                  "bbox": [1, 2, 10, 10], "area": 100},
                                 {"id": "x", "image_id": "a/7", "category_id": "c", "bbox": [1, 2, 10, 10], "area": 100}]})");
  ASSERT_EQ(dataset->size(), 2U);
  EXPECT_EQ(dataset->image(0).id.text(), "a/7");
  EXPECT_EQ(dataset->image(1).id.text(), "18446744073709551615");
  EXPECT_EQ(dataset->annotations(0).labels, (std::vector<std::int64_t>{0}));
  EXPECT_EQ(dataset->annotations(1).labels, (std::vector<std::int64_t>{1}));
  EXPECT_EQ(without_folder(dataset->findings().text()),
            "1 record is left out:\n  annotations[2].id: the id x is that of an earlier record (in a.json)\n");
}

TEST(CocoDataset, SaysThatIdsAreOfAnotherKind) {
  EXPECT_EQ(skipped(R"({"id": 2, "image_id": "7", "category_id": 3, "area": 1, "bbox": [1, 2, 3, 4]})"),
            "there is no such image: the id is a text, those of the file are numbers @ annotations[1].image_id");
}

TEST(CocoDataset, ShowsWhatNobodySeesInAClass) {
  EXPECT_EQ(without_folder(coco(file(good), "", "['cat', 'dog\\u200b']")->findings().text()),
            "classes that are no category of the file (1): 'dog\\u200b' (the file has 'dog')\n");
  EXPECT_EQ(without_folder(coco(file(good), "", "['cat', 'dog ']")->findings().text()),
            "classes that are no category of the file (1): 'dog ' (the file has 'dog')\n");
}

TEST(CocoDataset, FindsFilesThatWindowsNamed) {
  const std::string text = R"({"images": [{"id": 7, "file_name": "in\\a.jpg", "height": 50, "width": 60},
                                          {"id": 8, "file_name": "in\\b.jpg", "height": 50, "width": 60}], )" +
                           std::string(categories) + "}";
  const Folder folder({{"a.json", text}, {"photos/in/a.jpg", ""}});
  const auto dataset =
      dataset_of(folder.path(), "type='CocoDataset', ann_file='a.json', img_prefix='photos', classes=['cat', 'dog'], test_mode=True");
  EXPECT_EQ(dataset->image(0).filename, "in/a.jpg");
  EXPECT_EQ(dataset->image(1).filename, "in\\b.jpg");
  EXPECT_EQ(without_folder(dataset->findings().text()),
            "file names have backslashes, as on Windows; the files are found with slashes (1): 'in\\a.jpg' in a.json\n"
            "file names have backslashes, as on Windows, and no file is found with slashes either (1): 'in\\b.jpg' in a.json\n");
}

TEST(CocoDataset, NotesBoxesOfSizeZero) {
  EXPECT_EQ(noted(annotation(2, R"("bbox": [1, 2, 0, 0])")),
            "boxes without area inside of their image are left out (1): annotations[1].bbox in a.json\n");
  EXPECT_EQ(noted(annotation(2, R"("bbox": [1, 2, 0.5, 5])")),
            "boxes smaller than a pixel are left out (1): annotations[1].bbox in a.json\n");
}

TEST(CocoDataset, NotesBoxesOutsideOfTheImage) {
  EXPECT_EQ(noted(annotation(2, R"("bbox": [60, 2, 5, 5])")),
            "boxes without area inside of their image are left out (1): annotations[1].bbox in a.json\n");
  EXPECT_EQ(noted(annotation(2, R"("bbox": [-9, 2, 5, 5])")),
            "boxes without area inside of their image are left out (1): annotations[1].bbox in a.json\n");
}

TEST(CocoDataset, NotesUnknownCategories) {
  EXPECT_EQ(noted(R"({"id": 2, "image_id": 7, "category_id": 77, "area": 100, "bbox": [1, 2, 10, 20]})"),
            "annotations of categories that the file does not describe are left out (1): annotations[1].category_id in a.json\n");
}

TEST(CocoDataset, LeavesOutASecondAnnotationOfOneId) {
  EXPECT_EQ(skipped(good), "the id 1 is that of an earlier record @ annotations[1].id");
}

TEST(CocoDataset, LeavesOutAnnotationsWithoutAnImage) {
  EXPECT_EQ(skipped(R"({"id": 2, "image_id": 99, "category_id": 3, "area": 1, "bbox": [1, 2, 3, 4]})"),
            "there is no such image @ annotations[1].image_id");
}

TEST(CocoDataset, CountsWhatItLeavesOutAndListsTen) {
  std::string many = good;
  for (int i = 2; i < 15; ++i) many += ", " + annotation(i, R"("bbox": [])");
  const AnnotationFindings findings = coco(file(many))->findings();
  EXPECT_EQ(findings.skipped(), 13U);
  EXPECT_EQ(findings.first_skipped().size(), 10U);
  EXPECT_TRUE(without_folder(findings.text())
                  .starts_with("13 records are left out, the first 10:\n  annotations[1].bbox: must be 4 numbers, not 0 (in a.json)\n"))
      << findings.text();
  EXPECT_EQ(error_of([&] { findings.refuse(); }), "must be 4 numbers, not 0 @ annotations[1].bbox");
  EXPECT_NO_THROW(coco(file(good))->findings().refuse());
}

TEST(CocoDataset, LeavesOutWrongImagesAndCategories) {
  const auto dataset = coco(R"({"images": [{"id": 7, "file_name": "a.jpg", "height": 50, "width": 60}, {"id": 7, "file_name": "c.jpg",
      "height": 50, "width": 60}, {"id": 8, "height": 50, "width": 60}, {"id": 9, "file_name": "d.jpg"}, {"id": 10, "file_name": "e.jpg",
      "height": -1, "width": 60}], "categories": [{"name": "x"}, {"id": 3, "name": "cat"}, {"id": 9, "name": "dog"}]})",
                            "filter_empty_gt=False");
  EXPECT_EQ(dataset->size(), 1U);
  EXPECT_EQ(without_folder(dataset->findings().text()),
            "5 records are left out:\n"
            "  images[1].id: the id 7 is that of an earlier record (in a.json)\n"
            "  images[2]: has no name of a file (in a.json)\n"
            "  images[3]: has no 'width' or no 'height' (in a.json)\n"
            "  images[4].height: must not be negative (in a.json)\n"
            "  categories[0]: has no 'id' (in a.json)\n");
}

TEST(CocoDataset, FailsWhereNothingCanBeRead) {
  EXPECT_EQ(error_of([] { coco(R"({"images": [{"id": []}], "categories": []})"); }), "must be a number, not a list @ images[0].id");
  EXPECT_TRUE(error_of([] { coco(R"({"images": [{"id")"); }).starts_with("the file is no valid JSON: "));
  EXPECT_TRUE(error_of([] { coco(R"({"categories": []})"); }).starts_with("has no 'images' @ "));
  const Folder folder;
  EXPECT_EQ(error_of([&] { dataset_of(folder.path(), "type='CocoDataset', ann_file='nowhere.json'"); }),
            "can not open the file: No such file or directory @ " + (folder / "nowhere.json").string());
}

TEST(CocoDataset, TruncatedTextIsRefused) {
  const std::string whole = file(good);
  for (std::size_t size = 1; size < whole.size(); size += 7) {
    EXPECT_TRUE(error_of([&] { coco(whole.substr(0, size)); }).starts_with("the file is no valid JSON")) << size;
  }
}

TEST(CocoDataset, LabelsFollowTheOrderOfTheFilesCategories) {
  const std::string dog = R"({"id": 2, "image_id": 7, "category_id": 9, "area": 100, "bbox": [1, 2, 10, 20]})";
  const auto dataset = coco(file(good + ", " + dog), "", "['dog', 'cat']");
  EXPECT_EQ(dataset->classes(), (std::vector<std::string>{"dog", "cat"}));
  EXPECT_EQ(dataset->annotations(0).labels, (std::vector<std::int64_t>{0, 1}));
  EXPECT_EQ(dataset->findings().text(), "labels follow the order of the file's categories, not that of 'classes': 'cat', 'dog'\n");
  EXPECT_EQ(coco(file(good), "", "['cat', 'wolf']")->findings().text(), "classes that are no category of the file (1): 'wolf'\n");
}

TEST(CocoDataset, TakesAListOrATupleOrTheFilesOwnOrderOfClasses) {
  EXPECT_EQ(coco(file(good), "", "['cat', 'dog']")->classes(), coco(file(good), "", "('cat', 'dog')")->classes());
  EXPECT_EQ(coco(file(good), "", "('dog',)")->size(), 0U);
}

TEST(CocoDataset, ReadsClassesFromAFile) {
  const Folder folder({{"a.json", file(good)}, {"names.txt", "dog\ncat\n"}});
  const auto dataset =
      dataset_of(folder.path(), "type='CocoDataset', ann_file='a.json', classes='" + (folder / "names.txt").string() + "'");
  EXPECT_EQ(dataset->classes(), (std::vector<std::string>{"dog", "cat"}));
}

TEST(CocoDataset, AnswersForMissingImages) {
  const auto config =
      "type='CocoDataset', ann_file='a.json', classes=['cat'], img_prefix='photos', pipeline=[dict(type='LoadImageFromFile')]";
  const Folder folder({{"a.json", file(good)}});
  const auto dataset =
      build_dataset(Config::from_text("data = dict(data_root='" + folder.path().string() + "', " + config + ")", ".py")["data"]);
  NumpyRandom random(1);
  EXPECT_NE(error_of([&] { dataset->get(0, random); }).find((folder / "photos/a.jpg").string()), std::string::npos);
}

TEST(CocoDataset, StatesItsMemory) {
  std::string many = good;
  for (int i = 2; i <= 1000; ++i) many += ", " + annotation(i, R"("bbox": [1, 2, 10, 20], "segmentation": [[1, 2, 11, 2, 11, 22]])");
  const auto dataset = coco(file(many));
  const std::size_t bytes = dynamic_cast<const AnnotatedDataset&>(*dataset).memory_bytes();
  EXPECT_EQ(bytes, 1000 * (25 + 20 + 8 + 6 * 8) + 3 * 4U);
}

TEST(LvisDataset, TakesAllCategoriesAndNamesImagesAsTheVersionDoes) {
  const std::string text =
      R"({"images": [{"id": 7, "file_name": "COCO_val2014_000000000042.jpg", "height": 50, "width": 60,
          "coco_url": "http://images.cocodataset.org/train2017/000000000043.jpg"}], )" +
      std::string(categories) + R"(, "annotations": [)" + good + "]}";
  const Folder folder({{"a.json", text}});
  const auto older = dataset_of(folder.path(), "type='LVISDataset', ann_file='a.json'");
  EXPECT_EQ(older->image(0).filename, "000000000042.jpg");
  EXPECT_EQ(older->classes(), (std::vector<std::string>{"cat", "dog"}));
  EXPECT_EQ(dynamic_cast<const AnnotatedDataset&>(*older).cat_ids(), (std::vector<RecordId>{3, 9}));
  const auto newer = dataset_of(folder.path(), "type='LVISV1Dataset', ann_file='a.json', classes=['a', 'b']");
  EXPECT_EQ(newer->image(0).filename, "train2017/000000000043.jpg");
  EXPECT_EQ(newer->annotations(0).labels, (std::vector<std::int64_t>{0}));
}

TEST(CityscapesDataset, LeavesOutImagesOfCrowdsAndKeepsBoxesOutside) {
  const std::string text =
      R"({"images": [{"id": 7, "file_name": "a.png", "segm_file": "a_labelIds.png", "height": 50, "width": 60},
                     {"id": 8, "file_name": "b.png", "segm_file": "b_labelIds.png", "height": 50, "width": 60}],
          "categories": [{"id": 24, "name": "person"}],
          "annotations": [{"id": 1, "image_id": 7, "category_id": 24, "bbox": [70, 2, 10, 20], "area": 100, "iscrowd": 0,
                           "segmentation": {"size": [50, 60], "counts": [2999, 1]}},
                          {"id": 2, "image_id": 8, "category_id": 24, "bbox": [1, 2, 10, 20], "area": 100, "iscrowd": 1}]})";
  const Folder folder({{"a.json", text}});
  const auto dataset = dataset_of(folder.path(), "type='CityscapesDataset', ann_file='a.json'");
  ASSERT_EQ(dataset->size(), 1U);
  const AnnInfo info = dataset->annotations(0);
  EXPECT_EQ(info.bboxes, (std::vector<BoxXyxy>{{70, 2, 80, 22}}));
  EXPECT_EQ(std::get<Rle>(info.masks[0]), (Rle{50, 60, {2999, 1}}));
  EXPECT_EQ(info.seg_map, "a_labelIds.png");
  EXPECT_EQ(dataset_of(folder.path(), "type='CityscapesDataset', ann_file='a.json', filter_empty_gt=False")->size(), 2U);
}

}  // namespace
}  // namespace detforge
