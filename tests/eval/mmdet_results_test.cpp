#include "detforge/eval/results/mmdet_results.h"

#include <gtest/gtest.h>

#include "detforge/base/error.h"
#include "tests/eval/pickled_results.h"

namespace detforge {
namespace {

MmdetResults parse(const std::string& pickle) { return parse_mmdet_results(std::as_bytes(std::span(pickle)), "results.pkl"); }

std::string error_of(const std::string& pickle) {
  try {
    parse(pickle);
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

using testing_support::array;
using testing_support::list;
using testing_support::mask;
using testing_support::number;
using testing_support::pair;
using testing_support::pickle;
using testing_support::text;

const std::string one_box = array({{1, 2, 11, 22, 0.5F}});
const std::string no_box = array({});

TEST(MmdetResults, ClassesOfImagesAreRead) {
  const MmdetResults results =
      parse(pickle(list({list({one_box, no_box}), list({no_box, array({{1, 2, 3, 4, 0.25F}, {5, 6, 7, 8, 0.125F}})})})));
  ASSERT_EQ(results.images.size(), 2U);
  EXPECT_EQ(results.classes, 2U);
  const Detections& second = results.images[1].detections;
  EXPECT_EQ(results.images[0].detections.labels, (std::vector<std::int64_t>{0}));
  EXPECT_EQ(second.labels, (std::vector<std::int64_t>{1, 1}));
  EXPECT_EQ(second.scores, (std::vector<float>{0.25F, 0.125F}));
  EXPECT_EQ(second.boxes_xyxy[1], (std::array<float, 4>{5, 6, 7, 8}));
}

TEST(MmdetResults, PicklesOfProtocol0AreRead) {
  // pickle.dumps([[numpy.array([[1, 2, 11, 22, .5]], 'f4')]], 0)
  const std::string protocol_0 =
      "(lp0\n"
      "(lp1\n"
      "cnumpy.core.multiarray\n"
      "_reconstruct\n"
      "p2\n"
      "(cnumpy\n"
      "ndarray\n"
      "p3\n"
      "(I0\n"
      "tp4\n"
      "c_codecs\n"
      "encode\n"
      "p5\n"
      "(Vb\n"
      "p6\n"
      "Vlatin1\n"
      "p7\n"
      "tp8\n"
      "Rp9\n"
      "tp10\n"
      "Rp11\n"
      "(I1\n"
      "(I1\n"
      "I5\n"
      "tp12\n"
      "cnumpy\n"
      "dtype\n"
      "p13\n"
      "(Vf4\n"
      "p14\n"
      "I00\n"
      "I01\n"
      "tp15\n"
      "Rp16\n"
      "(I3\n"
      "V<\n"
      "p17\n"
      "NNNI-1\n"
      "I-1\n"
      "I0\n"
      "tp18\n"
      "bI00\n"
      "g5\n"
      "(V\\u0000\\u0000\200?\\u0000\\u0000\\u0000@\\u0000\\u00000A\\u0000\\u0000\260A\\u0000\\u0000\\u0000?\n"
      "p19\n"
      "g7\n"
      "tp20\n"
      "Rp21\n"
      "tp22\n"
      "baa.";
  const Detections found = parse(protocol_0).images.at(0).detections;
  EXPECT_EQ(found.boxes_xyxy, (std::vector<std::array<float, 4>>{{1, 2, 11, 22}}));
  EXPECT_EQ(found.scores, (std::vector<float>{0.5F}));
}

TEST(MmdetResults, ProposalsHaveNoClasses) {
  const MmdetResults results = parse(pickle(list({one_box, no_box})));
  EXPECT_EQ(results.classes, 0U);
  EXPECT_EQ(results.images[0].detections.size(), 1U);
}

TEST(MmdetResults, MasksComeInPairsWithBoxes) {
  const MmdetResults results = parse(pickle(list({pair(list({one_box}), list({list({mask(2, 3, "15")})}))})));
  ASSERT_EQ(results.images[0].masks.size(), 1U);
  EXPECT_EQ(area_of(results.images[0].masks[0]), 5U);
}

TEST(MmdetResults, ColumnsGetTheIdsOfTheAnnotationsFile) {
  const auto document = JsonDocument::parse(
      R"({"images": [{"id": 9}, {"id": 4}], "categories": [{"id": 8, "name": "b"}, {"id": 2, "name": "a"}], "annotations": []})",
      "gt.json");
  const CocoAnnotations annotations = read_coco_annotations(document, false);
  const CocoResults results = to_coco(parse(pickle(list({list({one_box, no_box}), list({no_box, no_box})}))), annotations, false);
  ASSERT_EQ(results.detections.size(), 1U);
  EXPECT_EQ(annotations.images[static_cast<std::size_t>(results.detections.image[0])].id, 9);
  EXPECT_EQ(annotations.categories[static_cast<std::size_t>(results.detections.category[0])].name, "b");
  EXPECT_EQ(results.detections.box[0], (BoxXywh{1, 2, 10, 20}));
  EXPECT_EQ(results.detections.area[0], 200);
}

TEST(MmdetResults, OtherNumbersOfImagesOrClassesAreRefused) {
  const auto fits = [](const std::string& images, std::size_t count, std::size_t classes) {
    try {
      check_fit(parse(pickle(images)), count, classes);
    } catch (const Error& error) {
      return error.diagnostics().front().message;
    }
    return std::string("fits");
  };
  const std::string two_classes = list({list({one_box, no_box})});
  EXPECT_EQ(fits(two_classes, 1, 2), "fits");
  EXPECT_EQ(fits(two_classes, 1, 1), "the results have 2 classes, the annotations 1");
  EXPECT_EQ(fits(two_classes, 1, 3), "the results have 2 classes, the annotations 3");
  EXPECT_EQ(fits(two_classes, 2, 2), "there are results of 1 images, but 2 images are annotated");
  EXPECT_EQ(fits(list({one_box}), 1, 80), "fits") << "proposals are of no class";
}

TEST(MmdetResults, OtherFormsAreNamed) {
  EXPECT_EQ(error_of(pickle(one_box)), "error: the results must be a list of images\n  --> results.pkl\n  = note: in results.pkl");
  EXPECT_EQ(error_of(pickle(list({list({mask(1, 1, "1")})}))), "error: must be an array\n  --> [0][0]\n  = note: in results.pkl");
  EXPECT_EQ(error_of(pickle(list({list({one_box}), list({one_box, one_box})}))),
            "error: has 2 classes, the image before 1\n  --> [1]\n  = note: in results.pkl");
  EXPECT_EQ(error_of(pickle(list({list({array({{1, 2, 3, 4}})})}))),
            "error: must be an array of [n, 5]\n  --> [0][0]\n  = note: in results.pkl");
  EXPECT_EQ(error_of(pickle(list({pair(list({one_box}), list({list({})}))}))),
            "error: there are 0 masks for 1 boxes\n  --> [0][1]\n  = note: in results.pkl");
  EXPECT_EQ(error_of(pickle(list({pair(list({one_box}), list({list({mask(2, 3, "1")})}))}))),
            "error: the counts of a mask sum to 1, not to the 6 pixels of 2 x 3\n  --> [0][1][0]\n  = note: in results.pkl");
}

TEST(MmdetResults, ListsAndTuplesStandForArrays) {
  // [([[1, 2, 3, 4, 5]], [])], and the arrays of two classes in a tuple.
  const std::string row = list({number(1), number(2), number(3), number(4), number(5)});
  const MmdetResults lists = parse(pickle(list({list({list({row}), list({})})})));
  EXPECT_EQ(lists.classes, 2U);
  ASSERT_EQ(lists.images.at(0).detections.size(), 1U);
  EXPECT_EQ(lists.images[0].detections.boxes_xyxy[0], (std::array<float, 4>{1, 2, 3, 4}));
  EXPECT_EQ(lists.images[0].detections.scores[0], 5);
  const MmdetResults tuples = parse(pickle(list({pair(no_box, one_box)})));
  EXPECT_EQ(tuples.classes, 2U);
  EXPECT_EQ(tuples.images.at(0).detections.labels, std::vector<std::int64_t>{1});
  EXPECT_EQ(error_of(pickle(list({list({list({list({number(1)})})})}))),
            "error: must be 5 numbers: a box and its score\n  --> [0][0][0]\n  = note: in results.pkl");
}

TEST(MmdetResults, HalvesAreRead) {
  std::string half = pickle(list({list({array({{1, 2, 3, 4, 0.5F}})})}));
  const std::string wide("\0\0\x80\x3f\0\0\0\x40\0\0\x40\x40\0\0\x80\x40\0\0\0\x3f", 20);
  const std::string narrow("\0\x3c\0\x40\0\x42\0\x44\0\x38", 10);
  const std::size_t data = half.find(wide);
  ASSERT_NE(data, std::string::npos);
  half.replace(data - 1, 21, "\x0a" + narrow);
  half.replace(half.find("f4"), 2, "f2");
  const MmdetResults results = parse(half);
  EXPECT_EQ(results.images.at(0).detections.boxes_xyxy[0], (std::array<float, 4>{1, 2, 3, 4}));
  EXPECT_EQ(results.images[0].detections.scores[0], 0.5F);
}

TEST(MmdetResults, TensorsAreNamed) {
  EXPECT_TRUE(error_of(pickle(list({text("pred_instances")})))
                  .starts_with("error: these are results of MMDetection 3.x (DumpDetResults): one dict an image, with tensors\n"));
  EXPECT_TRUE(error_of(pickle(list({text("_load_from_bytes")})))
                  .starts_with("error: the results hold tensors of PyTorch's in the place of NumPy's arrays\n"));
}

TEST(MmdetResults, AShortArrayIsRefused) {
  std::string bytes = pickle(list({list({one_box})}));
  const std::size_t shape = bytes.find("K\x01K\x05\x86");
  ASSERT_NE(shape, std::string::npos);
  bytes[shape + 1] = 2;
  EXPECT_EQ(error_of(bytes), "error: an array has other bytes than its shape\n  --> [0][0]\n  = note: in results.pkl");
}

TEST(MmdetResults, EveryTruncationIsAnError) {
  const std::string whole = pickle(list({pair(list({one_box}), list({list({mask(2, 3, "15")})}))}));
  for (std::size_t size = 0; size < whole.size(); ++size) EXPECT_NE(error_of(whole.substr(0, size)), "no error") << size;
}

}  // namespace
}  // namespace detforge
