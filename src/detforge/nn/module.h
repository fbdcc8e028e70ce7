#pragma once

#include <torch/torch.h>

#include <functional>
#include <iosfwd>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "detforge/nn/observer.h"
#include "detforge/registry/build_context.h"
#include "detforge/registry/conversion.h"

/// Modules that print and name their tensors as Python's do.
///
/// libtorch's own walk and texts differ from Python's, so `print` and `state_dict` here walk the children themselves:
/// own parameters, own buffers, then children, in the order in which they were registered.
namespace detforge::nn {

class Module;

/// The `Pretrained` initialiser: weights from a file.
struct Pretrained {
  std::string checkpoint;             ///< a file, a URL, or `torchvision://` and the like
  std::optional<std::string> prefix;  ///< only the tensors below it, `backbone.`
};
/// Fills a module from a checkpoint. An empty one leaves the module as it is.
using PretrainedLoader = std::function<void(Module& module, const Pretrained& source)>;

/// A node of the module tree. Register parts with torch's `register_module`, `register_parameter`, `register_buffer`
/// in the order in which Python's constructor assigns them. Constructing allocates and does not initialise.
class Module : public torch::nn::Module {
 public:
  /// `python_name` is what Python's `type(self).__name__` says: `ConvModule`.
  explicit Module(std::string python_name);

  const std::string& python_name() const { return python_name_; }
  /// The whole text where Python's class has a `__repr__` of its own, which shows no children.
  virtual std::optional<std::string> own_repr() const { return std::nullopt; }

  /// What stands between the parentheses of a leaf, or before the children: `2, 64, kernel_size=(3, 3)`.
  virtual std::string extra_repr() const { return {}; }

  /// The class that Python derives this one from, where an init_cfg's `layer` may name that as well: `_BatchNorm`.
  virtual std::string python_base() const { return {}; }

  /// What Python's attribute of that name is: the child of that name, or what a component calls so (`norm3`).
  /// Null where there is none.
  virtual Module* part(const std::string& name);

  /// The initialisation that Python's constructor leaves behind, called after the children's.
  virtual void reset_parameters() {}

  /// MMDetection's initialisation: what the init_cfg says, then the children's own. Call `initialize_weights` for both.
  virtual void init_weights(const PretrainedLoader& load_pretrained);

  /// The multiply–adds of one call, children not counted, by mmcv's rules (which leave out SiLU and Swish, say).
  virtual std::int64_t multiply_adds(std::span<const torch::Tensor> inputs, std::span<const torch::Tensor> outputs) const;

  /// How `init_weights` fills the module. MMDetection 2.27's `BaseModule` shows it after the closing parenthesis; 2.8
  /// has none to show.
  void show_init_cfg(const BuildContext& context, const std::optional<Value>& init_cfg);
  const std::string& trailing_text() const { return trailing_text_; }

  /// A buffer that is no part of the state_dict (`persistent=False`).
  torch::Tensor& register_transient_buffer(std::string name, torch::Tensor tensor);
  bool is_transient(const std::string& buffer) const { return transient_buffers_.count(buffer) != 0; }

 private:
  std::string python_name_;
  Value init_cfg_;
  std::string trailing_text_;
  std::set<std::string> transient_buffers_;
};

/// A module that maps one tensor to one tensor, and so can stand in a `Sequential`. Callers call `forward`; a layer
/// implements `compute`.
class Layer : public Module {
 public:
  using Module::Module;
  torch::Tensor forward(const torch::Tensor& input) {
    return observed(*this, {&input, 1}, [&] { return compute(input); });
  }

  /// The name under which blocks keep it where it is their normalisation or plugin: `bn`; by mmcv's rule the Python
  /// name in snake case where nothing else is said.
  virtual std::string abbreviation() const;

  /// Whether a ConvModule leaves the layer's initialisation alone: mmcv's rule for convolutions that bring their own.
  virtual bool initialises_itself() const { return false; }

 protected:
  virtual torch::Tensor compute(const torch::Tensor& input) = 0;
};

using Features = std::vector<torch::Tensor>;  ///< one [N, C, H, W] per level

struct NamedTensor {
  std::string name;
  torch::Tensor tensor;
  bool is_parameter = false;
};

/// Names, tensors (shared with the module) and order of Python's `state_dict()`.
std::vector<NamedTensor> state_dict(const torch::nn::Module& module);

/// Python's `repr(module)`, byte for byte.
std::string repr(const torch::nn::Module& module);

/// Writes Python's `repr`.
std::ostream& operator<<(std::ostream& out, const Module& module);

}  // namespace detforge::nn
