#include "detforge/data/transforms/transform.h"

namespace detforge {

/// Takes the first of the proposals that the dataset read for the image; one empty box where there are none.
class LoadProposals : public Transform {
 public:
  struct Options {
    std::optional<std::int64_t> num_max_proposals;
  };
  static Arguments<Options> arguments() {
    return {arg(&Options::num_max_proposals, "num_max_proposals", "as many as are used; None: all").check([](const auto& number) {
      return number && *number < 0 ? "must not be negative" : "";
    })};
  }

  LoadProposals(const Options& options, const BuildContext&) : num_max_proposals_(options.num_max_proposals) {}

  void apply(Sample& sample, Random&) const override {
    if (!sample.proposals) {
      throw Error("the sample has no proposals").help("the dataset's proposal_file names the file that they are read from");
    }
    const auto wanted = static_cast<std::size_t>(num_max_proposals_.value_or(std::ssize(*sample.proposals)));
    if (sample.proposals->size() > wanted) sample.proposals->resize(wanted);
    if (sample.proposals->empty()) sample.proposals->push_back({0, 0, 0, 0});
    sample.proposal_scores.clear();
  }

 private:
  std::optional<std::int64_t> num_max_proposals_;
};

DETFORGE_REGISTER(transforms, LoadProposals,
                  {.name = "LoadProposals",
                   .python = "mmdet.datasets.pipelines.loading.LoadProposals",
                   .meaning = "takes the proposals of an image"});

}  // namespace detforge
