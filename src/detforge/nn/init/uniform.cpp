#include "detforge/nn/init/initializer.h"
#include "detforge/nn/init/weight_init.h"

namespace detforge::nn {

class UniformInit : public Initializer {
 public:
  struct Options : Initializer::Options {
    double a = 0;
    double b = 1;
  };
  static Arguments<Options> arguments() {
    return {Initializer::arguments(), arg(&Options::a, "a", "smallest weight"), arg(&Options::b, "b", "largest weight")};
  }

  explicit UniformInit(const Options& options, const BuildContext& = {}) : Initializer(options), low_(options.a), high_(options.b) {}

 protected:
  void fill(Module& module) const override { uniform_init(module, low_, high_, bias()); }

 private:
  double low_;
  double high_;
};

DETFORGE_REGISTER(initializers, UniformInit,
                  {.name = "Uniform", .python = "mmcv.cnn.utils.weight_init.UniformInit", .meaning = "uniformly distributed"});

}  // namespace detforge::nn
