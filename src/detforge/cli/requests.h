#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "detforge/config/config.h"
#include "detforge/registry/build_context.h"

/// What the commands that need Torch are asked to do: plain data, made of the command line by the program.
namespace detforge::cli {

struct BuildRequest {
  Config config;
  Reference reference = Reference::V2_8;
  std::string part;  ///< `backbone`, `bbox_head.convs_pred`; empty: the whole model
};

struct SummaryRequest {
  Config config;
  Reference reference = Reference::V2_8;
  std::int64_t height = 0;  ///< px of the input
  std::int64_t width = 0;
  int max_depth = -1;  ///< modules further down are left out of the table; -1: none
  bool json = false;
};

struct DetectRequest {
  Config config;
  Reference reference = Reference::V2_8;
  std::string checkpoint;  ///< a file, or `random`
  bool strict = false;
  bool partial = false;  ///< also where less than half of the model's tensors fit
  std::vector<std::string> sources;
  std::string out;   ///< folder of annotated images, or a video file; empty: none
  std::string json;  ///< file; `-`: stdout; empty: none
  double score_thr = 0.3;
  std::int64_t batch = 1;
  std::int64_t tile_width = 0;  ///< px of the pieces that large images are cut into; 0: they are not
  std::int64_t tile_height = 0;
  double overlap = 0.2;  ///< part of a tile's sides that its neighbours share
  bool resume = false;   ///< go on from what the partial file beside `json` holds
  std::string device = "cpu";
  std::uint64_t seed = 0;
  bool quiet = false;
};

struct BenchmarkRequest {
  Config config;
  Reference reference = Reference::V2_8;
  std::string checkpoint = "random";  ///< a file, or `random`
  std::int64_t height = 0;            ///< px of the model's input
  std::int64_t width = 0;
  std::string image;   ///< a file that the test pipeline prepares; empty: noise of that size
  bool dense = false;  ///< backbone, neck and head alone
  int repeat = 5;
  std::string device = "cpu";
  std::uint64_t seed = 0;
  std::string json;  ///< file; `-`: stdout; empty: a table
  bool quiet = false;
};

struct CheckRequest {
  Config config;
  Reference reference = Reference::V2_8;
  std::string checkpoint;  ///< empty: none
};

struct TestRequest {
  Config config;
  Reference reference = Reference::V2_8;
  std::string checkpoint;  ///< a file, or `random`
  bool strict = false;
  bool partial = false;              ///< also where less than half of the model's tensors fit
  std::vector<std::string> metrics;  ///< none: what the config's `evaluation` says
  std::vector<std::string> eval_options;
  std::string out;           ///< .json in COCO's layout or MMDetection's .pkl; empty: none
  std::string json;          ///< file for the numbers; `-`: stdout; empty: none
  bool format_only = false;  ///< write MMDetection's files of results
  std::string show_dir;      ///< folder of annotated images; empty: none
  double show_score_thr = 0.3;
  bool fuse_conv_bn = false;
  bool resume = false;        ///< go on from what `out`'s partial file holds
  std::int64_t workers = -1;  ///< loader threads; -1: the config's `workers_per_gpu`
  std::int64_t batch = 0;     ///< images in one forward pass; 0: the config's `samples_per_gpu`
  std::string device = "cpu";
  std::uint64_t seed = 0;
  int threads = 0;
  bool quiet = false;
};

}  // namespace detforge::cli
