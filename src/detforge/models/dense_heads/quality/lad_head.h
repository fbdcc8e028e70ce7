#pragma once

#include "detforge/models/dense_heads/quality/paa_head.h"

namespace detforge {

/// Label assignment distillation (arXiv 2108.10520): PAA's head, which a teacher of the same kind tells what its anchors should say.
class LADHead : public PAAHead {
 public:
  using Options = PAAHead::Options;
  static Arguments<Options> arguments() { return PAAHead::arguments(); }

  LADHead(const Options& options, const BuildContext& context) : PAAHead("LADHead", options, context) {}

  /// Throws `Error`: without a teacher there is nothing to learn from.
  Losses loss(const HeadOutputs& outputs, const Targets& targets) override { return DenseHead::loss(outputs, targets); }
  /// `assignment` comes from the teacher's `assign`. Throws `Error` where its anchors are others.
  Losses loss_with_assignment(const HeadOutputs& outputs, const Assignment& assignment);
};

}  // namespace detforge
