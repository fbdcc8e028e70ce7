#include "tests/data/datasets/build.h"
#include "tests/eval/pickled_results.h"

/// The middle format, as JSON and as a pickle, and proposals.
namespace detforge {
namespace {

using testing_support::dataset_of;
using testing_support::error_of;
using testing_support::Folder;
namespace pickled = testing_support;

constexpr const char* record = R"({"filename": "a.jpg", "width": 60, "height": 50, "ann": {"bboxes": [[1, 2, 3, 4], [5, 6, 7, 8]],
    "labels": [1, 0], "bboxes_ignore": [[9, 9, 10, 10]], "seg_map": "a.png"}})";
constexpr const char* bare = R"({"filename": "b.jpg", "width": 40, "height": 50})";

std::string list(const std::string& records) { return "[" + records + "]"; }

TEST(CustomDataset, ReadsTheMiddleFormat) {
  const Folder folder({{"a.json", list(std::string(record) + ", " + bare)}});
  const auto dataset = dataset_of(folder.path(), "type='CustomDataset', ann_file='a.json', classes=('x', 'y')");
  ASSERT_EQ(dataset->size(), 2U) << "it does not filter empty images";
  EXPECT_EQ(dataset->flag(), (std::vector<std::uint8_t>{1, 0}));
  const AnnInfo info = dataset->annotations(0);
  EXPECT_EQ(info.bboxes, (std::vector<BoxXyxy>{{1, 2, 3, 4}, {5, 6, 7, 8}}));
  EXPECT_EQ(info.labels, (std::vector<std::int64_t>{1, 0}));
  EXPECT_EQ(info.bboxes_ignore, (std::vector<BoxXyxy>{{9, 9, 10, 10}}));
  EXPECT_TRUE(info.labels_ignore.empty());
  EXPECT_EQ(info.seg_map, "a.png");
  EXPECT_EQ(dataset->category_ids(0), (std::vector<RecordId>{1, 0}));
}

TEST(CustomDataset, ReadsAPickleAsData) {
  const std::string dict = "}(" + pickled::text("filename") + pickled::text("a.jpg") + pickled::text("width") + pickled::number(60) +
                           pickled::text("height") + pickled::number(50) + pickled::text("ann") + "}(" + pickled::text("bboxes") +
                           pickled::array({{1, 2, 3, 4.5}}) + pickled::text("labels") + pickled::list({pickled::number(2)}) + "uu";
  const Folder folder(
      {{"a.pkl", pickled::pickle(pickled::list({dict}))}, {"b.pkl", pickled::pickle("cos\nsystem\n" + pickled::text("ls") + "\x85R")}});
  const auto dataset = dataset_of(folder.path(), "type='CustomDataset', ann_file='a.pkl'");
  EXPECT_EQ(dataset->annotations(0).bboxes, (std::vector<BoxXyxy>{{1, 2, 3, 4.5}}));
  EXPECT_EQ(dataset->annotations(0).labels, (std::vector<std::int64_t>{2}));
  EXPECT_EQ(error_of([&] { dataset_of(folder.path(), "type='CustomDataset', ann_file='b.pkl'"); }),
            "the pickle holds something that is neither data nor an array @ " + (folder / "b.pkl").string());
}

TEST(CustomDataset, SaysWhichRecordsItLeavesOut) {
  const std::string wrong = R"({"filename": "c.jpg", "width": 60, "height": 50, "ann": {"bboxes": [[1, 2, 3]], "labels": [1]}})";
  const std::string fewer = R"({"filename": "d.jpg", "width": 60, "height": 50, "ann": {"bboxes": [[1, 2, 3, 4]], "labels": []}})";
  const Folder folder({{"a.json", list(std::string(record) + "," + wrong + "," + fewer + ", {}")}});
  const auto dataset = dataset_of(folder.path(), "type='CustomDataset', ann_file='a.json', classes=['x']");
  EXPECT_EQ(dataset->size(), 1U);
  const std::string file = " (in " + (folder / "a.json").string() + ")\n";
  EXPECT_EQ(dataset->findings().text(), "4 records are left out:\n  [0].ann.labels[0]: the label 1 is none of the 1 classes" + file +
                                            "  [1].ann.bboxes[0]: must be 4 numbers, not 3" + file +
                                            "  [2].ann.labels: must be as many as the boxes" + file + "  [3]: has no 'filename'" + file);
}

TEST(Proposals, GoWithTheirImages) {
  const std::string small = R"({"filename": "s.jpg", "width": 4, "height": 50})";
  const Folder folder(
      {{"a.json", list(small + ", " + record)},
       {"p.pkl", pickled::pickle(pickled::list({pickled::array({}), pickled::array({{1, 2, 3, 4, 0.5}, {5, 6, 7, 8, 0.25}})}))},
       {"p.json", "[[], [[1, 2, 3, 4]]]"},
       {"few.json", "[[]]"},
       {"wrong.json", "[[], [[1, 2, 3]]]"}});
  const auto with = [&](const std::string& file) {
    return dataset_of(folder.path(), "type='CustomDataset', ann_file='a.json', proposal_file='" + file + "'");
  };
  const Sample sample = with("p.pkl")->prepare(0);
  EXPECT_EQ(sample.meta.ori_filename, "a.jpg") << "the small image is left out, its proposals too";
  EXPECT_EQ(*sample.proposals, (std::vector<BoxXyxy>{{1, 2, 3, 4}, {5, 6, 7, 8}}));
  EXPECT_EQ(sample.proposal_scores, (std::vector<float>{0.5, 0.25}));
  EXPECT_EQ(with("p.json")->prepare(0).proposals->size(), 1U);
  EXPECT_TRUE(with("p.json")->prepare(0).proposal_scores.empty());
  EXPECT_EQ(error_of([&] { with("few.json"); }),
            "there are proposals for 1 images, but 2 images are annotated @ " + (folder / "few.json").string());
  EXPECT_EQ(error_of([&] { with("wrong.json"); }), "must be a box of 4 numbers, or 5 with its score @ [1][0]");
}

}  // namespace
}  // namespace detforge
